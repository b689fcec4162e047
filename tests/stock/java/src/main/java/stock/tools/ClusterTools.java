// The cluster as a whole by kafka-cluster, kafka-log-dirs, kafka-metadata-quorum, kafka-features and kafka-broker-api-versions.
package stock.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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

final class ClusterTools {

    private static final Pattern FEATURE = Pattern.compile("Feature: (\\S+).*FinalizedVersionLevel: (\\S+)");
    private static final Pattern METADATA_LEVEL = Pattern.compile("metadata\\.version=(\\d+)");
    private static final Pattern QUORUM_LEADER = Pattern.compile("LeaderId:\\s+(-?\\d+)");
    private static final Pattern QUORUM_VOTERS = Pattern.compile("CurrentVoters:\\s+(\\[.*\\])");
    private static final Pattern API = Pattern.compile("\\w+\\((\\d+)\\): (\\d+)(?: to (\\d+))? ");

    /** No tool tells brokers' clients who the controller is. */
    static Object describe(Asked asked) {
        List<Object> brokers = new ArrayList<>();
        for (String line : Run.admin(asked, "kafka-cluster", "list-endpoints").lines().skip(1).filter(each -> !each.isBlank()).toList()) {
            String[] columns = line.strip().split("\\s+");
            brokers.add(Map.of("id", Integer.parseInt(columns[0]), "host", columns[1], "port", Integer.parseInt(columns[2])));
        }
        Map<String, Object> told = new HashMap<>();
        told.put("cluster_id", Run.admin(asked, "kafka-cluster", "cluster-id").replace("Cluster ID:", "").strip());
        told.put("controller", null);
        told.put("brokers", brokers);
        return told;
    }

    static Object describeLogDirs(Asked asked) throws JsonProcessingException {
        String printed = Run.admin(asked, "kafka-log-dirs", "--describe");
        List<Object> dirs = new ArrayList<>();
        for (JsonNode broker : new ObjectMapper().readTree(printed.substring(printed.indexOf('{'))).path("brokers")) {
            for (JsonNode dir : broker.path("logDirs")) {
                dirs.add(Map.of("path", dir.path("logDir").asText(), "partitions", partitions(dir)));
            }
        }
        return Map.of("dirs", dirs);
    }

    static Object describeQuorum(Asked asked) throws JsonProcessingException {
        String printed = Run.admin(asked, "kafka-metadata-quorum", "describe", "--status");
        List<Integer> voters = new ArrayList<>();
        for (JsonNode voter : new ObjectMapper().readTree(first(QUORUM_VOTERS, printed))) {
            voters.add(voter.isObject() ? voter.path("id").asInt() : voter.asInt());
        }
        return Map.of("leader", Integer.parseInt(first(QUORUM_LEADER, printed)), "voters", voters);
    }

    static Object describeFeatures(Asked asked) {
        return Map.of("features", features(asked));
    }

    static Object updateFeature(Asked asked) {
        int level = asked.number("level");
        String way = level < 1 || level < features(asked).getOrDefault(asked.text("feature"), level) ? "downgrade" : "upgrade";
        List<String> arguments = new ArrayList<>(List.of(way, "--feature", asked.text("feature") + "=" + level));
        if (asked.flag("validate_only")) {
            arguments.add("--dry-run");
        }
        Run.admin(asked, "kafka-features", arguments.toArray(String[]::new));
        return Map.of();
    }

    static Object apiVersions(Asked asked) {
        Map<String, Object> apis = new HashMap<>();
        for (Matcher found = API.matcher(Run.admin(asked, "kafka-broker-api-versions")); found.find(); ) {
            int first = Integer.parseInt(found.group(2));
            apis.put(found.group(1), Arrays.asList(first, found.group(3) == null ? first : Integer.parseInt(found.group(3))));
        }
        return Map.of("apis", apis);
    }

    private static Map<String, Integer> features(Asked asked) {
        Map<String, Integer> levels = new HashMap<>();
        for (Matcher found = FEATURE.matcher(Run.admin(asked, "kafka-features", "describe")); found.find(); ) {
            boolean isNumber = found.group(2).chars().allMatch(Character::isDigit);
            levels.put(found.group(1), isNumber ? Integer.parseInt(found.group(2)) : metadataLevel(asked, found.group(2)));
        }
        return levels;
    }

    /** The tool prints metadata.version by the name of its release, and has the level to each name. */
    private static int metadataLevel(Asked asked, String release) {
        return Integer.parseInt(first(METADATA_LEVEL, Run.admin(asked, "kafka-features", "version-mapping", "--release-version", release)));
    }

    private static List<Object> partitions(JsonNode dir) {
        List<Object> partitions = new ArrayList<>();
        for (JsonNode each : dir.path("partitions")) {
            String name = each.path("partition").asText();
            int dash = name.lastIndexOf('-');
            partitions.add(Map.of(
                "topic", name.substring(0, dash), "partition", Integer.parseInt(name.substring(dash + 1)), "size", each.path("size").asLong()));
        }
        return partitions;
    }

    private static String first(Pattern pattern, String printed) {
        Matcher found = pattern.matcher(printed);
        if (!found.find()) {
            throw new Failed(new Failure(null, "no " + pattern, printed.strip()));
        }
        return found.group(1);
    }

    private ClusterTools() {}
}
