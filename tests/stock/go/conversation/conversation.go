// Package conversation is what a driver says and hears: one JSON object per line comes in, one goes out, until the input ends.
package conversation

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sort"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Asked are the arguments of an operation, all of those there are.
type Asked struct {
	Op           string             `json:"op"`
	ID           any                `json:"id"`
	Bootstrap    string             `json:"bootstrap"`
	Topic        string             `json:"topic"`
	Partition    int32              `json:"partition"`
	Partitions   int32              `json:"partitions"`
	Replication  int16              `json:"replication"`
	Total        int                `json:"total"`
	Configs      map[string]*string `json:"configs"`
	ValidateOnly bool               `json:"validate_only"`
	Records      []Record           `json:"records"`
	Codec        string             `json:"codec"`
	Acks         json.RawMessage    `json:"acks"`
	Idempotent   bool               `json:"idempotent"`
	MaxBytes     *int32             `json:"max_bytes"`
	PauseMs      int                `json:"pause_ms"`
	Offset       json.RawMessage    `json:"offset"`
	Count        int                `json:"count"`
	TimeoutMs    int                `json:"timeout_ms"`
	Committed    bool               `json:"committed"`
	At           json.RawMessage    `json:"at"`
	Resource     string             `json:"resource"`
	Name         string             `json:"name"`
	Set          map[string]any     `json:"set"`
	Delete       []string           `json:"delete"`
	Before       int64              `json:"before"`
	Kind         string             `json:"kind"`
	Replicas     []int32            `json:"replicas"`
	Feature      string             `json:"feature"`
	Level        int16              `json:"level"`
	Entity       map[string]*string `json:"entity"`
	Remove       []string           `json:"remove"`
	User         string             `json:"user"`
	Mechanism    string             `json:"mechanism"`
	Iterations   int32              `json:"iterations"`
	Password     string             `json:"password"`
	LeaderEpoch  int32              `json:"leader_epoch"`
}

// Record is one record, as it is produced; bytes travel as base64 texts, null stays null.
type Record struct {
	Partition *int32   `json:"partition"`
	Key       *[]byte  `json:"key"`
	Value     *[]byte  `json:"value"`
	Headers   []Header `json:"headers"`
	Timestamp *int64   `json:"timestamp"`
}

// Bytes are those given, nil only where null was.
func Bytes(given *[]byte) []byte {
	if given == nil {
		return nil
	}
	if *given == nil {
		return []byte{}
	}
	return *given
}

// Header is a name and a value, which travel as a pair.
type Header struct {
	Name  string
	Value []byte
}

func (h *Header) UnmarshalJSON(pair []byte) error {
	var value *[]byte
	err := json.Unmarshal(pair, &[]any{&h.Name, &value})
	h.Value = Bytes(value)
	return err
}

func (h Header) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{h.Name, h.Value})
}

// Word is an argument that may be a text or a number, as a text.
func Word(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// Object is a result, by name.
type Object = map[string]any

// Operation does what was asked and gives the result.
type Operation func(asked *Asked) (Object, error)

// Unsupported says that the client has no way to do what was asked.
type Unsupported string

func (u Unsupported) Error() string { return string(u) }

// Failure is an error of the broker's: its code, and the text it gave if the client shows one.
type Failure struct {
	Code int16
	Text string
}

func (f *Failure) Error() string { return fmt.Sprintf("%d: %s", f.Code, f.Text) }

// First is the error of the first of several that failed, if one did.
func First(failures []error) error {
	for _, failure := range failures {
		if failure != nil {
			return failure
		}
	}
	return nil
}

// Driver is one client: its name, the module whose version it tells, its operations, and how to find the broker's error code in an error of its own.
type Driver struct {
	Client     string
	Module     string
	Operations map[string]Operation
	Code       func(err error) (int16, bool)
}

// Hold answers every line of the input, in their order.
func (d *Driver) Hold() {
	answers := json.NewEncoder(os.Stdout)
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			if err := answers.Encode(d.answer(line)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		if err != nil {
			if err != io.EOF {
				fmt.Fprintln(os.Stderr, err)
			}
			return
		}
	}
}

func (d *Driver) answer(line []byte) Object {
	var asked Asked
	if err := json.Unmarshal(line, &asked); err != nil {
		return Object{"id": asked.ID, "error": Object{"code": nil, "name": "not understood", "text": err.Error()}}
	}
	result, err := d.result(&asked)
	var unsupported Unsupported
	switch {
	case errors.As(err, &unsupported):
		return Object{"id": asked.ID, "unsupported": unsupported.Error()}
	case err != nil:
		return Object{"id": asked.ID, "error": d.told(err)}
	default:
		return Object{"id": asked.ID, "result": result}
	}
}

func (d *Driver) result(asked *Asked) (Object, error) {
	if asked.Op == "hello" {
		return Object{"client": d.Client, "version": d.version(), "operations": d.names()}, nil
	}
	operation, ok := d.Operations[asked.Op]
	if !ok {
		return nil, Unsupported(d.Client + " has no operation " + asked.Op)
	}
	return operation(asked)
}

func (d *Driver) names() []string {
	names := make([]string, 0, len(d.Operations))
	for name := range d.Operations {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (d *Driver) version() string {
	if built, ok := debug.ReadBuildInfo(); ok {
		for _, module := range built.Deps {
			if module.Path == d.Module {
				return module.Version
			}
		}
	}
	return "unknown"
}

func (d *Driver) told(err error) Object {
	var failure *Failure
	if errors.As(err, &failure) {
		return Object{"code": failure.Code, "name": nameOf(failure.Code), "text": failure.Text}
	}
	if code, ok := d.Code(err); ok {
		return Object{"code": code, "name": nameOf(code), "text": err.Error()}
	}
	return Object{"code": nil, "name": fmt.Sprintf("%T", err), "text": err.Error()}
}

func nameOf(code int16) string {
	return kerr.TypedErrorForCode(code).Message
}
