// Topics: making, naming, describing and ending them, and what belongs to one partition of them.
package main

import (
	"context"
	"encoding/base64"

	"github.com/twmb/franz-go/pkg/kadm"

	. "stock/conversation"
)

func createTopic(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	create := admin.CreateTopics
	if asked.ValidateOnly {
		create = admin.ValidateCreateTopics
	}
	created, err := create(ctx, asked.Partitions, asked.Replication, asked.Configs, asked.Topic)
	if err != nil {
		return nil, err
	}
	return done(created[asked.Topic].Err, created[asked.Topic].ErrMessage)
}

func deleteTopic(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	deleted, err := admin.DeleteTopics(ctx, asked.Topic)
	if err != nil {
		return nil, err
	}
	return done(deleted[asked.Topic].Err, deleted[asked.Topic].ErrMessage)
}

func listTopics(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	topics, err := admin.ListTopics(ctx)
	if err != nil {
		return nil, err
	}
	return Object{"topics": topics.Names()}, nil
}

func describeTopic(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	topics, err := admin.ListTopics(ctx, asked.Topic)
	if err != nil {
		return nil, err
	}
	topic := topics[asked.Topic]
	if topic.Err != nil {
		return nil, topic.Err
	}
	partitions := []Object{}
	for _, each := range topic.Partitions.Sorted() {
		partitions = append(partitions, Object{"partition": each.Partition, "leader": each.Leader, "replicas": each.Replicas, "isr": each.ISR})
	}
	return Object{"topic_id": base64.RawURLEncoding.EncodeToString(topic.ID[:]), "partitions": partitions}, nil
}

func createPartitions(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	update := admin.UpdatePartitions
	if asked.ValidateOnly {
		update = admin.ValidateUpdatePartitions
	}
	updated, err := update(ctx, asked.Total, asked.Topic)
	if err != nil {
		return nil, err
	}
	return done(updated[asked.Topic].Err, updated[asked.Topic].ErrMessage)
}

func deleteRecords(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	var before kadm.Offsets
	before.AddOffset(asked.Topic, asked.Partition, asked.Before, -1)
	deleted, err := admin.DeleteRecords(ctx, before)
	if err != nil {
		return nil, err
	}
	partition, err := deleted.On(asked.Topic, asked.Partition, nil)
	if err != nil {
		return nil, err
	}
	return Object{"low_watermark": partition.LowWatermark}, partition.Err
}

func describeProducers(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	described, err := admin.DescribeProducers(ctx, onePartition(asked))
	if err != nil {
		return nil, err
	}
	partition := described[asked.Topic].Partitions[asked.Partition]
	if partition.Err != nil {
		return nil, explained(partition.Err, partition.ErrMessage)
	}
	producers := []Object{}
	for _, each := range partition.ActiveProducers.Sorted() {
		producers = append(producers, Object{"id": each.ProducerID, "epoch": each.ProducerEpoch, "last_sequence": each.LastSequence})
	}
	return Object{"producers": producers}, nil
}

func epochEnd(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	var wanted kadm.OffsetForLeaderEpochRequest
	wanted.Add(asked.Topic, asked.Partition, asked.LeaderEpoch)
	ends, err := admin.OffsetForLeaderEpoch(ctx, wanted)
	if err != nil {
		return nil, err
	}
	end := ends[asked.Topic][asked.Partition]
	return Object{"leader_epoch": end.LeaderEpoch, "end_offset": end.EndOffset}, end.Err
}

func onePartition(asked *Asked) kadm.TopicsSet {
	var set kadm.TopicsSet
	set.Add(asked.Topic, asked.Partition)
	return set
}
