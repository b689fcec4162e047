// The driver of sarama: which operation is done how, and the client each one opens.
package main

import (
	"errors"
	"strings"
	"time"

	"github.com/IBM/sarama"

	. "stock/conversation"
)

func main() {
	driver := Driver{
		Client: "sarama",
		Module: "github.com/IBM/sarama",
		Code:   code,
		// Not among them: describe_quorum, list_config_resources and epoch_end, which the client has not.
		Operations: map[string]Operation{
			"produce":            produce,
			"consume":            consume,
			"offset":             administered(offset),
			"create_topic":       administered(createTopic),
			"delete_topic":       administered(deleteTopic),
			"list_topics":        administered(listTopics),
			"describe_topic":     administered(describeTopic),
			"create_partitions":  administered(createPartitions),
			"delete_records":     administered(deleteRecords),
			"describe_producers": connected(describeProducers),
			"describe_configs":   administered(describeConfigs),
			"alter_configs":      administered(alterConfigs),
			"replace_configs":    administered(replaceConfigs),
			"describe_cluster":   administered(describeCluster),
			"describe_log_dirs":  administered(describeLogDirs),
			"describe_features":  connected(describeFeatures),
			"update_feature":     administered(updateFeature),
			"api_versions":       connected(apiVersions),
			"elect_leader":       administered(electLeader),
			"list_reassignments": administered(listReassignments),
			"reassign":           administered(reassign),
			"describe_acls":      administered(describeACLs),
			"alter_quotas":       administered(alterQuotas),
			"describe_quotas":    administered(describeQuotas),
			"set_scram":          administered(setSCRAM),
			"describe_scram":     administered(describeSCRAM),
			"delete_scram":       administered(deleteSCRAM),
		},
	}
	driver.Hold()
}

func code(err error) (int16, bool) {
	var told sarama.KError
	if !errors.As(err, &told) || told <= 0 && told != sarama.ErrUnknown {
		return 0, false
	}
	return int16(told), true
}

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.AllowAutoTopicCreation = false
	config.Metadata.Timeout = 15 * time.Second
	config.Admin.Timeout = 15 * time.Second
	config.Net.DialTimeout, config.Net.ReadTimeout, config.Net.WriteTimeout = 10*time.Second, 15*time.Second, 10*time.Second
	return config
}

func addresses(asked *Asked) []string { return strings.Split(asked.Bootstrap, ",") }

func administered(work func(admin sarama.ClusterAdmin, asked *Asked) (Object, error)) Operation {
	return func(asked *Asked) (Object, error) {
		admin, err := sarama.NewClusterAdmin(addresses(asked), settings())
		if err != nil {
			return nil, err
		}
		defer admin.Close()
		return work(admin, asked)
	}
}

func connected(work func(client sarama.Client, asked *Asked) (Object, error)) Operation {
	return func(asked *Asked) (Object, error) {
		client, err := sarama.NewClient(addresses(asked), settings())
		if err != nil {
			return nil, err
		}
		defer client.Close()
		return work(client, asked)
	}
}

// Explained is the error the broker told by its code, with the text it gave.
func explained(told sarama.KError, text *string) error {
	if told == sarama.ErrNoError {
		return nil
	}
	if text == nil {
		return told
	}
	return &Failure{Code: int16(told), Text: *text}
}

// Done is the result of what has none; some of the client's errors carry the broker's text apart from their own.
func done(err error) (Object, error) {
	var topic *sarama.TopicError
	if errors.As(err, &topic) {
		return nil, explained(topic.Err, topic.ErrMsg)
	}
	var partition *sarama.TopicPartitionError
	if errors.As(err, &partition) {
		return nil, explained(partition.Err, partition.ErrMsg)
	}
	var config *sarama.AlterConfigError
	if errors.As(err, &config) {
		return nil, explained(config.Err, &config.ErrMsg)
	}
	return Object{}, err
}
