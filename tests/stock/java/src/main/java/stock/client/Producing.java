// Producing: one producer for all records of an operation, and the places the broker gave them.
package stock.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import stock.conversation.Asked;

final class Producing {

    private static final int PATIENT_DELIVERY_TIMEOUT_MS = 60_000;

    static Object produce(Asked asked) throws Exception {
        ByteArraySerializer plain = new ByteArraySerializer();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (Producer<byte[], byte[]> producer = new KafkaProducer<>(settings(asked), plain, plain)) {
            for (JsonNode each : asked.value("records")) {
                sent.add(producer.send(record(asked.text("topic"), each)));
                Thread.sleep(pauseMs(asked));
            }
            producer.flush();
        }
        List<Object> placed = new ArrayList<>();
        for (Future<RecordMetadata> each : sent) {
            RecordMetadata place = each.get();
            placed.add(Arrays.asList(place.partition(), place.hasOffset() ? place.offset() : null));
        }
        return Map.of("placed", placed);
    }

    private static Map<String, Object> settings(Asked asked) {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, asked.bootstrap());
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, asked.text("codec"));
        settings.put(ProducerConfig.ACKS_CONFIG, asked.text("acks"));
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, asked.flag("idempotent"));
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, pauseMs(asked) > 0 ? PATIENT_DELIVERY_TIMEOUT_MS : Administration.REQUEST_TIMEOUT_MS);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Administration.REQUEST_TIMEOUT_MS);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, pauseMs(asked) > 0 ? PATIENT_DELIVERY_TIMEOUT_MS : Administration.OPERATION_TIMEOUT_MS);
        if (asked.has("max_bytes")) {
            settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, asked.number("max_bytes"));
        }
        return settings;
    }

    private static int pauseMs(Asked asked) {
        return asked.has("pause_ms") ? asked.number("pause_ms") : 0;
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, JsonNode given) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : given.path("headers")) {
            headers.add(new RecordHeader(header.get(0).asText(), Asked.bytes(header.get(1))));
        }
        Integer partition = given.hasNonNull("partition") ? given.get("partition").asInt() : null;
        Long timestamp = given.hasNonNull("timestamp") ? given.get("timestamp").asLong() : null;
        return new ProducerRecord<>(topic, partition, timestamp, Asked.bytes(given.path("key")), Asked.bytes(given.path("value")), headers);
    }

    private Producing() {}
}
