// The configuration of topics, brokers, groups, metrics subscriptions and loggers. kadm has topics and brokers only; the requests of kmsg have all.
package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	. "stock/conversation"
)

var resourceTypes = map[string]kmsg.ConfigResourceType{
	"topic": kmsg.ConfigResourceTypeTopic, "broker": kmsg.ConfigResourceTypeBroker, "group": kmsg.ConfigResourceTypeGroupConfig,
	"client_metrics": kmsg.ConfigResourceTypeClientMetrics, "broker_logger": kmsg.ConfigResourceTypeBrokerLogger,
}

func describeConfigs(ctx context.Context, client *kgo.Client, asked *Asked) (Object, error) {
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = resourceTypes[asked.Resource], asked.Name
	request := kmsg.NewPtrDescribeConfigsRequest()
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, err
	}
	configs := Object{}
	for _, described := range response.Resources {
		if err := kerr.ErrorForCode(described.ErrorCode); err != nil {
			return nil, explained(err, pointed(described.ErrorMessage))
		}
		for _, config := range described.Configs {
			configs[config.Name] = Object{"value": config.Value, "source": source(config.Source), "read_only": config.ReadOnly, "sensitive": config.IsSensitive}
		}
	}
	return Object{"configs": configs}, nil
}

// Source is Kafka's name of it; the client leaves out one that is newer than its names, and then the number tells.
func source(told kmsg.ConfigSource) any {
	name := told.String()
	if name != "UNKNOWN" {
		return name
	}
	switch told {
	case 7:
		return "DYNAMIC_CLIENT_METRICS_CONFIG"
	case 8:
		return "DYNAMIC_GROUP_CONFIG"
	}
	return nil
}

func alterConfigs(ctx context.Context, client *kgo.Client, asked *Asked) (Object, error) {
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = resourceTypes[asked.Resource], asked.Name
	for name, value := range asked.Set {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Op, config.Value = name, kmsg.IncrementalAlterConfigOpSet, kmsg.StringPtr(fmt.Sprint(value))
		resource.Configs = append(resource.Configs, config)
	}
	for _, name := range asked.Delete {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Op = name, kmsg.IncrementalAlterConfigOpDelete
		resource.Configs = append(resource.Configs, config)
	}
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	request.ValidateOnly = asked.ValidateOnly
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, err
	}
	altered := response.Resources[0]
	return done(kerr.ErrorForCode(altered.ErrorCode), pointed(altered.ErrorMessage))
}

func replaceConfigs(ctx context.Context, client *kgo.Client, asked *Asked) (Object, error) {
	resource := kmsg.NewAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = resourceTypes[asked.Resource], asked.Name
	for name, value := range asked.Configs {
		config := kmsg.NewAlterConfigsRequestResourceConfig()
		config.Name, config.Value = name, value
		resource.Configs = append(resource.Configs, config)
	}
	request := kmsg.NewPtrAlterConfigsRequest()
	request.ValidateOnly = asked.ValidateOnly
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, err
	}
	replaced := response.Resources[0]
	return done(kerr.ErrorForCode(replaced.ErrorCode), pointed(replaced.ErrorMessage))
}

func listConfigResources(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	listed, err := admin.ListConfigResources(ctx)
	if err != nil {
		return nil, err
	}
	if listed.Err != nil {
		return nil, listed.Err
	}
	resources := []Object{}
	for _, each := range listed.Sorted() {
		resources = append(resources, Object{"type": typeName(each.Type), "name": each.Name})
	}
	return Object{"resources": resources}, nil
}

func typeName(told kmsg.ConfigResourceType) string {
	for name, each := range resourceTypes {
		if each == told {
			return name
		}
	}
	return strings.ToLower(told.String())
}
