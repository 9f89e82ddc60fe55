import java.util.Map;
import java.util.UUID;

/** lambda-warmd's pings, for Java: put this class beside your handler, and ask it first, as Example does. */
public final class Warm {
    private static final long HOLD_MAX_MS = 1000; // anyone may send the header: nobody shall keep instances busy for long
    private static String instance; // made by the first request: a snapshot (SnapStart) is shared by many instances

    private Warm() {}

    /** The answer to a ping, after its hold; null for everything else. HEADERS are the event's, and may be null. */
    public static Map<String, Object> up(Map<String, String> headers) {
        String cold = instance == null ? "1" : "0";
        if (instance == null) instance = UUID.randomUUID().toString();
        if (get(headers, "X-Lambda-Warm").isEmpty()) return null;
        String hold = get(headers, "X-Lambda-Warm-Hold");
        try {
            if (hold.matches("[0-9]{1,9}")) Thread.sleep(Math.min(Long.parseLong(hold), HOLD_MAX_MS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Map.of("statusCode", 204, "headers", Map.of("X-Lambda-Instance", instance, "X-Lambda-Cold", cold));
    }

    private static String get(Map<String, String> headers, String name) {
        if (headers == null) return "";
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name) && header.getValue() != null)
                .map(Map.Entry::getValue).findFirst().orElse("");
    }
}
