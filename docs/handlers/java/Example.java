import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

public class Example implements RequestHandler<Map<String, Object>, Map<String, Object>> {
    @Override
    @SuppressWarnings("unchecked") // of an APIGatewayV2HTTPEvent it is event.getHeaders(), without a cast
    public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
        Map<String, Object> ping = Warm.up((Map<String, String>) event.get("headers"));
        if (ping != null) return ping;
        return Map.of("statusCode", 200, "body", "what it does for users");
    }
}
