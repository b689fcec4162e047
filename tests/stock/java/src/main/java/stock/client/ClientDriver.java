// The driver of Kafka's own client for Java: which operation is done how.
package stock.client;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.utils.AppInfoParser;
import stock.conversation.Conversation;
import stock.conversation.Operation;

public final class ClientDriver {

    public static void main(String[] arguments) throws IOException {
        new Conversation("kafka-clients", AppInfoParser.getVersion(), operations()).hold(System.in, System.out);
    }

    /** Not among them: replace_configs (taken out of the 4.0 client), epoch_end and api_versions (never in its public interface). */
    private static Map<String, Operation> operations() {
        Map<String, Operation> operations = new LinkedHashMap<>();
        operations.put("produce", Producing::produce);
        operations.put("consume", Consuming::consume);
        operations.put("offset", Consuming::offset);
        operations.put("create_topic", Topics::create);
        operations.put("delete_topic", Topics::delete);
        operations.put("list_topics", Topics::list);
        operations.put("describe_topic", Topics::describe);
        operations.put("create_partitions", Topics::createPartitions);
        operations.put("delete_records", Topics::deleteRecords);
        operations.put("describe_producers", Topics::describeProducers);
        operations.put("describe_configs", Configs::describe);
        operations.put("alter_configs", Configs::alter);
        operations.put("list_config_resources", Configs::listResources);
        operations.put("describe_cluster", Cluster::describe);
        operations.put("describe_log_dirs", Cluster::describeLogDirs);
        operations.put("describe_quorum", Cluster::describeQuorum);
        operations.put("describe_features", Cluster::describeFeatures);
        operations.put("update_feature", Cluster::updateFeature);
        operations.put("elect_leader", Placement::electLeader);
        operations.put("list_reassignments", Placement::list);
        operations.put("reassign", Placement::reassign);
        operations.put("describe_acls", Identities::describeAcls);
        operations.put("alter_quotas", Identities::alterQuotas);
        operations.put("describe_quotas", Identities::describeQuotas);
        operations.put("set_scram", Identities::setScram);
        operations.put("describe_scram", Identities::describeScram);
        operations.put("delete_scram", Identities::deleteScram);
        return operations;
    }

    private ClientDriver() {}
}
