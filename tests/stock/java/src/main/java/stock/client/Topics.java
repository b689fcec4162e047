// Topics: making, naming, describing and ending them, and what belongs to one partition of them.
package stock.client;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import stock.conversation.Asked;

final class Topics {

    static Object create(Asked asked) throws Exception {
        NewTopic topic = new NewTopic(asked.text("topic"), given(asked.number("partitions")), given(asked.number("replication")).map(Integer::shortValue))
            .configs(asked.textByName("configs"));
        return Administration.of(asked, admin -> {
            admin.createTopics(List.of(topic), new CreateTopicsOptions().validateOnly(asked.flag("validate_only"))).all().get();
            return Map.of();
        });
    }

    static Object delete(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            admin.deleteTopics(List.of(asked.text("topic"))).all().get();
            return Map.of();
        });
    }

    static Object list(Asked asked) throws Exception {
        return Administration.of(asked, admin -> Map.of("topics", admin.listTopics().names().get()));
    }

    static Object describe(Asked asked) throws Exception {
        String topic = asked.text("topic");
        return Administration.of(asked, admin -> {
            TopicDescription description = admin.describeTopics(List.of(topic)).topicNameValues().get(topic).get();
            List<Object> partitions = new ArrayList<>();
            description.partitions().forEach(each -> partitions.add(told(each)));
            return Map.of("topic_id", description.topicId().toString(), "partitions", partitions);
        });
    }

    static Object createPartitions(Asked asked) throws Exception {
        return Administration.of(asked, admin -> {
            Map<String, NewPartitions> wanted = Map.of(asked.text("topic"), NewPartitions.increaseTo(asked.number("total")));
            admin.createPartitions(wanted, new CreatePartitionsOptions().validateOnly(asked.flag("validate_only"))).all().get();
            return Map.of();
        });
    }

    static Object deleteRecords(Asked asked) throws Exception {
        TopicPartition partition = partition(asked);
        RecordsToDelete records = RecordsToDelete.beforeOffset(asked.longNumber("before"));
        return Administration.of(asked, admin -> Map.of(
            "low_watermark", admin.deleteRecords(Map.of(partition, records)).lowWatermarks().get(partition).get().lowWatermark()));
    }

    static Object describeProducers(Asked asked) throws Exception {
        TopicPartition partition = partition(asked);
        return Administration.of(asked, admin -> {
            List<Object> producers = new ArrayList<>();
            for (ProducerState each : admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers()) {
                producers.add(Map.of("id", each.producerId(), "epoch", each.producerEpoch(), "last_sequence", each.lastSequence()));
            }
            return Map.of("producers", producers);
        });
    }

    static TopicPartition partition(Asked asked) {
        return new TopicPartition(asked.text("topic"), asked.number("partition"));
    }

    private static Optional<Integer> given(int number) {
        return number == -1 ? Optional.empty() : Optional.of(number);
    }

    private static Map<String, Object> told(TopicPartitionInfo partition) {
        Map<String, Object> told = new HashMap<>();
        told.put("partition", partition.partition());
        told.put("leader", partition.leader() == null ? -1 : partition.leader().id());
        told.put("replicas", partition.replicas().stream().map(Node::id).toList());
        told.put("isr", partition.isr().stream().map(Node::id).toList());
        return told;
    }

    private Topics() {}
}
