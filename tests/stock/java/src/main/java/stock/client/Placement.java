// Who leads a partition and who keeps it: elections and reassignments.
package stock.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import stock.conversation.Asked;

final class Placement {

    static Object electLeader(Asked asked) throws Exception {
        TopicPartition partition = Topics.partition(asked);
        ElectionType kind = asked.text("kind").equals("unclean") ? ElectionType.UNCLEAN : ElectionType.PREFERRED;
        return Administration.of(asked, admin -> {
            Optional<Throwable> failed = admin.electLeaders(kind, Set.of(partition)).partitions().get().getOrDefault(partition, Optional.empty());
            if (failed.isPresent()) {
                throw (Exception) failed.get();
            }
            return Map.of();
        });
    }

    static Object list(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            List<Object> underWay = new ArrayList<>();
            admin.listPartitionReassignments().reassignments().get().forEach((partition, reassignment) -> underWay.add(
                Map.of("topic", partition.topic(), "partition", partition.partition(), "replicas", reassignment.replicas())));
            return Map.of("reassignments", underWay);
        });
    }

    static Object reassign(Asked asked) throws Exception {
        List<Integer> replicas = new ArrayList<>();
        asked.value("replicas").forEach(each -> replicas.add(each.asInt()));
        Optional<NewPartitionReassignment> wanted = asked.has("replicas") ? Optional.of(new NewPartitionReassignment(replicas)) : Optional.empty();
        return Administration.of(asked, admin -> {
            admin.alterPartitionReassignments(Map.of(Topics.partition(asked), wanted)).all().get();
            return Map.of();
        });
    }

    private Placement() {}
}
