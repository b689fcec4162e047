// Running a tool for an operation: with time-outs that fit the conversation, and with what it printed told as a failure when it failed.
package stock.tools;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import stock.conversation.Asked;
import stock.conversation.Failed;
import stock.conversation.Failure;

final class Run {

    private static final Pattern EXCEPTION = Pattern.compile("org\\.apache\\.kafka\\.(?:common\\.errors|clients\\.consumer)\\.(\\w+Exception)(?:: (.*))?");
    private static final Path PATIENCE = file("stock-tools", ".properties", "request.timeout.ms=10000\ndefault.api.timeout.ms=15000\n");

    /** What a tool of administration prints; throws if it fails. */
    static String admin(Asked asked, String name, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        boolean hasCommands = List.of("kafka-features", "kafka-metadata-quorum", "kafka-transactions").contains(name);
        List<String> where = List.of("--bootstrap-server", asked.bootstrap(), "--command-config", PATIENCE.toString());
        // Tools of several commands want their own options before the command.
        all.addAll(hasCommands ? 0 : all.size(), where);
        Tool.Ran ran = Tool.run(name, all, null);
        failIfItFailed(ran);
        return ran.outText();
    }

    static Tool.Ran any(String name, List<String> arguments, InputStream input) {
        return Tool.run(name, arguments, input);
    }

    static void failIfItFailed(Tool.Ran ran) {
        Optional<Failure> told = exceptionTold(ran);
        if (told.isPresent()) {
            throw new Failed(told.get());
        }
        if (ran.status() != 0) {
            String text = Stream.concat(ran.outText().lines(), ran.errText().lines()).filter(line -> !line.isBlank()).findFirst().orElse("");
            throw new Failed(new Failure(null, ran.name(), text));
        }
    }

    /** A file that is there while the driver runs. */
    static Path file(String prefix, String suffix, String text) {
        try {
            Path file = Files.createTempFile(prefix, suffix);
            file.toFile().deleteOnExit();
            return Files.writeString(file, text);
        } catch (IOException failed) {
            throw new IllegalStateException("cannot write a file for a tool", failed);
        }
    }

    /** The first exception of Kafka's that was printed, warnings left out: those are about what is tried again. */
    private static Optional<Failure> exceptionTold(Tool.Ran ran) {
        return Stream.concat(ran.errText().lines(), ran.outText().lines())
            .filter(line -> !line.contains(" WARN "))
            .map(EXCEPTION::matcher)
            .filter(Matcher::find)
            .map(found -> Failure.kafkaError(found.group(1))
                .map(error -> Failure.of(error, found.group(2)))
                .orElseGet(() -> new Failure(null, found.group(1), found.group(2))))
            .findFirst();
    }

    private Run() {}
}
