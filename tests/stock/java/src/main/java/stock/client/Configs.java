// The configuration of topics, brokers, groups, metrics subscriptions and loggers.
package stock.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.common.config.ConfigResource;
import stock.conversation.Asked;

final class Configs {

    static Object describe(Asked asked) throws Exception {
        ConfigResource resource = resource(asked);
        return Administration.of(asked, admin -> {
            Map<String, Object> configs = new LinkedHashMap<>();
            admin.describeConfigs(List.of(resource)).values().get(resource).get().entries().forEach(entry -> configs.put(entry.name(), told(entry)));
            return Map.of("configs", configs);
        });
    }

    static Object alter(Asked asked) throws Exception {
        List<AlterConfigOp> changes = new ArrayList<>();
        asked.textByName("set").forEach((name, value) -> changes.add(new AlterConfigOp(new ConfigEntry(name, value), OpType.SET)));
        asked.texts("delete").forEach(name -> changes.add(new AlterConfigOp(new ConfigEntry(name, null), OpType.DELETE)));
        return Administration.of(asked, admin -> {
            admin.incrementalAlterConfigs(Map.of(resource(asked), changes), new AlterConfigsOptions().validateOnly(asked.flag("validate_only"))).all().get();
            return Map.of();
        });
    }

    static Object listResources(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            List<Object> resources = new ArrayList<>();
            for (ConfigResource each : admin.listConfigResources().all().get()) {
                resources.add(Map.of("type", each.type().name().toLowerCase(Locale.ROOT), "name", each.name()));
            }
            return Map.of("resources", resources);
        });
    }

    private static ConfigResource resource(Asked asked) {
        return new ConfigResource(ConfigResource.Type.valueOf(asked.text("resource").toUpperCase(Locale.ROOT)), asked.text("name"));
    }

    private static Map<String, Object> told(ConfigEntry entry) {
        Map<String, Object> told = new HashMap<>();
        told.put("value", entry.value());
        told.put("source", entry.source() == ConfigSource.UNKNOWN ? null : entry.source().name());
        told.put("read_only", entry.isReadOnly());
        told.put("sensitive", entry.isSensitive());
        return told;
    }

    private Configs() {}
}
