// The cluster as a whole: its brokers, disks, quorum and features; elections and reassignments.
package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	. "stock/conversation"
)

const (
	upgrade       int8 = 1
	safeDowngrade int8 = 2
)

func describeCluster(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	cluster, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return nil, err
	}
	brokers := []Object{}
	for _, broker := range cluster.Brokers {
		brokers = append(brokers, Object{"id": broker.NodeID, "host": broker.Host, "port": broker.Port})
	}
	return Object{"cluster_id": cluster.Cluster, "controller": cluster.Controller, "brokers": brokers}, nil
}

func describeLogDirs(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	described, err := admin.DescribeAllLogDirs(ctx, nil)
	if err != nil {
		return nil, err
	}
	dirs := []Object{}
	for _, ofBroker := range described {
		for _, dir := range ofBroker {
			if dir.Err != nil {
				return nil, dir.Err
			}
			partitions := []Object{}
			for _, each := range dir.Topics.Sorted() {
				partitions = append(partitions, Object{"topic": each.Topic, "partition": each.Partition, "size": each.Size})
			}
			dirs = append(dirs, Object{"path": dir.Dir, "partitions": partitions})
		}
	}
	return Object{"dirs": dirs}, nil
}

func describeQuorum(ctx context.Context, client *kgo.Client, asked *Asked) (Object, error) {
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic = "__cluster_metadata"
	topic.Partitions = append(topic.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	request := kmsg.NewPtrDescribeQuorumRequest()
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, err
	}
	if err := kerr.ErrorForCode(response.ErrorCode); err != nil {
		return nil, explained(err, pointed(response.ErrorMessage))
	}
	quorum := response.Topics[0].Partitions[0]
	if err := kerr.ErrorForCode(quorum.ErrorCode); err != nil {
		return nil, explained(err, pointed(quorum.ErrorMessage))
	}
	voters := []int32{}
	for _, voter := range quorum.CurrentVoters {
		voters = append(voters, voter.ReplicaID)
	}
	return Object{"leader": quorum.LeaderID, "voters": voters}, nil
}

func describeFeatures(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	levels, err := finalized(ctx, admin)
	return Object{"features": levels}, err
}

func updateFeature(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	levels, err := finalized(ctx, admin)
	if err != nil {
		return nil, err
	}
	way := upgrade
	if asked.Level < 1 || asked.Level < levels[asked.Feature] {
		way = safeDowngrade
	}
	updated, err := admin.UpdateFeatures(ctx, asked.ValidateOnly, kadm.FeatureUpdate{Feature: asked.Feature, MaxVersionLevel: asked.Level, UpgradeType: way})
	if err != nil {
		return nil, err
	}
	return done(updated[asked.Feature].Err, "")
}

func finalized(ctx context.Context, admin *kadm.Client) (map[string]int16, error) {
	levels := map[string]int16{}
	brokers, err := admin.ApiVersions(ctx)
	for _, broker := range brokers {
		if broker.Err != nil {
			return nil, broker.Err
		}
		for _, feature := range broker.Raw().FinalizedFeatures {
			levels[feature.Name] = feature.MaxVersionLevel
		}
	}
	return levels, err
}

func apiVersions(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	apis := map[int16][]int16{}
	brokers, err := admin.ApiVersions(ctx)
	for _, broker := range brokers {
		if broker.Err != nil {
			return nil, broker.Err
		}
		broker.EachKeySorted(func(key, first, last int16) { apis[key] = []int16{first, last} })
	}
	return Object{"apis": apis}, err
}

func electLeader(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	how := kadm.ElectPreferredReplica
	if asked.Kind == "unclean" {
		how = kadm.ElectLiveReplica
	}
	elected, err := admin.ElectLeaders(ctx, how, onePartition(asked))
	if err != nil {
		return nil, err
	}
	result := elected[asked.Topic][asked.Partition]
	return done(result.Err, result.ErrMessage)
}

func listReassignments(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	listed, err := admin.ListPartitionReassignments(ctx, nil)
	if err != nil {
		return nil, err
	}
	underWay := []Object{}
	for _, each := range listed.Sorted() {
		underWay = append(underWay, Object{"topic": each.Topic, "partition": each.Partition, "replicas": each.Replicas})
	}
	return Object{"reassignments": underWay}, nil
}

func reassign(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	wanted := kadm.AlterPartitionAssignmentsReq{}
	if asked.Replicas == nil {
		wanted.CancelAssign(asked.Topic, asked.Partition)
	} else {
		wanted.Assign(asked.Topic, asked.Partition, asked.Replicas)
	}
	altered, err := admin.AlterPartitionAssignments(ctx, wanted)
	if err != nil {
		return nil, err
	}
	result := altered[asked.Topic][asked.Partition]
	return done(result.Err, result.ErrMessage)
}
