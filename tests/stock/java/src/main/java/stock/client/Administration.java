// Opens an Admin for one operation, with time-outs that fit the conversation, and closes it.
package stock.client;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import stock.conversation.Asked;

final class Administration {

    static final int REQUEST_TIMEOUT_MS = 10_000;
    static final int OPERATION_TIMEOUT_MS = 15_000;

    @FunctionalInterface
    interface Work {
        Object with(Admin admin) throws Exception;
    }

    static Object of(Asked asked, Work work) throws Exception {
        Admin admin = Admin.create(Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, asked.bootstrap(),
            AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MS,
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, OPERATION_TIMEOUT_MS));
        try {
            return work.with(admin);
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private Administration() {}
}
