// Says that the client has no way to do what was asked, or not with this argument.
package stock.conversation;

public final class Unsupported extends RuntimeException {
    public Unsupported(String why) {
        super(why);
    }
}
