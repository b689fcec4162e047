// Who may do what and how much of it: ACLs, quotas and the passwords of SCRAM.
package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	. "stock/conversation"
)

var mechanisms = map[string]kadm.ScramMechanism{"SCRAM-SHA-256": kadm.ScramSha256, "SCRAM-SHA-512": kadm.ScramSha512}

func describeACLs(ctx context.Context, client *kgo.Client, asked *Asked) (Object, error) {
	request := kmsg.NewPtrDescribeACLsRequest()
	request.ResourceType, request.ResourcePatternType = kmsg.ACLResourceTypeAny, kmsg.ACLResourcePatternTypeAny
	request.Operation, request.PermissionType = kmsg.ACLOperationAny, kmsg.ACLPermissionTypeAny
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, err
	}
	acls := []Object{}
	for _, resource := range response.Resources {
		for _, acl := range resource.ACLs {
			acls = append(acls, Object{"resource": resource.ResourceName, "principal": acl.Principal, "operation": acl.Operation.String()})
		}
	}
	return Object{"acls": acls}, explained(kerr.ErrorForCode(response.ErrorCode), pointed(response.ErrorMessage))
}

func alterQuotas(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	var entry kadm.AlterClientQuotaEntry
	for kind, name := range asked.Entity {
		entry.Entity = append(entry.Entity, kadm.ClientQuotaEntityComponent{Type: kind, Name: name})
	}
	for key, value := range asked.Set {
		entry.Ops = append(entry.Ops, kadm.AlterClientQuotaOp{Key: key, Value: value.(float64)})
	}
	for _, key := range asked.Remove {
		entry.Ops = append(entry.Ops, kadm.AlterClientQuotaOp{Key: key, Remove: true})
	}
	altered, err := admin.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{entry})
	if err != nil {
		return nil, err
	}
	return done(altered[0].Err, altered[0].ErrMessage)
}

func describeQuotas(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	var parts []kadm.DescribeClientQuotaComponent
	for kind, name := range asked.Entity {
		match := kmsg.QuotasMatchTypeExact
		if name == nil {
			match = kmsg.QuotasMatchTypeDefault
		}
		parts = append(parts, kadm.DescribeClientQuotaComponent{Type: kind, MatchName: name, MatchType: match})
	}
	described, err := admin.DescribeClientQuotas(ctx, true, parts)
	quotas := map[string]float64{}
	for _, entity := range described {
		for _, each := range entity.Values {
			quotas[each.Key] = each.Value
		}
	}
	return Object{"quotas": quotas}, err
}

func setSCRAM(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	upsert := kadm.UpsertSCRAM{User: asked.User, Mechanism: mechanisms[asked.Mechanism], Iterations: asked.Iterations, Password: asked.Password}
	return altered(asked)(admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{upsert}))
}

func deleteSCRAM(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	deletion := kadm.DeleteSCRAM{User: asked.User, Mechanism: mechanisms[asked.Mechanism]}
	return altered(asked)(admin.AlterUserSCRAMs(ctx, []kadm.DeleteSCRAM{deletion}, nil))
}

func altered(asked *Asked) func(kadm.AlteredUserSCRAMs, error) (Object, error) {
	return func(users kadm.AlteredUserSCRAMs, err error) (Object, error) {
		if err != nil {
			return nil, err
		}
		return done(users[asked.User].Err, users[asked.User].ErrMessage)
	}
}

func describeSCRAM(ctx context.Context, admin *kadm.Client, asked *Asked) (Object, error) {
	users, err := admin.DescribeUserSCRAMs(ctx, asked.User)
	if err != nil {
		return nil, err
	}
	user := users[asked.User]
	if user.Err != nil {
		return nil, explained(user.Err, user.ErrMessage)
	}
	credentials := []Object{}
	for _, each := range user.CredInfos {
		credentials = append(credentials, Object{"mechanism": each.Mechanism.String(), "iterations": each.Iterations})
	}
	return Object{"credentials": credentials}, nil
}
