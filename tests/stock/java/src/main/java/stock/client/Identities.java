// Who may do what and how much of it: ACLs, quotas and the passwords of SCRAM.
package stock.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import stock.conversation.Asked;

final class Identities {

    static Object describeAcls(Asked asked) throws Exception {
        return Administration.of(asked, admin -> Map.of(
            "acls", admin.describeAcls(AclBindingFilter.ANY).values().get().stream().map(Object::toString).toList()));
    }

    static Object alterQuotas(Asked asked) throws Exception {
        List<ClientQuotaAlteration.Op> changes = new ArrayList<>();
        asked.value("set").fields().forEachRemaining(each -> changes.add(new ClientQuotaAlteration.Op(each.getKey(), each.getValue().asDouble())));
        asked.texts("remove").forEach(name -> changes.add(new ClientQuotaAlteration.Op(name, null)));
        ClientQuotaEntity entity = new ClientQuotaEntity(asked.textByName("entity"));
        return Administration.of(asked, admin -> {
            admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, changes))).all().get();
            return Map.of();
        });
    }

    static Object describeQuotas(Asked asked) throws Exception {
        List<ClientQuotaFilterComponent> parts = new ArrayList<>();
        asked.textByName("entity").forEach((type, name) -> parts.add(
            name == null ? ClientQuotaFilterComponent.ofDefaultEntity(type) : ClientQuotaFilterComponent.ofEntity(type, name)));
        return Administration.of(asked, admin -> {
            Map<ClientQuotaEntity, Map<String, Double>> found = admin.describeClientQuotas(ClientQuotaFilter.containsOnly(parts)).entities().get();
            return Map.of("quotas", found.getOrDefault(new ClientQuotaEntity(asked.textByName("entity")), Map.of()));
        });
    }

    static Object setScram(Asked asked) throws Exception {
        return alterScram(asked, new UserScramCredentialUpsertion(
            asked.text("user"), new ScramCredentialInfo(mechanism(asked), asked.number("iterations")), asked.text("password")));
    }

    static Object deleteScram(Asked asked) throws Exception {
        return alterScram(asked, new UserScramCredentialDeletion(asked.text("user"), mechanism(asked)));
    }

    static Object describeScram(Asked asked) throws Exception {
        String user = asked.text("user");
        return Administration.of(asked, admin -> {
            List<Object> credentials = new ArrayList<>();
            for (ScramCredentialInfo each : described(admin, user)) {
                credentials.add(Map.of("mechanism", each.mechanism().mechanismName(), "iterations", each.iterations()));
            }
            return Map.of("credentials", credentials);
        });
    }

    private static List<ScramCredentialInfo> described(Admin admin, String user) throws Exception {
        return admin.describeUserScramCredentials(List.of(user)).description(user).get().credentialInfos();
    }

    private static Object alterScram(Asked asked, UserScramCredentialAlteration alteration) throws Exception {
        return Administration.of(asked, admin -> {
            admin.alterUserScramCredentials(List.of(alteration)).all().get();
            return Map.of();
        });
    }

    private static ScramMechanism mechanism(Asked asked) {
        return ScramMechanism.fromMechanismName(asked.text("mechanism"));
    }

    private Identities() {}
}
