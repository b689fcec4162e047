// The driver of franz-go: which operation is done how, and the client each one opens.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	. "stock/conversation"
)

// Impatient is how long an operation may take; patient is the same for a producer whose broker may be away for a while.
const (
	impatient = 15 * time.Second
	patient   = 60 * time.Second
)

func main() {
	driver := Driver{
		Client: "franz-go",
		Module: "github.com/twmb/franz-go",
		Code: func(err error) (int16, bool) {
			var told *kerr.Error
			if !errors.As(err, &told) {
				return 0, false
			}
			return told.Code, true
		},
		Operations: map[string]Operation{
			"produce":               produce,
			"consume":               consume,
			"offset":                offset,
			"create_topic":          administered(createTopic),
			"delete_topic":          administered(deleteTopic),
			"list_topics":           administered(listTopics),
			"describe_topic":        administered(describeTopic),
			"create_partitions":     administered(createPartitions),
			"delete_records":        administered(deleteRecords),
			"describe_producers":    administered(describeProducers),
			"epoch_end":             administered(epochEnd),
			"describe_configs":      connected(describeConfigs),
			"alter_configs":         connected(alterConfigs),
			"replace_configs":       connected(replaceConfigs),
			"list_config_resources": administered(listConfigResources),
			"describe_cluster":      administered(describeCluster),
			"describe_log_dirs":     administered(describeLogDirs),
			"describe_features":     administered(describeFeatures),
			"update_feature":        administered(updateFeature),
			"describe_quorum":       connected(describeQuorum),
			"api_versions":          administered(apiVersions),
			"elect_leader":          administered(electLeader),
			"list_reassignments":    administered(listReassignments),
			"reassign":              administered(reassign),
			"describe_acls":         connected(describeACLs),
			"alter_quotas":          administered(alterQuotas),
			"describe_quotas":       administered(describeQuotas),
			"set_scram":             administered(setSCRAM),
			"describe_scram":        administered(describeSCRAM),
			"delete_scram":          administered(deleteSCRAM),
		},
	}
	driver.Hold()
}

func open(asked *Asked, options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(asked.Bootstrap), kgo.RetryTimeout(impatient)}, options...)...)
}

// Connected opens a client for an operation and closes it.
func connected(work func(ctx context.Context, client *kgo.Client, asked *Asked) (Object, error)) Operation {
	return func(asked *Asked) (Object, error) {
		client, err := open(asked)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		ctx, cancel := context.WithTimeout(context.Background(), impatient)
		defer cancel()
		return work(ctx, client, asked)
	}
}

func administered(work func(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error)) Operation {
	return connected(func(ctx context.Context, client *kgo.Client, asked *Asked) (Object, error) {
		return work(ctx, kadm.NewClient(client), asked)
	})
}

// Done is the result of what has none, or the error with the text the broker gave to it.
func done(err error, text string) (Object, error) {
	return Object{}, explained(err, text)
}

func explained(err error, text string) error {
	var told *kerr.Error
	if errors.As(err, &told) && text != "" {
		return &Failure{Code: told.Code, Text: text}
	}
	return err
}

func pointed(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
