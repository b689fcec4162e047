// Kafka's command-line tools by the name of their scripts, run inside this process one at a time, so that the virtual machine starts once.
//
// A tool believes that it owns the process: it ends it through Kafka's Exit and leaves work to be done on the way down. Here the first
// status it exits with is kept, the exit itself becomes an error that unwinds the tool, and then what it left for the end is done.
package stock.tools;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.AclCommand;
import org.apache.kafka.tools.BrokerApiVersionsCommand;
import org.apache.kafka.tools.ClientMetricsCommand;
import org.apache.kafka.tools.ClusterTool;
import org.apache.kafka.tools.ConsoleProducer;
import org.apache.kafka.tools.ConsumerPerformance;
import org.apache.kafka.tools.DelegationTokenCommand;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.apache.kafka.tools.DumpLogSegments;
import org.apache.kafka.tools.EndToEndLatency;
import org.apache.kafka.tools.FeatureCommand;
import org.apache.kafka.tools.GetOffsetShell;
import org.apache.kafka.tools.GroupsCommand;
import org.apache.kafka.tools.LeaderElectionCommand;
import org.apache.kafka.tools.LogDirsCommand;
import org.apache.kafka.tools.MetadataQuorumCommand;
import org.apache.kafka.tools.ProducerPerformance;
import org.apache.kafka.tools.ReplicaVerificationTool;
import org.apache.kafka.tools.TopicCommand;
import org.apache.kafka.tools.TransactionsCommand;
import org.apache.kafka.tools.VerifiableConsumer;
import org.apache.kafka.tools.VerifiableProducer;
import org.apache.kafka.tools.consumer.ConsoleConsumer;
import org.apache.kafka.tools.consumer.ConsoleShareConsumer;
import org.apache.kafka.tools.consumer.group.ConsumerGroupCommand;
import org.apache.kafka.tools.consumer.group.ShareGroupCommand;
import org.apache.kafka.tools.reassign.ReassignPartitionsCommand;
import stock.conversation.Unsupported;

final class Tool {

    /** How long a tool's work for the end may take. */
    private static final int ENDING_MS = 10_000;

    private static final Map<String, Main> MAINS = new TreeMap<>();

    static {
        MAINS.put("kafka-acls", AclCommand::main);
        MAINS.put("kafka-broker-api-versions", BrokerApiVersionsCommand::main);
        MAINS.put("kafka-client-metrics", ClientMetricsCommand::main);
        MAINS.put("kafka-cluster", ClusterTool::main);
        MAINS.put("kafka-configs", kafka.admin.ConfigCommand::main);
        MAINS.put("kafka-console-consumer", ConsoleConsumer::main);
        MAINS.put("kafka-console-producer", ConsoleProducer::main);
        MAINS.put("kafka-console-share-consumer", ConsoleShareConsumer::main);
        MAINS.put("kafka-consumer-groups", ConsumerGroupCommand::main);
        MAINS.put("kafka-consumer-perf-test", ConsumerPerformance::main);
        MAINS.put("kafka-delegation-tokens", DelegationTokenCommand::main);
        MAINS.put("kafka-delete-records", DeleteRecordsCommand::main);
        MAINS.put("kafka-dump-log", DumpLogSegments::main);
        MAINS.put("kafka-e2e-latency", EndToEndLatency::main);
        MAINS.put("kafka-features", FeatureCommand::main);
        MAINS.put("kafka-get-offsets", GetOffsetShell::main);
        MAINS.put("kafka-groups", GroupsCommand::main);
        MAINS.put("kafka-leader-election", LeaderElectionCommand::main);
        MAINS.put("kafka-log-dirs", LogDirsCommand::main);
        MAINS.put("kafka-metadata-quorum", MetadataQuorumCommand::main);
        MAINS.put("kafka-producer-perf-test", ProducerPerformance::main);
        MAINS.put("kafka-reassign-partitions", ReassignPartitionsCommand::main);
        MAINS.put("kafka-replica-verification", ReplicaVerificationTool::main);
        MAINS.put("kafka-share-groups", ShareGroupCommand::main);
        MAINS.put("kafka-topics", TopicCommand::main);
        MAINS.put("kafka-transactions", TransactionsCommand::main);
        MAINS.put("kafka-verifiable-consumer", VerifiableConsumer::main);
        MAINS.put("kafka-verifiable-producer", VerifiableProducer::main);
    }

    private static final Streams STREAMS = Streams.installed();

    @FunctionalInterface
    private interface Main {
        void run(String... arguments) throws Exception;
    }

    /** How a tool ended and all it said. */
    record Ran(String name, int status, byte[] out, byte[] err) {
        String outText() {
            return new String(out, StandardCharsets.UTF_8);
        }

        String errText() {
            return new String(err, StandardCharsets.UTF_8);
        }
    }

    /** Unwinds a tool that wants to end the process. */
    private static final class Exiting extends Error {
        Exiting() {
            super("the tool exits", null, false, false);
        }
    }

    static Ran run(String name, List<String> arguments, InputStream input) {
        Main main = MAINS.get(name);
        if (main == null) {
            throw new Unsupported("no tool " + name + "; there are " + MAINS.keySet());
        }
        AtomicReference<Ran> exited = new AtomicReference<>();
        List<Thread> leftForTheEnd = new ArrayList<>();
        Exit.setExitProcedure((code, message) -> exit(exited, name, code));
        Exit.setHaltProcedure((code, message) -> exit(exited, name, code));
        Exit.setShutdownHookAdder((what, work) -> leftForTheEnd.add(new Thread(work, what)));
        STREAMS.lend(input);
        Ran ran = runToItsEnd(name, main, arguments, exited);
        leftForTheEnd.forEach(Thread::start);
        leftForTheEnd.forEach(Tool::awaitEnd);
        return new Ran(name, ran.status(), joined(ran.out(), STREAMS.saidOnOut()), joined(ran.err(), STREAMS.saidOnErr()));
    }

    private static Ran runToItsEnd(String name, Main main, List<String> arguments, AtomicReference<Ran> exited) {
        int status = 0;
        try {
            main.run(arguments.toArray(String[]::new));
        } catch (Exiting exiting) {
            // It is kept how it exited.
        } catch (Throwable thrown) {
            thrown.printStackTrace();
            status = 1;
        }
        // After its exit a real one would say nothing any more; some here catch the error and complain about it.
        Ran ran = new Ran(name, status, STREAMS.saidOnOut(), STREAMS.saidOnErr());
        return exited.get() == null ? ran : exited.get();
    }

    private static void exit(AtomicReference<Ran> exited, String name, int status) {
        if (exited.get() == null) {
            exited.set(new Ran(name, status, STREAMS.saidOnOut(), STREAMS.saidOnErr()));
        }
        throw new Exiting();
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static void awaitEnd(Thread work) {
        try {
            work.join(ENDING_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private Tool() {}
}
