// Who leads a partition and who keeps it by kafka-leader-election and kafka-reassign-partitions.
package stock.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.protocol.Errors;
import stock.conversation.Asked;
import stock.conversation.Failed;
import stock.conversation.Failure;

final class PlacementTools {

    private static final Pattern UNDER_WAY = Pattern.compile("(?m)^(\\S+)-(\\d+): replicas: ([\\d,]+)\\.");

    /** That no election is needed is no failure for the tool, but it says so. */
    static Object electLeader(Asked asked) {
        String printed = Run.admin(asked, "kafka-leader-election",
            "--election-type", asked.text("kind"), "--topic", asked.text("topic"), "--partition", asked.text("partition"));
        failIfSaid("Valid replica already elected", Errors.ELECTION_NOT_NEEDED, printed);
        return Map.of();
    }

    static Object list(Asked asked) {
        List<Object> underWay = new ArrayList<>();
        for (Matcher found = UNDER_WAY.matcher(Run.admin(asked, "kafka-reassign-partitions", "--list")); found.find(); ) {
            underWay.add(Map.of("topic", found.group(1), "partition", Integer.parseInt(found.group(2)), "replicas", TopicTools.ids(found.group(3))));
        }
        return Map.of("reassignments", underWay);
    }

    /** That nothing is under way which could be cancelled is no failure for the tool, but it says so. */
    static Object reassign(Asked asked) {
        String replicas = asked.has("replicas") ? asked.value("replicas").toString() : "[]";
        String file = Run.file("stock-assignment", ".json", "{\"version\":1,\"partitions\":[{\"topic\":\"%s\",\"partition\":%d,\"replicas\":%s}]}"
            .formatted(asked.text("topic"), asked.number("partition"), replicas)).toString();
        String printed = Run.admin(asked, "kafka-reassign-partitions", "--reassignment-json-file", file, asked.has("replicas") ? "--execute" : "--cancel");
        failIfSaid("None of the specified partition moves are active", Errors.NO_REASSIGNMENT_IN_PROGRESS, printed);
        return Map.of();
    }

    private static void failIfSaid(String words, Errors meaning, String printed) {
        if (printed.contains(words)) {
            throw new Failed(new Failure((int) meaning.code(), meaning.name(), printed.strip()));
        }
    }

    private PlacementTools() {}
}
