import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What Lambda's Java runtime is to a handler, for lambda-sim --exec: java -cp CLASSES Bootstrap CLASS. A request is a JSON
 * line on stdin, {"event", "context"}; an answer one on stdout, {"result"} or {"error"}, and "log".
 */
public final class Bootstrap {
    private static Context contextOf(Map<?, ?> fields) {
        return new Context() {
            public String getAwsRequestId() { return (String) fields.get("awsRequestId"); }

            public String getFunctionName() { return (String) fields.get("functionName"); }

            public String getFunctionVersion() { return (String) fields.get("functionVersion"); }

            public String getInvokedFunctionArn() { return (String) fields.get("invokedFunctionArn"); }
        };
    }

    @SuppressWarnings("unchecked")
    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        RequestHandler<Object, Object> handler = null;
        for (String line; (line = in.readLine()) != null;) {
            Map<?, ?> request = (Map<?, ?>) Json.read(line);
            ByteArrayOutputStream log = new ByteArrayOutputStream();
            System.setOut(new PrintStream(log, true, StandardCharsets.UTF_8));
            Map<String, Object> answer = new LinkedHashMap<>();
            try {
                if (handler == null)
                    handler = (RequestHandler<Object, Object>) Class.forName(args[0]).getDeclaredConstructor().newInstance();
                answer.put("result", handler.handleRequest(request.get("event"), contextOf((Map<?, ?>) request.get("context"))));
            } catch (Exception e) {
                answer.put("error", Map.of("errorType", e.getClass().getName(), "errorMessage", String.valueOf(e.getMessage())));
            }
            if (log.size() > 0) answer.put("log", log.toString(StandardCharsets.UTF_8));
            answers.println(Json.write(answer));
            answers.flush();
        }
    }
}
