// ACLs by kafka-acls; quotas and the passwords of SCRAM by kafka-configs.
package stock.tools;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import stock.conversation.Asked;

final class IdentityTools {

    private static final Pattern QUOTAS = Pattern.compile("(?m)^Quota configs for .* are (.*)$");
    private static final Pattern QUOTA = Pattern.compile("(\\w+)=([\\d.E]+)");
    private static final Pattern CREDENTIAL = Pattern.compile("(SCRAM-SHA-\\d+)=iterations=(\\d+)");
    private static final Map<String, String> OPTIONS = Map.of("user", "--user", "client-id", "--client", "ip", "--ip");

    static Object describeAcls(Asked asked) {
        return Map.of("acls", Run.admin(asked, "kafka-acls", "--list").lines().filter(line -> !line.isBlank()).toList());
    }

    static Object alterQuotas(Asked asked) {
        ConfigTool.alter(asked, entity(asked), asked.textByName("set"), asked.texts("remove"));
        return Map.of();
    }

    static Object describeQuotas(Asked asked) {
        Map<String, Double> quotas = new HashMap<>();
        Matcher line = QUOTAS.matcher(described(asked, entity(asked)));
        if (line.find()) {
            QUOTA.matcher(line.group(1)).results().forEach(each -> quotas.put(each.group(1), Double.valueOf(each.group(2))));
        }
        return Map.of("quotas", quotas);
    }

    static Object setScram(Asked asked) {
        String credential = "iterations=%d,password=%s".formatted(asked.number("iterations"), asked.text("password"));
        ConfigTool.alter(asked, List.of("--user", asked.text("user")), Map.of(asked.text("mechanism"), credential), List.of());
        return Map.of();
    }

    static Object deleteScram(Asked asked) {
        ConfigTool.alter(asked, List.of("--user", asked.text("user")), Map.of(), List.of(asked.text("mechanism")));
        return Map.of();
    }

    static Object describeScram(Asked asked) {
        List<Object> credentials = new ArrayList<>();
        for (Matcher found = CREDENTIAL.matcher(described(asked, List.of("--user", asked.text("user")))); found.find(); ) {
            credentials.add(Map.of("mechanism", found.group(1), "iterations", Integer.parseInt(found.group(2))));
        }
        return Map.of("credentials", credentials);
    }

    private static String described(Asked asked, List<String> whose) {
        List<String> arguments = new ArrayList<>(List.of("--describe"));
        arguments.addAll(whose);
        return Run.admin(asked, "kafka-configs", arguments.toArray(String[]::new));
    }

    private static List<String> entity(Asked asked) {
        List<String> arguments = new ArrayList<>();
        asked.textByName("entity").forEach((type, name) -> arguments.addAll(
            name == null ? List.of(OPTIONS.get(type) + "-defaults") : List.of(OPTIONS.get(type), name)));
        return arguments;
    }

    private IdentityTools() {}
}
