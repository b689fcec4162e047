// Standard input and output of the process, lent to one tool after the other. They are put in place once, before any tool is loaded:
// some tools keep the stream they find when their class is first used.
package stock.tools;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

final class Streams {

    private final Caught out = new Caught();
    private final Caught err;
    private final Lent in = new Lent();

    private Streams(PrintStream tellingPeople) {
        err = new Caught();
        err.passingOn = tellingPeople;
    }

    /** Takes the process's streams over; what tools say on stderr is caught and goes to stderr, too. */
    static Streams installed() {
        Streams streams = new Streams(System.err);
        System.setOut(new PrintStream(streams.out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(streams.err, true, StandardCharsets.UTF_8));
        System.setIn(streams.in);
        return streams;
    }

    void lend(InputStream input) {
        out.take();
        err.take();
        in.source = input == null ? new ByteArrayInputStream(new byte[0]) : input;
    }

    byte[] saidOnOut() {
        System.out.flush();
        return out.take();
    }

    byte[] saidOnErr() {
        System.err.flush();
        return err.take();
    }

    private static final class Caught extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private OutputStream passingOn = OutputStream.nullOutputStream();

        synchronized byte[] take() {
            byte[] taken = bytes.toByteArray();
            bytes.reset();
            return taken;
        }

        @Override
        public synchronized void write(int each) throws IOException {
            bytes.write(each);
            passingOn.write(each);
        }

        @Override
        public synchronized void write(byte[] some, int from, int count) throws IOException {
            bytes.write(some, from, count);
            passingOn.write(some, from, count);
        }
    }

    private static final class Lent extends InputStream {
        private volatile InputStream source = InputStream.nullInputStream();

        @Override
        public int read() throws IOException {
            return source.read();
        }

        @Override
        public int read(byte[] into, int from, int count) throws IOException {
            return source.read(into, from, count);
        }
    }
}
