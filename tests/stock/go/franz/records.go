// Producing and reading records, and which offset belongs to a time.
package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	. "stock/conversation"
)

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

var acks = map[string]kgo.Acks{"all": kgo.AllISRAcks(), "1": kgo.LeaderAck(), "0": kgo.NoAck()}

func produce(asked *Asked) (Object, error) {
	client, err := open(asked, producerOptions(asked)...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	// Not RecordDeliveryTimeout: that counts from a record's own timestamp, which may be years ago.
	ctx, cancel := context.WithTimeout(context.Background(), patience(asked))
	defer cancel()

	placed := make([][]any, len(asked.Records))
	failures := make([]error, len(asked.Records))
	for i, given := range asked.Records {
		client.Produce(ctx, record(asked.Topic, given), func(record *kgo.Record, err error) {
			failures[i] = err
			placed[i] = []any{record.Partition, record.Offset}
			if Word(asked.Acks) == "0" {
				placed[i][1] = nil
			}
		})
		time.Sleep(time.Duration(asked.PauseMs) * time.Millisecond)
	}
	if err := client.Flush(ctx); err != nil {
		return nil, fmt.Errorf("the records were not sent in time: %w", err)
	}
	return Object{"placed": placed}, First(failures)
}

func producerOptions(asked *Asked) []kgo.Opt {
	options := []kgo.Opt{
		kgo.RequiredAcks(acks[Word(asked.Acks)]),
		kgo.ProducerBatchCompression(codecs[asked.Codec]),
		kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(chosenOrByKey)),
	}
	if !asked.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	if asked.MaxBytes != nil {
		options = append(options, kgo.ProducerBatchMaxBytes(*asked.MaxBytes))
	}
	return options
}

func patience(asked *Asked) time.Duration {
	if asked.PauseMs > 0 {
		return patient + time.Duration(asked.PauseMs*len(asked.Records))*time.Millisecond
	}
	return impatient
}

// ChosenOrByKey takes the partition that was asked for, and else what the client takes by itself.
func chosenOrByKey(topic string) func(*kgo.Record, int) int {
	byKey := kgo.StickyKeyPartitioner(nil).ForTopic(topic)
	return func(record *kgo.Record, count int) int {
		if record.Partition >= 0 {
			return int(record.Partition)
		}
		return byKey.Partition(record, count)
	}
}

func record(topic string, given Record) *kgo.Record {
	record := &kgo.Record{Topic: topic, Partition: -1, Key: Bytes(given.Key), Value: Bytes(given.Value)}
	if given.Partition != nil {
		record.Partition = *given.Partition
	}
	if given.Timestamp != nil {
		record.Timestamp = time.UnixMilli(*given.Timestamp)
	}
	for _, header := range given.Headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: header.Name, Value: header.Value})
	}
	return record
}

func consume(asked *Asked) (Object, error) {
	from := kgo.NewOffset()
	switch word := Word(asked.Offset); word {
	case "earliest":
		from = from.AtStart()
	case "latest":
		from = from.AtEnd()
	default:
		number, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return nil, err
		}
		from = from.At(number)
	}
	isolation := kgo.ReadUncommitted()
	if asked.Committed {
		isolation = kgo.ReadCommitted()
	}
	client, err := open(asked,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{asked.Topic: {asked.Partition: from}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.FetchIsolationLevel(isolation))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(asked.TimeoutMs)*time.Millisecond)
	defer cancel()

	records := []Object{}
	for len(records) < asked.Count && ctx.Err() == nil {
		fetches := client.PollRecords(ctx, asked.Count-len(records))
		if err := fetches.Err0(); err != nil && ctx.Err() == nil {
			return nil, err
		}
		for _, failed := range fetches.Errors() {
			if !errors.Is(failed.Err, context.DeadlineExceeded) {
				return nil, failed.Err
			}
		}
		fetches.EachRecord(func(record *kgo.Record) { records = append(records, told(record)) })
	}
	return Object{"records": records}, nil
}

func told(record *kgo.Record) Object {
	headers := []Header{}
	for _, header := range record.Headers {
		headers = append(headers, Header{Name: header.Key, Value: header.Value})
	}
	var kind any
	switch record.Attrs.TimestampType() {
	case 0:
		kind = "create"
	case 1:
		kind = "append"
	}
	return Object{
		"offset": record.Offset, "timestamp": record.Timestamp.UnixMilli(), "timestamp_type": kind,
		"key": record.Key, "value": record.Value, "headers": headers,
	}
}

// The client gives the end where there is no record of the time or later, and no timestamp with it.
func offset(asked *Asked) (Object, error) {
	return administered(func(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
		var listed kadm.ListedOffsets
		var err error
		isTime := false
		switch at := Word(asked.At); at {
		case "earliest":
			listed, err = admin.ListStartOffsets(ctx, asked.Topic)
		case "latest":
			listed, err = admin.ListEndOffsets(ctx, asked.Topic)
		case "max_timestamp":
			listed, err = admin.ListMaxTimestampOffsets(ctx, asked.Topic)
		default:
			milliseconds, wrong := strconv.ParseInt(at, 10, 64)
			if wrong != nil {
				return nil, wrong
			}
			isTime = true
			listed, err = admin.ListOffsetsAfterMilli(ctx, milliseconds, asked.Topic)
		}
		if err != nil {
			return nil, err
		}
		if failed, ok := listed.Lookup(asked.Topic, -1); ok && failed.Err != nil {
			return nil, failed.Err
		}
		found, ok := listed.Lookup(asked.Topic, asked.Partition)
		if !ok {
			return nil, errors.New("the client tells no offset of this partition")
		}
		if found.Err != nil {
			return nil, found.Err
		}
		result := Object{"offset": found.Offset, "timestamp": nil}
		if found.Timestamp >= 0 {
			result["timestamp"] = found.Timestamp
		} else if isTime {
			result["offset"] = -1
		}
		return result, nil
	})(asked)
}
