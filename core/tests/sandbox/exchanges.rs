//! Runs `tests/vectors/sandbox/*.json`; the format is described in `tests/vectors/README.md`.

use std::collections::BTreeMap;

use super::*;
use common::cases;

/// A sandbox as the case wants it, and the values of its tokens by name.
fn prepared(case: &Json) -> (Sandbox, BTreeMap<String, String>) {
    let mut sandbox = Sandbox::new();
    sandbox.set_rate_limits(case["rate_limits"] == true);
    let mut secrets = BTreeMap::from([("owner".to_owned(), owner())]);
    for item in case["tokens"].as_array().into_iter().flatten() {
        let token = NewToken::from_json(&item["token"].to_string()).unwrap();
        secrets.insert(item["save"].as_str().unwrap().to_owned(), holder(&mut sandbox, token));
    }
    for fault in case["faults"].as_array().into_iter().flatten() {
        sandbox.fault(Fault::from_json(&fault.to_string()).unwrap());
    }
    (sandbox, secrets)
}

#[test]
fn every_exchange_goes_as_expected() {
    for (name, case) in cases("sandbox") {
        let (mut sandbox, mut secrets) = prepared(&case);
        let mut now_ms = NOW;
        for (index, exchange) in case["exchanges"].as_array().unwrap().iter().enumerate() {
            let name = format!("{name}, {index}");
            now_ms += exchange["after_ms"].as_i64().unwrap_or(0);
            let authorization = match exchange["as"].as_str().unwrap_or("owner") {
                "nobody" => None,
                caller => Some(format!("Bearer {}", secrets.get(caller).map_or(caller, String::as_str))),
            };
            let body = exchange.get("body").map(Json::to_string).unwrap_or_default();
            let [method, url] = ["method", "url"].map(|key| exchange[key].as_str().unwrap());
            let reply = sandbox.answer_parts(method, url, authorization.as_deref(), body.as_bytes(), now_ms);

            let status = match &reply.outcome {
                ReplyOutcome::Response(response) => json!(response.status()),
                ReplyOutcome::NotSent => json!("not_sent"),
                ReplyOutcome::Lost => json!("lost"),
            };
            assert_eq!(status, exchange["status"], "{name}");
            assert!(exchange.get("delay_ms").is_none_or(|delay_ms| reply.delay_ms == *delay_ms), "{name}");
            let Some(response) = reply.outcome.response() else { continue };
            let answer: Json = serde_json::from_slice(response.body()).unwrap_or_default();
            for (key, expected) in exchange["answer"].as_object().into_iter().flatten() {
                assert_eq!(answer[key], *expected, "{name}: {key}");
            }
            for (header, expected) in exchange["headers"].as_object().into_iter().flatten() {
                assert_eq!(response.header(header), expected.as_str(), "{name}: {header}");
            }
            if let Some(save) = exchange["save"].as_str() {
                secrets.insert(save.to_owned(), answer["token"].as_str().unwrap().to_owned());
            }
        }
    }
}
