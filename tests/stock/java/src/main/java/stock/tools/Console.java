// Producing and reading with the consoles: records are lines of text with marks between their fields.
package stock.tools;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import stock.conversation.Asked;
import stock.conversation.Unsupported;

final class Console {

    // What the console producer is told to take for marks; texts that have them are not supported.
    private static final String AFTER_KEY = "\u0001";
    private static final String AFTER_HEADERS = "\u0002";
    private static final String BETWEEN_HEADERS = "\u0003";
    private static final String AFTER_HEADER_NAME = "\u0004";
    private static final String NULL = "\u0005";
    private static final String NOT_IN_A_LINE = AFTER_KEY + AFTER_HEADERS + BETWEEN_HEADERS + AFTER_HEADER_NAME + NULL + "\r\n";

    // What the console consumer is told to print; its fields may be any bytes, so these are long enough not to be among them by chance.
    private static final String FIELD = "\u0001:field:\u0001";
    private static final String RECORD = "\u0001:record:\u0001";
    private static final String HEADER = "\u0001:header:\u0001";
    private static final String NOTHING = "\u0001:null:\u0001";

    private static final int PATIENT_DELIVERY_TIMEOUT_MS = 60_000;

    static Object produce(Asked asked) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        List<Object> placed = new ArrayList<>();
        for (JsonNode record : asked.value("records")) {
            Integer partition = record.hasNonNull("partition") ? record.get("partition").asInt() : null;
            if (record.hasNonNull("timestamp")) {
                throw new Unsupported("kafka-console-producer takes no timestamps");
            }
            lines.writeBytes((line(record) + "\n").getBytes(StandardCharsets.UTF_8));
            placed.add(Arrays.asList(partition, null));
        }
        requireOnePartitionIfChosen(asked, placed);
        Run.failIfItFailed(Run.any("kafka-console-producer", producerArguments(asked), new Typed(lines.toByteArray(), pauseMs(asked))));
        return Map.of("placed", placed);
    }

    static Object consume(Asked asked) {
        Tool.Ran ran = Run.any("kafka-console-consumer", consumerArguments(asked), null);
        // That no more records came in time is told like a failure, with the status of one.
        if (!ran.errText().contains("org.apache.kafka.common.errors.TimeoutException") || ran.errText().contains("OffsetOutOfRange")) {
            Run.failIfItFailed(ran);
        }
        List<Object> records = new ArrayList<>();
        for (String printed : split(new String(ran.out(), StandardCharsets.ISO_8859_1), RECORD)) {
            if (!printed.isEmpty()) {
                records.add(told(split(printed, FIELD)));
            }
        }
        return Map.of("records", records);
    }

    private static List<String> producerArguments(Asked asked) {
        int patience = pauseMs(asked) > 0 ? PATIENT_DELIVERY_TIMEOUT_MS : 15_000;
        List<String> arguments = new ArrayList<>(List.of(
            "--bootstrap-server", asked.bootstrap(), "--topic", asked.text("topic"),
            "--compression-codec", asked.text("codec"), "--request-required-acks", asked.text("acks"),
            "--message-send-max-retries", "1000000", "--request-timeout-ms", "10000", "--max-block-ms", pauseMs(asked) > 0 ? "60000" : "10000",
            "--command-property", "enable.idempotence=" + asked.flag("idempotent"), "--command-property", "delivery.timeout.ms=" + patience));
        if (asked.has("max_bytes")) {
            arguments.addAll(List.of("--command-property", "max.request.size=" + asked.number("max_bytes")));
        }
        for (String property : List.of(
            "parse.key=true", "key.separator=" + AFTER_KEY, "parse.headers=true", "headers.delimiter=" + AFTER_HEADERS,
            "headers.separator=" + BETWEEN_HEADERS, "headers.key.separator=" + AFTER_HEADER_NAME, "null.marker=" + NULL)) {
            arguments.addAll(List.of("--reader-property", property));
        }
        return arguments;
    }

    private static List<String> consumerArguments(Asked asked) {
        List<String> arguments = new ArrayList<>(List.of(
            "--bootstrap-server", asked.bootstrap(), "--topic", asked.text("topic"), "--partition", asked.text("partition"),
            "--offset", asked.text("offset"), "--max-messages", asked.text("count"), "--timeout-ms", asked.text("timeout_ms"),
            "--isolation-level", asked.flag("committed") ? "read_committed" : "read_uncommitted",
            "--command-property", "auto.offset.reset=none", "--command-property", "allow.auto.create.topics=false"));
        for (String property : List.of(
            "print.timestamp=true", "print.offset=true", "print.headers=true", "print.key=true", "print.value=true",
            "key.separator=" + FIELD, "line.separator=" + RECORD, "headers.separator=" + HEADER, "null.literal=" + NOTHING)) {
            arguments.addAll(List.of("--formatter-property", property));
        }
        return arguments;
    }

    /** Headers, key and value in the order the console producer reads them. */
    private static String line(JsonNode record) {
        List<String> headers = new ArrayList<>();
        for (JsonNode header : record.path("headers")) {
            headers.add(header.get(0).asText() + AFTER_HEADER_NAME + text(header.get(1)));
        }
        return (headers.isEmpty() ? NULL : String.join(BETWEEN_HEADERS, headers)) + AFTER_HEADERS
            + text(record.path("key")) + AFTER_KEY + text(record.path("value"));
    }

    private static String text(JsonNode encoded) {
        byte[] bytes = Asked.bytes(encoded);
        if (bytes == null) {
            return NULL;
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            if (text.chars().anyMatch(each -> NOT_IN_A_LINE.indexOf(each) >= 0)) {
                throw new Unsupported("kafka-console-producer takes lines of text");
            }
            return text;
        } catch (CharacterCodingException notText) {
            throw new Unsupported("kafka-console-producer takes lines of text");
        }
    }

    /** The console producer does not choose partitions; with a topic of one there is nothing to choose. */
    private static void requireOnePartitionIfChosen(Asked asked, List<Object> placed) {
        boolean isChosen = placed.stream().anyMatch(each -> ((List<?>) each).get(0) != null);
        if (isChosen && TopicTools.partitionCount(asked) != 1) {
            throw new Unsupported("kafka-console-producer does not choose partitions");
        }
    }

    private static int pauseMs(Asked asked) {
        return asked.has("pause_ms") ? asked.number("pause_ms") : 0;
    }

    /** From fields as printed: timestamp, offset, headers, key, value; one character per byte. */
    private static Map<String, Object> told(List<String> fields) {
        Map<String, Object> told = new HashMap<>();
        String[] timestamp = fields.get(0).split(":");
        told.put("timestamp_type", switch (timestamp[0]) {
            case "CreateTime" -> "create";
            case "LogAppendTime" -> "append";
            default -> null;
        });
        told.put("timestamp", timestamp.length == 2 ? Long.parseLong(timestamp[1]) : -1);
        told.put("offset", Long.parseLong(fields.get(1).split(":")[1]));
        told.put("headers", headers(fields.get(2)));
        told.put("key", bytes(fields.get(3)));
        told.put("value", bytes(fields.get(4)));
        return told;
    }

    private static List<Object> headers(String printed) {
        List<Object> headers = new ArrayList<>();
        for (String header : printed.equals("NO_HEADERS") ? List.<String>of() : split(printed, HEADER)) {
            int colon = header.indexOf(':');
            String name = new String(header.substring(0, colon).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            headers.add(Arrays.asList(name, bytes(header.substring(colon + 1))));
        }
        return headers;
    }

    private static String bytes(String field) {
        return field.equals(NOTHING) ? null : Asked.encoded(field.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static List<String> split(String text, String mark) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, from)) {
            parts.add(text.substring(from, at));
            from = at + mark.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    /** Lines that come one by one, as somebody types them. */
    private static final class Typed extends InputStream {
        private final byte[] lines;
        private final int pauseMs;
        private int next;

        Typed(byte[] lines, int pauseMs) {
            this.lines = lines;
            this.pauseMs = pauseMs;
        }

        @Override
        public int read() {
            return next == lines.length ? -1 : lines[next++] & 0xff;
        }

        /** To the end of the line at most. */
        @Override
        public int read(byte[] into, int from, int count) throws IOException {
            if (next == lines.length) {
                return -1;
            }
            if (next > 0 && lines[next - 1] == '\n') {
                pause();
            }
            int start = next;
            while (next < lines.length && next - start < count && (next == start || lines[next - 1] != '\n')) {
                next++;
            }
            System.arraycopy(lines, start, into, from, next - start);
            return next - start;
        }

        private void pause() throws IOException {
            try {
                Thread.sleep(pauseMs);
            } catch (InterruptedException interrupted) {
                throw new IOException(interrupted);
            }
        }
    }

    private Console() {}
}
