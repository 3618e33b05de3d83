//! Two clients at work on one token at the same time, in every order of their requests, with stores of each kind, with a
//! crash of one of them at each step, and then the nights that follow.
//!
//! At every moment the secret in the store has to work. At the end nothing that anybody has changed is lost without a word,
//! but in the window that the documentation names; strangers are untouched; every token that a run has touched is named by
//! it; and after some nights one token of the line is left, and what is still kept.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/schedules.rs"]
mod schedules;

use schedules::{Explored, Job, Kind, Scenario, explore, kill_and_follow};
use serde_json::json;

const HOUR: i64 = 3600;

fn rotate(target: &str, keep_old: i64) -> Job {
    let mut input = json!({"overlap": true, "keep_old": keep_old});
    match target {
        "name" => input["token_name"] = "CI".into(),
        id => input["token_id"] = id.into(),
    }
    Job::new("rotate_token", input)
}

fn finish(now: bool) -> Job {
    Job::new("finish_rotation", json!({"token_name": "CI", "now": now}))
}

fn update(input: serde_json::Value) -> Job {
    Job::new("update_token", input)
}

const STORES: &[Kind] = &[Kind::Readable, Kind::WriteOnly, Kind::FailsBefore, Kind::FailsAfter, Kind::FailsSilently];

/// Explores all of them, and says how many schedules it tried.
fn explore_all(what: &str, scenarios: impl IntoIterator<Item = Scenario>) {
    let mut sum = Explored::default();
    for scenario in scenarios {
        sum += explore(&scenario);
    }
    say(what, sum);
}

fn say(what: &str, sum: Explored) {
    use std::io::Write;
    // Past the capture of the test harness: the number is a result of its own.
    std::io::stderr().write_all(format!("interleavings, {what}: {sum}\n").as_bytes()).unwrap();
    assert!(sum.states > 10, "{sum}");
}

fn rotations(has_roles: bool) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for target in ["name", "cltoken1"] {
        for (keep_a, keep_b) in [(0, 0), (0, 48 * HOUR), (48 * HOUR, HOUR)] {
            for store in STORES {
                scenarios.push(
                    Scenario::new(format!(
                        "rotate by {target}, keep {keep_a} and {keep_b}, {store:?}, roles {has_roles}"
                    ))
                    .jobs(rotate(target, keep_a), rotate(target, keep_b))
                    .store(*store)
                    .roles(has_roles),
                );
            }
        }
    }
    scenarios
}

#[test]
fn rotate_and_rotate() {
    explore_all("rotate and rotate", rotations(false));
}

#[test]
fn rotate_and_rotate_with_further_roles() {
    explore_all("rotate and rotate, further roles", rotations(true));
}

#[test]
fn rotate_and_finish() {
    let mut scenarios = Vec::new();
    for now in [false, true] {
        for keep_old in [0, 48 * HOUR] {
            for store in STORES {
                let name = format!("rotate, keep {keep_old}, and finish, now {now}, {store:?}");
                scenarios.push(Scenario::new(name).jobs(rotate("name", keep_old), finish(now)).store(*store));
            }
        }
    }
    explore_all("rotate and finish", scenarios);
}

/// What a rotation leaves that was killed the night before, at each of its steps, is there when two others begin.
#[test]
fn rotate_and_another_after_a_crash() {
    let mut scenarios = Vec::new();
    // All of them take some minutes.
    let is_whole = std::env::var_os("EVERY_INTERLEAVING").is_some();
    let (times, steps) = if is_whole { (vec![0, HOUR], 4..=11) } else { (vec![HOUR], 5..=8) };
    for earlier in times {
        for steps in steps.clone() {
            for (what, other) in
                [("finish", finish(false)), ("finish now", finish(true)), ("rotate", rotate("name", 0))]
            {
                for store in [Kind::Readable, Kind::WriteOnly] {
                    let name =
                        format!("rotate and {what}, after {steps} steps of a rotation, keep {earlier}, {store:?}");
                    let scenario = Scenario::new(name).jobs(rotate("name", earlier), other.clone()).store(store);
                    scenarios.push(scenario.after(rotate("name", earlier), steps));
                }
            }
        }
    }
    explore_all("rotate and another after a crash", scenarios);
}

