// The conversation of a driver: one JSON object per line comes in, one goes out, until the input ends.
package stock.conversation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public record Conversation(String client, String version, Map<String, Operation> operations) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Answers every line of the input, in their order. */
    public void hold(InputStream asking, PrintStream answering) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(asking, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.isBlank()) {
                answering.write((JSON.writeValueAsString(answer(JSON.readTree(line))) + "\n").getBytes(StandardCharsets.UTF_8));
                answering.flush();
            }
        }
    }

    private Map<String, Object> answer(JsonNode line) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", line.path("id"));
        try {
            answer.put("result", result(line.path("op").asText(), new Asked(line)));
        } catch (Unsupported unsupported) {
            answer.put("unsupported", unsupported.getMessage());
        } catch (Exception | LinkageError failed) {
            answer.put("error", Failure.of(failed).told());
        }
        return answer;
    }

    private Object result(String name, Asked asked) throws Exception {
        if (name.equals("hello")) {
            return Map.of("client", client, "version", version, "operations", List.copyOf(operations.keySet()));
        }
        Operation operation = operations.get(name);
        if (operation == null) {
            throw new Unsupported(client + " has no operation " + name);
        }
        return operation.answer(asked);
    }
}
