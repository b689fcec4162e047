// Reading: one partition, assigned rather than subscribed to, without any group; and which offset belongs to a time.
package stock.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import stock.conversation.Asked;

final class Consuming {

    static Object consume(Asked asked) {
        ByteArrayDeserializer plain = new ByteArrayDeserializer();
        List<Object> records = new ArrayList<>();
        int count = asked.number("count");
        long deadline = System.nanoTime() + Duration.ofMillis(asked.longNumber("timeout_ms")).toNanos();
        try (Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings(asked), plain, plain)) {
            seek(consumer, new TopicPartition(asked.text("topic"), asked.number("partition")), asked.text("offset"));
            for (long left = deadline - System.nanoTime(); records.size() < count && left > 0; left = deadline - System.nanoTime()) {
                consumer.poll(Duration.ofNanos(left)).forEach(record -> records.add(told(record)));
            }
        }
        return Map.of("records", records.subList(0, Math.min(count, records.size())));
    }

    static Object offset(Asked asked) throws Exception {
        TopicPartition partition = new TopicPartition(asked.text("topic"), asked.number("partition"));
        ListOffsetsResultInfo found = (ListOffsetsResultInfo) Administration.of(asked,
            admin -> admin.listOffsets(Map.of(partition, at(asked.text("at")))).partitionResult(partition).get());
        Map<String, Object> result = new HashMap<>();
        result.put("offset", found.offset());
        result.put("timestamp", found.timestamp() < 0 ? null : found.timestamp());
        return result;
    }

    private static Map<String, Object> settings(Asked asked) {
        return Map.of(
            ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, asked.bootstrap(),
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none",
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, asked.flag("committed") ? "read_committed" : "read_uncommitted",
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Administration.OPERATION_TIMEOUT_MS,
            ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, Administration.REQUEST_TIMEOUT_MS);
    }

    private static void seek(Consumer<byte[], byte[]> consumer, TopicPartition partition, String offset) {
        consumer.assign(List.of(partition));
        switch (offset) {
            case "earliest" -> consumer.seekToBeginning(List.of(partition));
            case "latest" -> consumer.seekToEnd(List.of(partition));
            default -> consumer.seek(partition, Long.parseLong(offset));
        }
    }

    private static OffsetSpec at(String at) {
        return switch (at) {
            case "earliest" -> OffsetSpec.earliest();
            case "latest" -> OffsetSpec.latest();
            case "max_timestamp" -> OffsetSpec.maxTimestamp();
            default -> OffsetSpec.forTimestamp(Long.parseLong(at));
        };
    }

    private static Map<String, Object> told(ConsumerRecord<byte[], byte[]> record) {
        List<Object> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            headers.add(Arrays.asList(header.key(), Asked.encoded(header.value())));
        }
        Map<String, Object> told = new HashMap<>();
        told.put("offset", record.offset());
        told.put("timestamp", record.timestamp());
        told.put("timestamp_type", timestampType(record.timestampType()));
        told.put("key", Asked.encoded(record.key()));
        told.put("value", Asked.encoded(record.value()));
        told.put("headers", headers);
        return told;
    }

    private static String timestampType(TimestampType type) {
        return switch (type) {
            case CREATE_TIME -> "create";
            case LOG_APPEND_TIME -> "append";
            case NO_TIMESTAMP_TYPE -> null;
        };
    }

    private Consuming() {}
}