#[test]
fn rotate_and_a_change() {
    let id = "cltoken1";
    let changes = [
        ("name", update(json!({"token_id": id, "name": "Renamed"}))),
        ("name by name", update(json!({"token_name": "CI", "name": "Renamed"}))),
        ("description", update(json!({"token_name": "CI", "description": "changed"}))),
        (
            "added role",
            Job::new(
                "add_token_role",
                json!({"token_name": "CI", "workspace_id": "clws2", "role": "WORKSPACE_AUTHOR"}),
            ),
        ),
        (
            "changed role",
            Job::new("change_token_role", json!({"token_id": id, "workspace_id": "clws", "role": "WORKSPACE_OWNER"})),
        ),
        ("removed role", Job::new("remove_token_role", json!({"token_name": "CI", "workspace_id": "clws"}))),
    ];
    let mut scenarios = Vec::new();
    for (what, change) in changes {
        for target in ["name", id] {
            for keep_old in [0, 48 * HOUR] {
                for store in [Kind::Readable, Kind::WriteOnly] {
                    let name = format!("rotate by {target}, keep {keep_old}, and {what}, {store:?}");
                    let scenario = Scenario::new(name).jobs(rotate(target, keep_old), change.clone());
                    scenarios.push(scenario.store(store).roles(true));
                }
            }
        }
    }
    explore_all("rotate and a change", scenarios);
}

#[test]
fn rotate_and_delete() {
    let mut scenarios = Vec::new();
    for delete in [json!({"token_id": "cltoken1"}), json!({"token_name": "CI"})] {
        for keep_old in [0, 48 * HOUR] {
            for store in [Kind::Readable, Kind::WriteOnly] {
                let name = format!("rotate, keep {keep_old}, and delete {delete}, {store:?}");
                let delete = Job::new("delete_token", delete.clone());
                scenarios.push(Scenario::new(name).jobs(rotate("name", keep_old), delete).store(store).deletes());
            }
        }
    }
    explore_all("rotate and delete", scenarios);
}

#[test]
fn create_and_create() {
    let input = json!({"name": "New", "role": "WORKSPACE_AUTHOR", "workspace_id": "clws", "expiration_days": 7});
    let with = |key: &str| {
        let mut input = input.clone();
        input["idempotency_key"] = key.into();
        Job::new("create_token", input)
    };
    let without = Job::new("create_token", input.clone());
    let mut scenarios = Vec::new();
    for store in STORES {
        for is_lost in [false, true] {
            for (what, one, other) in [
                ("one key", with("k"), with("k")),
                ("a key and none", with("k"), without.clone()),
                ("no keys", without.clone(), without.clone()),
            ] {
                let name = format!("create and create, {what}, {store:?}, lost {is_lost}");
                scenarios.push(Scenario::new(name).jobs(one, other).store(*store).loses_creates(is_lost).creates());
            }
        }
    }
    explore_all("create and create", scenarios);
}

#[test]
fn add_role_and_add_role() {
    let add = |workspace: &str| {
        Job::new(
            "add_token_role",
            json!({"token_id": "cltoken1", "workspace_id": workspace, "role": "WORKSPACE_AUTHOR"}),
        )
    };
    let scenario = Scenario::new("add a role and add a role").jobs(add("clws"), add("clws2")).store(Kind::WriteOnly);
    explore_all("add role and add role", [scenario]);
}

#[test]
fn every_work_that_is_killed_is_followed_by_every_other() {
    let id = "cltoken1";
    let create = |key: Option<&str>| {
        let mut input =
            json!({"name": "New", "role": "WORKSPACE_AUTHOR", "workspace_id": "clws", "expiration_days": 7});
        input["idempotency_key"] = key.into();
        Job::new("create_token", input)
    };
    let role = json!({"token_name": "CI", "workspace_id": "clws", "role": "WORKSPACE_OWNER"});
    let works = || {
        vec![
            ("rotate", rotate("name", 0)),
            ("rotate by id", rotate(id, 0)),
            ("rotate and keep", rotate("name", 48 * HOUR)),
            ("finish", finish(false)),
            ("finish now", finish(true)),
            ("rename", update(json!({"token_name": "CI", "name": "Renamed", "description": "changed"}))),
            ("change a role", Job::new("change_token_role", role.clone())),
            ("remove a role", Job::new("remove_token_role", json!({"token_name": "CI", "workspace_id": "clws"}))),
            ("clone", Job::new("clone_token", json!({"token_id": id, "name": "Clone"}))),
            ("create", create(None)),
            ("create with a key", create(Some("k"))),
            ("delete", Job::new("delete_token", json!({"token_name": "CI"}))),
        ]
    };
    let mut sum = Explored::default();
    for (what, work) in works() {
        for (then, follower) in works() {
            for store in [Kind::Readable, Kind::WriteOnly] {
                let name = format!("{what}, killed, and then {then}, {store:?}");
                let scenario = Scenario::new(name).jobs(work.clone(), follower.clone()).store(store).roles(true);
                let scenario = if [what, then].contains(&"delete") { scenario.deletes() } else { scenario };
                // What is created goes into the same store, and then the rotated token is no longer what it holds.
                let makes_others = [what, then].iter().any(|work| work.starts_with("create") || *work == "clone");
                let scenario = if makes_others { scenario.stores_apart() } else { scenario };
                sum += kill_and_follow(&scenario, &follower);
            }
        }
    }
    say("every work killed and followed by every other", sum);
}
