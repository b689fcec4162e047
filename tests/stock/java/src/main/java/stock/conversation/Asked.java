// What one line of the conversation asks for: an operation's arguments, each read as what it is meant to be.
package stock.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public record Asked(JsonNode arguments) {

    public JsonNode value(String name) {
        return arguments.path(name);
    }

    public boolean has(String name) {
        return arguments.hasNonNull(name);
    }

    public String text(String name) {
        if (!has(name)) {
            throw new IllegalArgumentException("no argument '" + name + "'");
        }
        return value(name).asText();
    }

    public int number(String name) {
        return Math.toIntExact(longNumber(name));
    }

    public long longNumber(String name) {
        if (!value(name).isIntegralNumber()) {
            throw new IllegalArgumentException("argument '" + name + "' is not a whole number");
        }
        return value(name).asLong();
    }

    /** False if it is not given. */
    public boolean flag(String name) {
        return value(name).asBoolean(false);
    }

    public List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        value(name).forEach(each -> texts.add(each.asText()));
        return texts;
    }

    /** By name the text, null where null is given. */
    public Map<String, String> textByName(String name) {
        Map<String, String> texts = new LinkedHashMap<>();
        value(name).fields().forEachRemaining(field -> texts.put(field.getKey(), field.getValue().isNull() ? null : field.getValue().asText()));
        return texts;
    }

    public String bootstrap() {
        return text("bootstrap");
    }

    /** Bytes travel as base64 texts; null stays null. */
    public static byte[] bytes(JsonNode encoded) {
        return encoded.isNull() || encoded.isMissingNode() ? null : Base64.getDecoder().decode(encoded.asText().getBytes(StandardCharsets.US_ASCII));
    }

    public static String encoded(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }
}
