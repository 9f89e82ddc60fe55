// lambda-warmd's pings, for .NET: put class Warm beside your handler, and ask it first, as Function does.
// Packages: Amazon.Lambda.Core, Amazon.Lambda.APIGatewayEvents, Amazon.Lambda.Serialization.SystemTextJson.
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Core;

[assembly: LambdaSerializer(typeof(Amazon.Lambda.Serialization.SystemTextJson.DefaultLambdaJsonSerializer))]

public static class Warm
{
    private const uint HoldMaxMs = 1000; // anyone may send the header: nobody shall keep instances busy for long
    private static string? instance; // made by the first request: a snapshot (SnapStart) is shared by many instances

    /// <summary>The answer to a ping, after its hold; null for everything else.</summary>
    public static async Task<APIGatewayHttpApiV2ProxyResponse?> Up(IDictionary<string, string>? headers)
    {
        var cold = instance is null ? "1" : "0";
        instance ??= Guid.NewGuid().ToString();
        if (string.IsNullOrEmpty(Get(headers, "X-Lambda-Warm"))) return null;
        if (uint.TryParse(Get(headers, "X-Lambda-Warm-Hold"), out var holdMs))
            await Task.Delay((int)Math.Min(holdMs, HoldMaxMs));
        return new APIGatewayHttpApiV2ProxyResponse
        {
            StatusCode = 204,
            Headers = new Dictionary<string, string> { ["X-Lambda-Instance"] = instance, ["X-Lambda-Cold"] = cold },
        };
    }

    private static string? Get(IDictionary<string, string>? headers, string name) =>
        headers?.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}

public class Function
{
    public async Task<APIGatewayHttpApiV2ProxyResponse> Handler(APIGatewayHttpApiV2ProxyRequest request, ILambdaContext context)
    {
        if (await Warm.Up(request.Headers) is { } ping) return ping;
        return new APIGatewayHttpApiV2ProxyResponse { StatusCode = 200, Body = "what it does for users" };
    }
}
