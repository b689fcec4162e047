// The configuration of topics, brokers, groups, metrics subscriptions and loggers by kafka-configs.
package stock.tools;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import stock.conversation.Asked;

final class ConfigTool {

    private static final Pattern CONFIG = Pattern.compile("(?m)^  ([^=\\s]+)=(.*) sensitive=(true|false) synonyms=\\{(?:(\\w+):)?.*\\}$");

    static Object describe(Asked asked) {
        List<String> arguments = new ArrayList<>(List.of("--describe", "--all"));
        arguments.addAll(resource(asked));
        Map<String, Object> configs = new LinkedHashMap<>();
        for (Matcher found = CONFIG.matcher(Run.admin(asked, "kafka-configs", arguments.toArray(String[]::new))); found.find(); ) {
            Map<String, Object> told = new HashMap<>();
            told.put("value", found.group(2).equals("null") ? null : found.group(2));
            told.put("source", found.group(4));
            told.put("read_only", null);
            told.put("sensitive", Boolean.valueOf(found.group(3)));
            configs.put(found.group(1), told);
        }
        return Map.of("configs", configs);
    }

    static Object alter(Asked asked) {
        TopicTools.refuseValidateOnly(asked);
        alter(asked, resource(asked), asked.textByName("set"), asked.texts("delete"));
        return Map.of();
    }

    /** Sets and removes what is named; values are bracketed, so that they may have commas. */
    static void alter(Asked asked, List<String> whose, Map<String, String> set, List<String> remove) {
        List<String> arguments = new ArrayList<>(List.of("--alter"));
        arguments.addAll(whose);
        if (!set.isEmpty()) {
            List<String> pairs = new ArrayList<>();
            set.forEach((name, value) -> pairs.add(name + "=" + (value.contains(",") ? "[" + value + "]" : value)));
            arguments.addAll(List.of("--add-config", String.join(",", pairs)));
        }
        if (!remove.isEmpty()) {
            arguments.addAll(List.of("--delete-config", String.join(",", remove)));
        }
        Run.admin(asked, "kafka-configs", arguments.toArray(String[]::new));
    }

    private static List<String> resource(Asked asked) {
        boolean isOfAllBrokers = asked.text("resource").equals("broker") && asked.text("name").isEmpty();
        return isOfAllBrokers ? List.of("--broker-defaults") : List.of("--" + asked.text("resource").replace('_', '-'), asked.text("name"));
    }

    private ConfigTool() {}
}
