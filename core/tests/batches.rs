//! Runs `tests/vectors/batches/*.json`; the format is described in `tests/vectors/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::ops::ControlFlow;

use astro_tokens::{Api, Batch, BatchEntry, BatchProgress, CreateToken, Spelling};
use common::{cases, check_problems, value};
use proptest::prelude::*;
use serde_json::Value as Json;

fn api(case: &Json) -> Api {
    let default = serde_json::json!({"organization_id": "clorg"});
    Api::from_value(value(case.get("api").unwrap_or(&default)), Spelling::Snake).unwrap()
}

/// The lines of a case as bytes, the last one without a newline.
fn text(lines: &[Json]) -> Vec<u8> {
    let line = |line: &Json| match line["$broken"].as_str() {
        Some(broken) => {
            let (before, behind) = broken.split_once("{}\"").unwrap();
            [before.as_bytes(), b"\xed\xa0\xbd\"", behind.as_bytes()].concat()
        }
        None => line.as_str().unwrap().as_bytes().to_vec(),
    };
    lines.iter().map(line).collect::<Vec<_>>().join(&b'\n')
}

fn run(case: &Json) -> Batch {
    let mut batch = Batch::new(&api(case)).stop_on_error(case["stop_on_error"] == true);
    match case["lines"].as_array() {
        Some(lines) => batch.push_ndjson(text(lines)),
        None => case["entries"].as_array().unwrap().iter().for_each(|entry| batch.push_value(value(entry))),
    }
    batch
}

fn check_entries(name: &str, found: &[BatchEntry], expected: &Json) {
    let expected = expected.as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.index, expected["index"], "{name}");
        assert_eq!(found.line.map_or(Json::Null, Json::from), expected["line"], "{name}");
        match expected["first"].as_str() {
            Some(first) => assert_eq!(found.problems[0].code.as_str(), first, "{name}"),
            None => check_problems(name, &found.problems, &expected["problems"]),
        }
    }
}

#[test]
fn every_case_passes() {
    for (name, case) in cases("batches") {
        let batch = run(&case);
        assert_eq!(batch.total(), case["total"], "{name}");
        let bodies: Vec<Json> = batch
            .bodies()
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(Json::from(bodies), case["bodies"], "{name}");
        check_entries(&name, batch.failures(), &case["failures"]);
        check_entries(&name, batch.warnings(), &case["warnings"]);
        if let Some(message) = case["message"].as_str() {
            assert!(batch.error().unwrap().to_string().starts_with(message), "{name}");
        }
        assert_eq!(batch.error().is_none(), case.get("failures").is_none(), "{name}");
        check_requests(&name, &batch);
    }
}

/// The requests are those that the entries make one by one.
fn check_requests(name: &str, batch: &Batch) {
    let requests: Vec<_> = batch.requests().collect();
    assert_eq!(requests.len(), batch.len(), "{name}");
    let failed: Vec<usize> = batch.failures().iter().map(|failure| failure.index).collect();
    let built: Vec<usize> = (0..batch.total()).filter(|index| !failed.contains(index)).collect();
    assert_eq!(requests.iter().map(|(index, _)| *index).collect::<Vec<_>>(), built, "{name}");
    let bodies: Vec<u8> = requests.iter().flat_map(|(_, request)| [request.body().unwrap(), b"\n"].concat()).collect();
    assert_eq!(bodies, batch.bodies(), "{name}");
    for (index, request) in requests {
        assert!(request.url().ends_with("/organizations/clorg/tokens"), "{name}");
        assert_eq!(request.method().as_str(), "POST", "{name}");
        let warned = batch.warnings().iter().find(|warned| warned.index == index);
        assert_eq!(request.warnings(), warned.map(|warned| warned.problems.as_slice()).unwrap_or_default(), "{name}");
    }
}

#[test]
fn one_batch_goes_on_where_another_one_ended() {
    let api = Api::new("clorg").unwrap();
    let lines = ["{}", "", "{\"name\": \"A\", \"role\": \"ORGANIZATION_MEMBER\", \"expiration_days\": 1}", "x", "{}"];
    let whole = api.create_tokens_from_ndjson(lines.join("\n"));
    let mut first = Batch::new(&api);
    first.push_ndjson(lines[..2].join("\n") + "\n");
    let mut second = Batch::behind(&api, first.total(), first.lines());
    second.push_ndjson(lines[2..].join("\n"));
    assert_eq!([first.failures(), second.failures()].concat(), whole.failures());
    assert_eq!(second.bodies(), whole.bodies());
    assert_eq!((second.total(), second.lines()), (whole.total(), whole.lines()));
    assert_eq!(second.requests().map(|(index, _)| index).collect::<Vec<_>>(), [1]);
}

#[test]
fn bytes_that_are_not_utf_8_break_their_line_alone() {
    let api = Api::new("clorg").unwrap();
    let good = b"{\"name\": \"A\", \"role\": \"ORGANIZATION_MEMBER\", \"expiration_days\": 1}".as_slice();
    let batch = api.create_tokens_from_ndjson([good, b"\xff\xfe{", good, b"\xff", good].join(&b'\n'));
    assert_eq!((batch.total(), batch.len(), batch.lines()), (5, 3, 5));
    let found: Vec<_> =
        batch.failures().iter().map(|failure| (failure.line, failure.problems[0].code.as_str())).collect();
    assert_eq!(found, [(Some(2), "invalid_unicode"), (Some(4), "invalid_unicode")]);

    let mut batch = Batch::new(&api).stop_on_error(true);
    batch.push_ndjson([b"{}".as_slice(), b"\xff", good].join(&b'\n'));
    assert_eq!((batch.total(), batch.failures().len()), (1, 1));
}

