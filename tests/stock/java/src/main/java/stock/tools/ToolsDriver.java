// The driver of Kafka's command-line tools: operations are done by running a tool and reading what it prints, as people do.
package stock.tools;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.utils.AppInfoParser;
import stock.conversation.Asked;
import stock.conversation.Conversation;
import stock.conversation.Operation;

public final class ToolsDriver {

    public static void main(String[] arguments) throws IOException {
        InputStream asking = System.in;
        PrintStream answering = System.out;
        new Conversation("kafka-tools", AppInfoParser.getVersion(), operations()).hold(asking, answering);
        System.exit(0); // Tools may leave threads behind.
    }

    /** Not among them: replace_configs, list_config_resources and epoch_end, which no tool does. */
    private static Map<String, Operation> operations() {
        Map<String, Operation> operations = new LinkedHashMap<>();
        operations.put("tool", ToolsDriver::tool);
        operations.put("produce", Console::produce);
        operations.put("consume", Console::consume);
        operations.put("offset", TopicTools::offset);
        operations.put("create_topic", TopicTools::create);
        operations.put("delete_topic", TopicTools::delete);
        operations.put("list_topics", TopicTools::list);
        operations.put("describe_topic", TopicTools::describe);
        operations.put("create_partitions", TopicTools::createPartitions);
        operations.put("delete_records", TopicTools::deleteRecords);
        operations.put("describe_producers", TopicTools::describeProducers);
        operations.put("describe_configs", ConfigTool::describe);
        operations.put("alter_configs", ConfigTool::alter);
        operations.put("describe_cluster", ClusterTools::describe);
        operations.put("describe_log_dirs", ClusterTools::describeLogDirs);
        operations.put("describe_quorum", ClusterTools::describeQuorum);
        operations.put("describe_features", ClusterTools::describeFeatures);
        operations.put("update_feature", ClusterTools::updateFeature);
        operations.put("api_versions", ClusterTools::apiVersions);
        operations.put("elect_leader", PlacementTools::electLeader);
        operations.put("list_reassignments", PlacementTools::list);
        operations.put("reassign", PlacementTools::reassign);
        operations.put("describe_acls", IdentityTools::describeAcls);
        operations.put("alter_quotas", IdentityTools::alterQuotas);
        operations.put("describe_quotas", IdentityTools::describeQuotas);
        operations.put("set_scram", IdentityTools::setScram);
        operations.put("describe_scram", IdentityTools::describeScram);
        operations.put("delete_scram", IdentityTools::deleteScram);
        return operations;
    }

    /** Any tool with any arguments: its status and what it said. */
    private static Object tool(Asked asked) {
        InputStream input = asked.has("input") ? new ByteArrayInputStream(Asked.bytes(asked.value("input"))) : null;
        Tool.Ran ran = Run.any(asked.text("name"), asked.texts("arguments"), input);
        return Map.of("status", ran.status(), "out", ran.outText(), "err", ran.errText());
    }

    private ToolsDriver() {}
}
