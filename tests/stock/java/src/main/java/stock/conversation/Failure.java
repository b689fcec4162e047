// What went wrong, as the conversation tells it: Kafka's code and name where they are known, and the text the client shows.
package stock.conversation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.protocol.Errors;

public record Failure(Integer code, String name, String text) {

    public static Failure of(Throwable thrown) {
        Throwable cause = cause(thrown);
        if (cause instanceof Failed failed) {
            return failed.failure();
        }
        return kafkaError(cause)
            .map(error -> of(error, cause.getMessage()))
            .orElseGet(() -> new Failure(null, cause.getClass().getSimpleName(), cause.getMessage()));
    }

    /** The client gives up on time and on size itself, too, with the exceptions a broker's answer has, but with words of its own: then there is no code. */
    public static Failure of(Errors error, String text) {
        boolean isOwn = (error == Errors.REQUEST_TIMED_OUT || error == Errors.MESSAGE_TOO_LARGE) && !error.message().equals(text);
        return new Failure(isOwn ? null : (int) error.code(), error.name(), text);
    }

    /** The error of Kafka that has an exception of this name. */
    public static Optional<Errors> kafkaError(String exception) {
        return Arrays.stream(Errors.values())
            .filter(error -> error.exception() != null && error.exception().getClass().getSimpleName().equals(exception))
            .findFirst();
    }

    public Map<String, Object> told() {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("code", code);
        told.put("name", name);
        told.put("text", text);
        return told;
    }

    /** By the exception's own name or that of what it is a kind of: the consumer's OffsetOutOfRangeException is not the one of the protocol, but means it. */
    private static Optional<Errors> kafkaError(Throwable thrown) {
        for (Class<?> kind = thrown.getClass(); KafkaException.class.isAssignableFrom(kind); kind = kind.getSuperclass()) {
            Optional<Errors> error = kafkaError(kind.getSimpleName());
            if (error.isPresent()) {
                return error;
            }
        }
        return Optional.empty();
    }

    private static Throwable cause(Throwable thrown) {
        boolean isWrapping = thrown instanceof ExecutionException || thrown instanceof CompletionException || thrown.getClass() == KafkaException.class;
        return isWrapping && thrown.getCause() != null ? cause(thrown.getCause()) : thrown;
    }
}
