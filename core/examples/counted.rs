//! One path of the crate, some thousand times, for `tests/limits/check.sh`, which counts its instructions.

use astro_tokens::{Api, CreateToken, ListTokens, Operation, Response, parse_command};

const TOKEN: &str = r#"{"id":"clm8q7f6q000008lcgyougpsk","name":"CI","description":"Deploys","scope":"WORKSPACE","kind":"STANDARD","roles":[{"entityType":"WORKSPACE","entityId":"clws","role":"WORKSPACE_OWNER"}],"shortToken":"short","startAt":"2026-03-08T13:30:48.766Z","createdAt":"2026-03-08T13:30:48.766Z","updatedAt":"2026-03-08T13:30:48.766Z"}"#;
/// A line of NDJSON, as `json.dumps` writes one.
const ENTRY: &str = r#"{"name":"CI deploy 17","role":"WORKSPACE_AUTHOR","workspace_id":"clm8q7f6q000017lcgyougpsk","description":"Deploys the nightly jobs of team 17","expiration_days":18,"kind":"STANDARD"}"#;
const LINE: &str = "astro workspace token create --name 'CI deploy' --role WORKSPACE_AUTHOR --expiration 90";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_default();
    let count: usize = arguments.next().unwrap_or_default().parse()?;
    let api = Api::new("clorg")?;
    let page = format!(r#"{{"tokens":[{}],"limit":10,"offset":0,"totalCount":10}}"#, [TOKEN; 10].join(","));
    let response = Response::new(200, [("content-type", "application/json")], page);
    let entries = [ENTRY; 10].join("\n");
    for _ in 0..count {
        match path.as_str() {
            "create" => {
                let token = CreateToken::new("CI", "WORKSPACE_OWNER").workspace_id("clws").expiration_days(90);
                std::hint::black_box(token.request(&api)?);
            }
            "create_wrong" => {
                let token = CreateToken::new("CI", "WORKSPACE_ADMIN").workspace_id("clws").expiration_days(0);
                std::hint::black_box(token.request(&api).is_err());
            }
            "page_of_10" => {
                std::hint::black_box(ListTokens::parse(&response)?);
            }
            "batch_of_10" => {
                std::hint::black_box(api.create_tokens_from_ndjson(&entries));
            }
            "line" => {
                std::hint::black_box(parse_command(LINE)?);
            }
            _ => return Err("give a path and how often".into()),
        }
    }
    Ok(())
}
