// Topics: making, naming, describing and ending them, what belongs to one partition of them, and their configuration.
package main

import (
	"encoding/base64"
	"fmt"

	"github.com/IBM/sarama"

	. "stock/conversation"
)

func createTopic(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	detail := &sarama.TopicDetail{NumPartitions: asked.Partitions, ReplicationFactor: asked.Replication, ConfigEntries: asked.Configs}
	return done(admin.CreateTopic(asked.Topic, detail, asked.ValidateOnly))
}

func deleteTopic(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	return done(admin.DeleteTopic(asked.Topic))
}

func listTopics(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	topics, err := admin.ListTopics()
	names := []string{}
	for name := range topics {
		names = append(names, name)
	}
	return Object{"topics": names}, err
}

func describeTopic(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	described, err := admin.DescribeTopics([]string{asked.Topic})
	if err != nil {
		return nil, err
	}
	topic := described[0]
	partitions := []Object{}
	for _, each := range topic.Partitions {
		partitions = append(partitions, Object{"partition": each.ID, "leader": each.Leader, "replicas": each.Replicas, "isr": each.Isr})
	}
	id := base64.RawURLEncoding.EncodeToString(topic.Uuid[:])
	return Object{"topic_id": id, "partitions": partitions}, explained(topic.Err, nil)
}

func createPartitions(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	return done(admin.CreatePartitions(asked.Topic, int32(asked.Total), nil, asked.ValidateOnly))
}

// The client does not tell the low watermark it is told.
func deleteRecords(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	err := admin.DeleteRecords(asked.Topic, map[int32]int64{asked.Partition: asked.Before})
	return Object{"low_watermark": nil}, err
}

// ClusterAdmin has no such operation; the broker of the client has.
func describeProducers(client sarama.Client, asked *Asked) (Object, error) {
	leader, err := client.Leader(asked.Topic, asked.Partition)
	if err != nil {
		return nil, err
	}
	response, err := leader.DescribeProducers(&sarama.DescribeProducersRequest{
		Topics: []sarama.DescribeProducersRequestTopic{{Name: asked.Topic, PartitionIndexes: []int32{asked.Partition}}},
	})
	if err != nil {
		return nil, err
	}
	partition := response.Topics[0].Partitions[0]
	producers := []Object{}
	for _, each := range partition.ActiveProducers {
		producers = append(producers, Object{"id": each.ProducerID, "epoch": each.ProducerEpoch, "last_sequence": each.LastSequence})
	}
	return Object{"producers": producers}, explained(partition.ErrorCode, partition.ErrorMessage)
}

var sources = map[sarama.ConfigSource]string{
	sarama.SourceTopic: "DYNAMIC_TOPIC_CONFIG", sarama.SourceDynamicBroker: "DYNAMIC_BROKER_CONFIG",
	sarama.SourceDynamicDefaultBroker: "DYNAMIC_DEFAULT_BROKER_CONFIG", sarama.SourceStaticBroker: "STATIC_BROKER_CONFIG", sarama.SourceDefault: "DEFAULT_CONFIG",
}

func describeConfigs(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	kind, err := resourceType(asked)
	if err != nil {
		return nil, err
	}
	described, err := admin.DescribeConfigs([]*sarama.ConfigResource{{Type: kind, Name: asked.Name}}, sarama.DescribeConfigsOptions{})
	if err != nil {
		return nil, err
	}
	configs := Object{}
	for _, resource := range described {
		if resource.ErrorCode != sarama.ErrNoError {
			return nil, &Failure{Code: int16(resource.ErrorCode), Text: resource.ErrorMsg}
		}
		for _, config := range resource.Configs {
			told := Object{"value": config.Value, "source": nil, "read_only": config.ReadOnly, "sensitive": config.Sensitive}
			if source, ok := sources[config.Source]; ok {
				told["source"] = source
			}
			configs[config.Name] = told
		}
	}
	return Object{"configs": configs}, nil
}

func alterConfigs(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	kind, err := resourceType(asked)
	if err != nil {
		return nil, err
	}
	entries := map[string]sarama.IncrementalAlterConfigsEntry{}
	for name, value := range asked.Set {
		text := fmt.Sprint(value)
		entries[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &text}
	}
	for _, name := range asked.Delete {
		entries[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationDelete}
	}
	return done(admin.IncrementalAlterConfig(kind, asked.Name, entries, asked.ValidateOnly))
}

func replaceConfigs(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	kind, err := resourceType(asked)
	if err != nil {
		return nil, err
	}
	return done(admin.AlterConfig(kind, asked.Name, asked.Configs, asked.ValidateOnly))
}

func resourceType(asked *Asked) (sarama.ConfigResourceType, error) {
	switch asked.Resource {
	case "topic":
		return sarama.TopicResource, nil
	case "broker":
		return sarama.BrokerResource, nil
	case "broker_logger":
		return sarama.BrokerLoggerResource, nil
	}
	return sarama.UnknownResource, Unsupported("the client has no resources of type " + asked.Resource)
}