#[test]
fn the_text_of_an_error_has_an_end() {
    let api = Api::new("clorg").unwrap();
    let error = api.create_tokens_from_ndjson("1\n".repeat(250)).into_result().unwrap_err();
    assert_eq!(error.problems.len(), 250);
    let text = error.to_string();
    assert!(text.starts_with("create_tokens has 250 problems, nothing was sent\nline 1: expected an object"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("line ")).count(), 100);
    assert!(text.ends_with("and 150 more, in the `problems` of this error"), "{text}");
}

#[test]
fn progress_is_told_now_and_then_and_at_the_end() {
    let api = Api::new("clorg").unwrap();
    let token =
        |number: usize| CreateToken::new(if number.is_multiple_of(2) { "CI" } else { "" }, "ORGANIZATION_MEMBER");
    let mut told = Vec::new();
    let mut tell = |progress: BatchProgress| {
        told.push((progress.entries, progress.failures));
        ControlFlow::<()>::Continue(())
    };
    assert!(Batch::new(&api).extend_with_progress((0..2500).map(token), &mut tell).is_continue());
    // What was told at the last thousand is not told again at the end.
    assert!(Batch::new(&api).extend_with_progress((0..1000).map(token), &mut tell).is_continue());
    assert!(Batch::new(&api).push_ndjson_with_progress("", &mut tell).is_continue());
    assert_eq!(told, [(1000, 500), (2000, 1000), (2500, 1250), (1000, 500), (0, 0)]);

    let text = "{}\n".repeat(100_000);
    let mut told = Vec::new();
    let mut batch = Batch::new(&api);
    let outcome = batch.push_ndjson_with_progress(&text, |progress| {
        told.push(progress.entries);
        ControlFlow::<()>::Continue(())
    });
    assert!(outcome.is_continue());
    assert_eq!((told.len(), told.last(), batch.lines()), (3, Some(&100_000), 100_000), "{told:?}");
    assert_eq!(batch.failures(), api.create_tokens_from_ndjson(&text).failures());

    // Nothing but blank lines: whoever wants to end the work is asked nevertheless.
    let blank = "\n".repeat(1_000_000);
    assert!(Batch::new(&api).push_ndjson_with_progress(&blank, |_| ControlFlow::Break(())).is_break());
    let mut asked = 0;
    let outcome = Batch::new(&api).push_ndjson_with_progress(&blank, |progress| {
        asked += 1;
        assert_eq!(progress.entries, 0);
        ControlFlow::<()>::Continue(())
    });
    assert!(outcome.is_continue() && asked > 5, "{asked}");
}

#[test]
fn progress_and_errors_end_the_work() {
    let api = Api::new("clorg").unwrap();
    let right = std::iter::repeat_with(|| CreateToken::new("CI", "ORGANIZATION_MEMBER"));
    let mut batch = Batch::new(&api);
    let enough = |progress: BatchProgress| match progress.entries {
        3000 => ControlFlow::Break("enough"),
        _ => ControlFlow::Continue(()),
    };
    assert_eq!(batch.extend_with_progress(right, enough), ControlFlow::Break("enough"));
    assert_eq!(batch.len(), 3000);
    let mut batch = Batch::new(&api);
    assert!(batch.push_ndjson_with_progress("{}\n".repeat(100_000), |_| ControlFlow::Break(())).is_break());
    assert!(batch.total() < 50_000);

    let mut told = Vec::new();
    let mut batch = Batch::new(&api).stop_on_error(true);
    let wrong = CreateToken::new("", "ORGANIZATION_MEMBER");
    let outcome = batch.extend_with_progress(right.take(5).chain([wrong]).chain(right), |progress| {
        told.push(progress);
        ControlFlow::<()>::Continue(())
    });
    assert!(outcome.is_continue());
    assert_eq!(told, [BatchProgress { entries: 6, failures: 1 }]);
    // It is stopped, and takes nothing more.
    batch.extend(right);
    assert_eq!(batch.progress(), told[0]);
}

proptest! {
    /// A batch of lines says of each entry what one request of it says, and in any number of pieces.
    #[test]
    fn a_batch_is_its_entries(entries in prop::collection::vec(
        (prop::sample::select(vec!["CI", "", "a\nb", "Bob's", "é"]),
         prop::sample::select(vec!["ORGANIZATION_MEMBER", "ORGANIZATION_MEMBR", "x"]),
         prop::option::of(-1_i64..400)), 0..6), cut in 0_usize..6) {
        let api = Api::new("clorg").unwrap();
        let lines: Vec<String> = entries.iter().map(|(name, role, days)| {
            serde_json::json!({"name": name, "role": role, "expiration_days": days}).to_string()
        }).collect();
        let mut batch = Batch::new(&api);
        let (front, back) = lines.split_at(cut.min(lines.len()));
        batch.push_ndjson(front.join("\n"));
        batch.push_ndjson(back.join("\n"));
        let token = |(name, role, days): &(&'static str, &'static str, Option<i64>)| {
            let token = CreateToken::new(*name, *role);
            days.map_or(token.clone(), |days| token.expiration_days(days))
        };
        let singly = api.create_tokens(entries.iter().map(token));
        prop_assert_eq!(singly.bodies(), batch.bodies());
        let found = |batch: &Batch| -> Vec<_> {
            batch.failures().iter().flat_map(|failure| failure.problems.iter().map(|problem| (failure.index, problem.code))).collect()
        };
        prop_assert_eq!(found(&singly), found(&batch));
    }
}
