//! lambda-warmd's pings, for Rust: paste `ping`, and ask it first, as `handler` does.
use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use std::{sync::OnceLock, time::Duration};
use uuid::Uuid;

const HOLD_MAX_MS: u64 = 1000; // anyone may send the header: nobody shall keep instances busy for long
static INSTANCE: OnceLock<String> = OnceLock::new();

/// The answer to a ping, after its hold; `None` for everything else.
async fn ping(event: &Value) -> Option<Value> {
    let mut cold = "0";
    let instance = INSTANCE.get_or_init(|| {
        cold = "1";
        Uuid::new_v4().to_string()
    });
    let header = |wanted: &str| {
        let mut headers = event["headers"].as_object()?.iter();
        headers
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))?
            .1
            .as_str()
    };
    header("X-Lambda-Warm").filter(|value| !value.is_empty())?;
    let hold_ms = header("X-Lambda-Warm-Hold")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(HOLD_MAX_MS.min(hold_ms))).await;
    Some(
        json!({"statusCode": 204, "headers": {"X-Lambda-Instance": instance, "X-Lambda-Cold": cold}}),
    )
}

async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    if let Some(answer) = ping(&event.payload).await {
        return Ok(answer);
    }
    Ok(json!({"statusCode": 200, "body": "what it does for users"}))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handler)).await
}
