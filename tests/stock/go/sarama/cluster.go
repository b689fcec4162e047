// The cluster as a whole: its brokers, disks and features; elections and reassignments.
package main

import (
	"net"
	"strconv"

	"github.com/IBM/sarama"

	. "stock/conversation"
)

// The administrator does not tell the cluster's id.
func describeCluster(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	nodes, controller, err := admin.DescribeCluster()
	if err != nil {
		return nil, err
	}
	brokers := []Object{}
	for _, node := range nodes {
		host, port, err := net.SplitHostPort(node.Addr())
		if err != nil {
			return nil, err
		}
		number, err := strconv.Atoi(port)
		if err != nil {
			return nil, err
		}
		brokers = append(brokers, Object{"id": node.ID(), "host": host, "port": number})
	}
	return Object{"cluster_id": nil, "controller": controller, "brokers": brokers}, nil
}

func describeLogDirs(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	nodes, _, err := admin.DescribeCluster()
	if err != nil {
		return nil, err
	}
	var ids []int32
	for _, node := range nodes {
		ids = append(ids, node.ID())
	}
	described, err := admin.DescribeLogDirs(ids)
	if err != nil {
		return nil, err
	}
	dirs := []Object{}
	for _, ofBroker := range described {
		for _, dir := range ofBroker {
			if dir.ErrorCode != sarama.ErrNoError {
				return nil, dir.ErrorCode
			}
			partitions := []Object{}
			for _, topic := range dir.Topics {
				for _, each := range topic.Partitions {
					partitions = append(partitions, Object{"topic": topic.Topic, "partition": each.PartitionID, "size": each.Size})
				}
			}
			dirs = append(dirs, Object{"path": dir.Path, "partitions": partitions})
		}
	}
	return Object{"dirs": dirs}, nil
}

func describeFeatures(client sarama.Client, asked *Asked) (Object, error) {
	versions, err := versions(client)
	if err != nil {
		return nil, err
	}
	levels := map[string]int16{}
	for _, feature := range versions.FinalizedFeatures {
		levels[feature.Name] = feature.MaxVersionLevel
	}
	return Object{"features": levels}, nil
}

func apiVersions(client sarama.Client, asked *Asked) (Object, error) {
	versions, err := versions(client)
	if err != nil {
		return nil, err
	}
	apis := map[int16][]int16{}
	for _, each := range versions.ApiKeys {
		apis[each.ApiKey] = []int16{each.MinVersion, each.MaxVersion}
	}
	return Object{"apis": apis}, nil
}

func versions(client sarama.Client) (*sarama.ApiVersionsResponse, error) {
	broker, err := client.Controller()
	if err != nil {
		return nil, err
	}
	response, err := broker.ApiVersions(&sarama.ApiVersionsRequest{Version: 3, ClientSoftwareName: "sarama", ClientSoftwareVersion: "stock"})
	if err != nil {
		return nil, err
	}
	return response, explained(sarama.KError(response.ErrorCode), nil)
}

// The client does not know which way a level goes, only whether down is allowed.
func updateFeature(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	if asked.ValidateOnly {
		return nil, Unsupported("the client cannot only validate features")
	}
	now, err := connected(describeFeatures)(asked)
	if err != nil {
		return nil, err
	}
	isLower := asked.Level < now["features"].(map[string]int16)[asked.Feature]
	results, err := admin.UpdateFeatures([]sarama.FeatureUpdate{{Feature: asked.Feature, MaxVersionLevel: asked.Level, AllowDowngrade: isLower}})
	for _, result := range results {
		if err := explained(result.ErrorCode, result.ErrorMessage); err != nil {
			return nil, err
		}
	}
	return Object{}, err
}

func electLeader(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	kind := sarama.PreferredElection
	if asked.Kind == "unclean" {
		kind = sarama.UncleanElection
	}
	elected, err := admin.ElectLeaders(kind, map[string][]int32{asked.Topic: {asked.Partition}})
	if err != nil {
		return nil, err
	}
	if result := elected[asked.Topic][asked.Partition]; result != nil {
		return Object{}, explained(result.ErrorCode, result.ErrorMessage)
	}
	return Object{}, nil
}

// The client asks for one topic's reassignments at a time.
func listReassignments(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	topics, err := admin.ListTopics()
	if err != nil {
		return nil, err
	}
	underWay := []Object{}
	for topic, detail := range topics {
		partitions := []int32{}
		for partition := range detail.NumPartitions {
			partitions = append(partitions, partition)
		}
		listed, err := admin.ListPartitionReassignments(topic, partitions)
		if err != nil {
			return nil, err
		}
		for partition, status := range listed[topic] {
			underWay = append(underWay, Object{"topic": topic, "partition": partition, "replicas": status.Replicas})
		}
	}
	return Object{"reassignments": underWay}, nil
}

// The client takes the replicas of all partitions from the first one on.
func reassign(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	if asked.Partition != 0 {
		return nil, Unsupported("the client reassigns all partitions from the first one on")
	}
	return done(admin.AlterPartitionReassignments(asked.Topic, [][]int32{asked.Replicas}))
}
