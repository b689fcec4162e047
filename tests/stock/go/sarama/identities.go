// Who may do what and how much of it: ACLs, quotas and the passwords of SCRAM.
package main

import (
	"crypto/rand"

	"github.com/IBM/sarama"

	. "stock/conversation"
)

var mechanisms = map[string]sarama.ScramMechanismType{"SCRAM-SHA-256": sarama.SCRAM_MECHANISM_SHA_256, "SCRAM-SHA-512": sarama.SCRAM_MECHANISM_SHA_512}

func describeACLs(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	resources, err := admin.ListAcls(sarama.AclFilter{
		ResourceType: sarama.AclResourceAny, ResourcePatternTypeFilter: sarama.AclPatternAny, Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny,
	})
	acls := []Object{}
	for _, resource := range resources {
		for _, acl := range resource.Acls {
			acls = append(acls, Object{"resource": resource.ResourceName, "principal": acl.Principal, "operation": acl.Operation.String()})
		}
	}
	return Object{"acls": acls}, err
}

// The client changes one quota at a time.
func alterQuotas(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	var entity []sarama.QuotaEntityComponent
	for kind, name := range asked.Entity {
		part := sarama.QuotaEntityComponent{EntityType: sarama.QuotaEntityType(kind), MatchType: sarama.QuotaMatchDefault}
		if name != nil {
			part.MatchType, part.Name = sarama.QuotaMatchExact, *name
		}
		entity = append(entity, part)
	}
	for key, value := range asked.Set {
		if err := admin.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: key, Value: value.(float64)}, false); err != nil {
			return nil, err
		}
	}
	for _, key := range asked.Remove {
		if err := admin.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: key, Remove: true}, false); err != nil {
			return nil, err
		}
	}
	return Object{}, nil
}

func describeQuotas(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	var parts []sarama.QuotaFilterComponent
	for kind, name := range asked.Entity {
		part := sarama.QuotaFilterComponent{EntityType: sarama.QuotaEntityType(kind), MatchType: sarama.QuotaMatchDefault}
		if name != nil {
			part.MatchType, part.Match = sarama.QuotaMatchExact, *name
		}
		parts = append(parts, part)
	}
	described, err := admin.DescribeClientQuotas(parts, true)
	quotas := map[string]float64{}
	for _, entity := range described {
		for key, value := range entity.Values {
			quotas[key] = value
		}
	}
	return Object{"quotas": quotas}, err
}

func setSCRAM(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	salt := make([]byte, 24)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	return altered(admin.UpsertUserScramCredentials([]sarama.AlterUserScramCredentialsUpsert{{
		Name: asked.User, Mechanism: mechanisms[asked.Mechanism], Iterations: asked.Iterations, Salt: salt, Password: []byte(asked.Password),
	}}))
}

func deleteSCRAM(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	return altered(admin.DeleteUserScramCredentials([]sarama.AlterUserScramCredentialsDelete{{Name: asked.User, Mechanism: mechanisms[asked.Mechanism]}}))
}

func altered(results []*sarama.AlterUserScramCredentialsResult, err error) (Object, error) {
	for _, result := range results {
		if err := explained(result.ErrorCode, result.ErrorMessage); err != nil {
			return nil, err
		}
	}
	return Object{}, err
}

func describeSCRAM(admin sarama.ClusterAdmin, asked *Asked) (Object, error) {
	results, err := admin.DescribeUserScramCredentials([]string{asked.User})
	credentials := []Object{}
	for _, result := range results {
		if err := explained(result.ErrorCode, result.ErrorMessage); err != nil {
			return nil, err
		}
		for _, each := range result.CredentialInfos {
			credentials = append(credentials, Object{"mechanism": each.Mechanism.String(), "iterations": each.Iterations})
		}
	}
	return Object{"credentials": credentials}, err
}
