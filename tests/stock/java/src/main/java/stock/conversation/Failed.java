// A failure that is known by its code and name only, without an exception of Kafka's: what a tool printed, for instance.
package stock.conversation;

public final class Failed extends RuntimeException {
    private final Failure failure;

    public Failed(Failure failure) {
        super(failure.text());
        this.failure = failure;
    }

    public Failure failure() {
        return failure;
    }
}
