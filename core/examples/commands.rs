//! Every command line in the documents of Astro, with what comes of it. Nothing is sent.

#![allow(clippy::print_stdout, reason = "an example shows something")]

use std::error::Error;

use astro_tokens::{ApiOptions, CommandParser};

const DOCUMENTS: &str = include_str!("../../tests/vectors/commands/documents.json");

fn main() -> Result<(), Box<dyn Error>> {
    let api = ApiOptions::new("clorg").workspace_id("clws").deployment_id("cldep").build()?;
    let documents: serde_json::Value = serde_json::from_str(DOCUMENTS)?;
    for case in documents["cases"].as_array().into_iter().flatten() {
        let line = case["line"].as_str().unwrap_or_default();
        println!("\n# {}\n{}", case["name"].as_str().unwrap_or_default(), line.trim());
        let parser = CommandParser::default();
        print!("{}", parser.explain(line, false));
        let Ok(command) = parser.parse(line) else { continue };
        println!("command: {}", serde_json::to_string(&command)?);
        match api.build(&command) {
            Ok(request) => {
                println!("request: {request} {}", String::from_utf8_lossy(request.body().unwrap_or_default()))
            }
            Err(error) => println!("{}", error.problems[0]),
        }
    }
    Ok(())
}
