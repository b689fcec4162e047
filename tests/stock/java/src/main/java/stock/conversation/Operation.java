// One operation of the conversation: takes what was asked and gives the result, ready to be written as JSON.
package stock.conversation;

@FunctionalInterface
public interface Operation {
    Object answer(Asked asked) throws Exception;
}
