// Topics and their partitions by kafka-topics, kafka-get-offsets, kafka-delete-records and kafka-transactions.
package stock.tools;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import stock.conversation.Asked;
import stock.conversation.Failed;
import stock.conversation.Failure;
import stock.conversation.Unsupported;

final class TopicTools {

    private static final Pattern TOPIC_ID = Pattern.compile("TopicId: (\\S+)");
    private static final Pattern PARTITION = Pattern.compile("\tPartition: (\\d+)\tLeader: (\\S+)\tReplicas: ([\\d,]*)\tIsr: ([\\d,]*)");
    private static final Pattern LOW_WATERMARK = Pattern.compile("low_watermark: (\\d+)");
    private static final Map<String, String> TIMES = Map.of("earliest", "-2", "latest", "-1", "max_timestamp", "-3");

    static Object create(Asked asked) {
        refuseValidateOnly(asked);
        List<String> arguments = new ArrayList<>(List.of("--create", "--topic", asked.text("topic")));
        if (asked.number("partitions") != -1) {
            arguments.addAll(List.of("--partitions", asked.text("partitions")));
        }
        if (asked.number("replication") != -1) {
            arguments.addAll(List.of("--replication-factor", asked.text("replication")));
        }
        asked.textByName("configs").forEach((name, value) -> arguments.addAll(List.of("--config", name + "=" + value)));
        Run.admin(asked, "kafka-topics", arguments.toArray(String[]::new));
        return Map.of();
    }

    static Object delete(Asked asked) {
        Run.admin(asked, "kafka-topics", "--delete", "--topic", asked.text("topic"));
        return Map.of();
    }

    static Object list(Asked asked) {
        return Map.of("topics", Run.admin(asked, "kafka-topics", "--list", "--exclude-internal").lines().filter(line -> !line.isBlank()).toList());
    }

    static Object describe(Asked asked) {
        String printed = describedAsText(asked);
        List<Object> partitions = new ArrayList<>();
        for (Matcher found = PARTITION.matcher(printed); found.find(); ) {
            partitions.add(Map.of(
                "partition", Integer.parseInt(found.group(1)),
                "leader", found.group(2).equals("none") ? -1 : Integer.parseInt(found.group(2)),
                "replicas", ids(found.group(3)),
                "isr", ids(found.group(4))));
        }
        Matcher id = TOPIC_ID.matcher(printed);
        Map<String, Object> told = new HashMap<>();
        told.put("topic_id", id.find() ? id.group(1) : null);
        told.put("partitions", partitions);
        return told;
    }

    static int partitionCount(Asked asked) {
        return (int) PARTITION.matcher(describedAsText(asked)).results().count();
    }

    static Object createPartitions(Asked asked) {
        refuseValidateOnly(asked);
        Run.admin(asked, "kafka-topics", "--alter", "--topic", asked.text("topic"), "--partitions", asked.text("total"));
        return Map.of();
    }

    /** The tool tells offsets only, never timestamps. */
    static Object offset(Asked asked) {
        String time = TIMES.getOrDefault(asked.text("at"), asked.text("at"));
        String partition = asked.text("topic") + ":" + asked.text("partition");
        String printed = Run.admin(asked, "kafka-get-offsets", "--topic-partitions", partition, "--time", time).strip();
        String found = printed.substring(printed.lastIndexOf(':') + 1);
        Map<String, Object> told = new HashMap<>();
        told.put("offset", found.isEmpty() ? -1 : Long.parseLong(found));
        told.put("timestamp", null);
        return told;
    }

    static Object deleteRecords(Asked asked) {
        String wanted = "{\"version\":1,\"partitions\":[{\"topic\":\"%s\",\"partition\":%d,\"offset\":%d}]}"
            .formatted(asked.text("topic"), asked.number("partition"), asked.longNumber("before"));
        String file = Run.file("stock-offsets", ".json", wanted).toString();
        String printed = Run.admin(asked, "kafka-delete-records", "--offset-json-file", file);
        Matcher found = LOW_WATERMARK.matcher(printed);
        if (!found.find()) {
            throw new Failed(new Failure(null, "kafka-delete-records", printed.strip()));
        }
        return Map.of("low_watermark", Long.parseLong(found.group(1)));
    }

    static Object describeProducers(Asked asked) {
        String printed = Run.admin(asked, "kafka-transactions", "describe-producers", "--topic", asked.text("topic"), "--partition", asked.text("partition"));
        List<Object> producers = new ArrayList<>();
        for (String line : printed.lines().skip(1).filter(each -> !each.isBlank()).toList()) {
            String[] columns = line.split("\\s+");
            producers.add(Map.of(
                "id", Long.parseLong(columns[0]), "epoch", Integer.parseInt(columns[1]), "last_sequence", Integer.parseInt(columns[3])));
        }
        return Map.of("producers", producers);
    }

    static List<Integer> ids(String printed) {
        return Arrays.stream(printed.split(",")).filter(id -> !id.isBlank()).map(id -> Integer.valueOf(id.strip())).toList();
    }

    static void refuseValidateOnly(Asked asked) {
        if (asked.flag("validate_only")) {
            throw new Unsupported("the tool cannot only validate");
        }
    }

    private static String describedAsText(Asked asked) {
        return Run.admin(asked, "kafka-topics", "--describe", "--topic", asked.text("topic"));
    }

    private TopicTools() {}
}
