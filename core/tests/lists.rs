//! Lists whose server says something wrong, and lists that others change while they are read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use astro_tokens::{
    Api, Method, Response, Timestamp,
    conversation::{
        AllTokens, Conversation, ConversationError, Event, FailureCode, FindToken, RemoveTokenRole, Session, Step, Work,
    },
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// The numbers of the tokens on a page, and the total that it states.
type Page = (Vec<usize>, i64);

/// What came of reading a list.
struct Read {
    tokens: Vec<String>,
    /// The offsets that were asked for.
    offsets: Vec<usize>,
    failure: Option<Box<ConversationError>>,
}

fn session() -> Session {
    Session::new(Api::new("clorg").unwrap()).rate_limits(false)
}

fn token(number: usize) -> Json {
    let time = Timestamp::from_unix_millis(1_795_000_000_000 + i64::try_from(number).unwrap());
    json!({
        "id": format!("cl{number}"), "name": format!("t{number}"), "scope": "ORGANIZATION", "startAt": time,
        "createdAt": time, "updatedAt": time,
        "roles": [{"entityType": "ORGANIZATION", "entityId": "clorg", "role": "ORGANIZATION_MEMBER"}],
    })
}

fn answer(body: &Json) -> Event {
    Event::Response(Response::new(200, [("content-type", "application/json")], body.to_string()))
}

fn queried(url: &str, name: &str) -> usize {
    let (_, query) = url.split_once('?').unwrap();
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap().parse().unwrap()
}

/// Talks until the end, and asks the server for each page: by its offset.
fn drive<T: std::fmt::Debug + 'static>(
    mut conversation: Conversation<T>,
    mut server: impl FnMut(usize) -> Page,
) -> Read {
    let mut read = Read { tokens: Vec::new(), offsets: Vec::new(), failure: None };
    let mut event = Event::Start;
    loop {
        event = match conversation.step(event, 1_795_336_810_000) {
            Step::Request(request) => {
                let offset = queried(request.url(), "offset");
                assert_eq!((request.method(), queried(request.url(), "limit")), (Method::Get, 1000));
                read.offsets.push(offset);
                assert!(read.offsets.len() <= 1000, "all work has a bound");
                let (numbers, total) = server(offset);
                let tokens: Vec<Json> = numbers.into_iter().map(token).collect();
                answer(&json!({"tokens": tokens, "limit": 1000, "offset": offset, "totalCount": total}))
            }
            Step::Page(page) => {
                assert!(!page.tokens.is_empty());
                read.tokens.extend(page.tokens.into_iter().map(|token| token.id));
                Event::Next
            }
            Step::Done(_) => break,
            Step::Failed(error) => {
                read.failure = Some(error);
                break;
            }
            other => panic!("{other:?}"),
        };
    }
    let distinct: BTreeSet<&String> = read.tokens.iter().collect();
    assert_eq!(distinct.len(), read.tokens.len(), "each token is shown once");
    read
}

fn all(server: impl FnMut(usize) -> Page) -> Read {
    drive(AllTokens::default().start(&session(), 0).unwrap(), server)
}

/// The tokens from an offset on, at most `most` of them.
fn part(tokens: &[usize], offset: usize, most: usize) -> Vec<usize> {
    tokens.iter().copied().skip(offset).take(most).collect()
}

fn tokens(count: usize) -> Vec<usize> {
    (0..count).collect()
}

// ---- honest servers -------------------------------------------------------------------------------------------------

#[test]
fn a_thousand_tokens_are_one_request() {
    for (count, offsets) in [
        (0, vec![0]),
        (1, vec![0]),
        (999, vec![0]),
        (1000, vec![0]),
        (1001, vec![0, 1000]),
        (2000, vec![0, 1000]),
        (2001, vec![0, 1000, 2000]),
    ] {
        let list = tokens(count);
        let read = all(|offset| (part(&list, offset, 1000), i64::try_from(count).unwrap()));
        assert!(read.failure.is_none());
        assert_eq!((read.tokens.len(), read.offsets), (count, offsets));
    }
}

#[test]
fn a_server_may_answer_with_fewer_tokens_than_it_was_asked_for() {
    let list = tokens(45);
    let read = all(|offset| (part(&list, offset, 20), 45));
    assert!(read.failure.is_none());
    assert_eq!((read.tokens.len(), read.offsets), (45, vec![0, 20, 40]));
}

#[test]
fn what_others_do_meanwhile_is_no_failure() {
    /// What happens to the list before each request but the first.
    type Race = (&'static str, fn(&mut Vec<usize>));
    let races: &[Race] = &[
        ("the first is deleted", |list| {
            list.remove(0);
        }),
        ("the last is deleted", |list| list.truncate(list.len() - 1)),
        ("most of what was shown is deleted", |list| drop(list.drain(..8.min(list.len())))),
        ("all of the rest is deleted", |list| list.truncate(10)),
        ("everything is deleted", Vec::clear),
        ("one is created", |list| list.push(list.last().unwrap() + 1)),
    ];
    for (name, race) in races {
        let (mut list, mut requests) = (tokens(25), 0);
        let read = all(|offset| {
            if (1..3).contains(&requests) && !list.is_empty() {
                race(&mut list);
            }
            requests += 1;
            (part(&list, offset, 10), i64::try_from(list.len()).unwrap())
        });
        assert!(read.failure.is_none(), "{name}: {:?}", read.failure);
        // What is there in the end was shown.
        let ids: BTreeSet<String> = read.tokens.into_iter().collect();
        assert!(list.iter().all(|number| ids.contains(&format!("cl{number}"))), "{name}");
    }
}

/// The tokens and the total may be two queries of the server, and one of them older than the other.
#[test]
fn a_total_that_comes_late_is_no_failure() {
    let list = tokens(4);
    let mut total = 5;
    let read = all(|offset| (part(&list, offset, 1000), std::mem::replace(&mut total, 4)));
    assert!(read.failure.is_none());
    assert_eq!((read.tokens.len(), read.offsets), (4, vec![0, 4, 3]));
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Nothing,
    /// The tokens at these places of the list, out of a hundred.
    Delete(usize, usize),
    Create(usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Nothing),
        2 => (0_usize..100, 1_usize..6).prop_map(|(place, count)| Change::Delete(place, count)),
        1 => (1_usize..6).prop_map(Change::Create),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_stays_is_shown_whatever_others_do_meanwhile(
        count in 0_usize..40,
        most in 1_usize..12,
        newest_first in any::<bool>(),
        changes in prop::collection::vec(change(), 0..12),
    ) {
        let (mut list, mut next) = (tokens(count), count);
        let mut changes = std::iter::once(Change::Nothing).chain(changes);
        let input = AllTokens::default();
        let input = if newest_first { input.sorts(["createdAt:desc"]) } else { input };
        let read = drive(input.start(&session(), 0).unwrap(), |offset| {
            match changes.next().unwrap_or(Change::Nothing) {
                Change::Nothing => {}
                Change::Delete(place, count) => {
                    let start = list.len() * place / 100;
                    list.drain(start..(start + count).min(list.len()));
                }
                Change::Create(count) => {
                    list.extend(next..next + count);
                    next += count;
                }
            }
            let mut shown = list.clone();
            if newest_first {
                shown.reverse();
            }
            (part(&shown, offset, most), i64::try_from(list.len()).unwrap())
        });
        prop_assert!(read.failure.is_none(), "{:?}", read.failure);
        let ids: BTreeSet<String> = read.tokens.into_iter().collect();
        let missing = list.iter().find(|number| **number < count && !ids.contains(&format!("cl{number}")));
        prop_assert_eq!(missing, None);
    }

}

proptest! {
    // Many of them take a thousand requests.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_server_makes_it_read_for_ever(
        pages in prop::collection::vec((prop::collection::vec(0_usize..30, 0..6), -3_i64..40), 1..6),
    ) {
        let mut answers = pages.iter().cycle();
        let read = all(|_| {
            let (numbers, total) = answers.next().unwrap();
            // No page holds a token twice.
            (numbers.iter().copied().collect::<BTreeSet<_>>().into_iter().collect(), *total)
        });
        if let Some(failure) = read.failure {
            prop_assert_eq!(failure.code, FailureCode::Unverifiable);
        }
    }
}

// ---- servers that say something wrong -------------------------------------------------------------------------------

/// A server by the offset and by how many requests came before.
type Server = fn(usize, usize) -> Page;

/// Servers whose list is not the whole one, how many tokens they show, how many requests that takes, and what is said.
const INCOMPLETE: &[(&str, Server, usize, usize, &str)] = &[
    (
        "fewer than it says",
        |offset, _| (part(&tokens(5), offset, 1000), 7),
        5,
        2,
        "Astro says that there are 7 tokens and listed 5 of them",
    ),
    ("none of those it says", |_, _| (Vec::new(), 7), 0, 1, "Astro says that the list has 7 tokens and listed none"),
    (
        "more than a page, and then nothing",
        |offset, _| (part(&tokens(1000), offset, 1000), 1001),
        1000,
        2,
        "Astro says that there are 1001 tokens and listed 1000 of them",
    ),
    (
        "fewer than it says, and then a negative total",
        |_, nth| if nth == 0 { (tokens(5), 7) } else { (Vec::new(), -1) },
        5,
        2,
        "Astro says that there are 7 tokens and listed 5 of them",
    ),
    ("a small page again", |_, _| (tokens(5), 7), 5, 2, "Astro listed the same tokens again (5)"),
    ("a full page again", |_, _| (tokens(1000), 5000), 1000, 2, "Astro listed the same tokens again (1000)"),
    ("as many as it says, and half of them twice", |_, _| (tokens(5), 10), 5, 2, "Astro listed the same tokens again"),
    ("a page again, with a total that is too small", |_, _| (tokens(5), 3), 5, 2, "Astro listed the same tokens again"),
    ("a page again, with a negative total", |_, _| (tokens(5), -1), 5, 2, "Astro listed the same tokens again"),
    (
        "a page again, with a total that rises to it",
        |_, nth| (tokens(5), if nth == 0 { 7 } else { 10 }),
        5,
        2,
        "Astro listed the same tokens again",
    ),
    (
        "a page again, with a total that rises as fast",
        |_, nth| (tokens(5), i64::try_from(7 + 5 * nth).unwrap()),
        5,
        1000,
        "Astro listed 1000 pages of tokens and did not come to an end",
    ),
    (
        "pages without end",
        |offset, _| (vec![offset], i64::MAX),
        1000,
        1000,
        "Astro listed 1000 pages of tokens and did not come to an end",
    ),
    (
        "a total that falls with each page",
        |offset, nth| (part(&tokens(3000), offset, 10), i64::try_from(100_000 - nth).unwrap()),
        10,
        1000,
        "Astro listed 1000 pages of tokens and did not come to an end",
    ),
];

#[test]
fn half_a_list_is_never_taken_for_the_whole() {
    for (name, server, shown, requests, says) in INCOMPLETE {
        let mut nth = 0..;
        let read = all(|offset| server(offset, nth.next().unwrap()));
        let failure = read.failure.unwrap_or_else(|| panic!("{name}: {} tokens are the list", read.tokens.len()));
        assert_eq!(failure.code, FailureCode::Unverifiable, "{name}");
        assert!(failure.message.starts_with(says), "{name}: {}", failure.message);
        assert!(failure.help.as_deref().is_some_and(|help| help.starts_with("try again")), "{name}");
        // What could be read was shown before.
        assert_eq!((read.tokens.len(), read.offsets.len()), (*shown, *requests), "{name}");
    }
}

#[test]
fn half_a_list_never_says_that_a_token_does_not_exist() {
    for (name, server, ..) in INCOMPLETE {
        let mut nth = 0..;
        let find = FindToken::default().token_name("nobody").start(&session(), 0).unwrap();
        let read = drive(find, |offset| server(offset, nth.next().unwrap()));
        assert_eq!(read.failure.unwrap().code, FailureCode::Unverifiable, "{name}");
    }
    let list = tokens(5);
    let find = FindToken::default().token_name("nobody").start(&session(), 0).unwrap();
    let read = drive(find, |offset| (part(&list, offset, 1000), 5));
    assert_eq!(read.failure.unwrap().code, FailureCode::NotFound);
}

#[test]
fn a_total_that_is_wrong_hides_nothing() {
    const WRONG: &[(&str, Server)] = &[
        ("too small", |_, _| (Vec::new(), 3)),
        ("zero", |_, _| (Vec::new(), 0)),
        ("negative", |_, _| (Vec::new(), -1)),
        ("rises and falls", |_, nth| (Vec::new(), if nth % 2 == 0 { 2500 } else { 1200 })),
        ("is negative now and then", |_, nth| (Vec::new(), if nth % 2 == 0 { 2500 } else { -7 })),
    ];
    let list = tokens(2500);
    for (name, server) in WRONG {
        let mut nth = 0..;
        let read = all(|offset| (part(&list, offset, 1000), server(offset, nth.next().unwrap()).1));
        assert!(read.failure.is_none(), "{name}: {:?}", read.failure);
        assert_eq!(read.tokens.len(), 2500, "{name}");
        assert!(read.offsets.len() <= 6, "{name}: {:?}", read.offsets);
    }
}

// ---- Deployments ----------------------------------------------------------------------------------------------------

/// The warning when a role on a Workspace is removed whose list of Deployments is made of such pages.
fn orphans(mut server: impl FnMut(usize) -> Json) -> (Vec<String>, usize) {
    let mut with_roles = token(1);
    with_roles["roles"] = json!([
        {"entityType": "ORGANIZATION", "entityId": "clorg", "role": "ORGANIZATION_MEMBER"},
        {"entityType": "WORKSPACE", "entityId": "clws", "role": "WORKSPACE_MEMBER"},
        {"entityType": "DEPLOYMENT", "entityId": "cldep7", "role": "DEPLOYMENT_ADMIN"},
    ]);
    let remove = RemoveTokenRole::default().token_id("cl1").workspace_id("clws").preview(true);
    let mut conversation = remove.start(&session(), 0).unwrap();
    let (mut event, mut requests) = (Event::Start, 0);
    loop {
        event = match conversation.step(event, 1_795_336_810_000) {
            Step::Request(request) if request.url().contains("/deployments?") => {
                requests += 1;
                assert_eq!(queried(request.url(), "limit"), 1000);
                answer(&server(queried(request.url(), "offset")))
            }
            Step::Request(_) => answer(&with_roles),
            // An answer that cannot be read is asked for again.
            Step::Wait { .. } => Event::Waited,
            Step::Done(_) => break,
            other => panic!("{other:?}"),
        };
    }
    (conversation.warnings().into_iter().map(|warning| warning.message).collect(), requests)
}

fn deployments(numbers: &[usize], total: i64) -> Json {
    let list: Vec<Json> =
        numbers.iter().map(|number| json!({"id": format!("cldep{number}"), "workspaceId": "clws"})).collect();
    json!({"deployments": list, "totalCount": total})
}

#[test]
fn half_a_list_of_deployments_is_never_taken_for_the_whole() {
    let list = tokens(1500);
    let whole = |offset| deployments(&part(&list, offset, 1000), 1500);
    let stays = "a narrower role than the one on the Workspace `clws` stays behind: `DEPLOYMENT_ADMIN` on `cldep7`";
    assert_eq!(orphans(whole), (vec![stays.to_owned()], 2));

    let unread = "the Deployments of the Workspace `clws` cannot all be read, so roles on them may stay behind";
    /// A server by the offset, and how many requests it takes.
    type Case = (fn(usize) -> Json, usize);
    let cases: &[Case] = &[
        (|offset| deployments(&part(&[1, 2], offset, 1000), 7), 2),
        (|_| deployments(&[1, 2], 7), 2),
        (|_| deployments(&[1, 2], -1), 2),
        (|offset| deployments(&[1000 + offset], i64::MAX), 1000),
        (|_| json!({"deployments": [{"id": "..", "workspaceId": "clws"}], "totalCount": 1}), 5),
    ];
    for (server, requests) in cases {
        assert_eq!(orphans(server), (vec![unread.to_owned()], *requests));
    }
    let half = orphans(|offset| deployments(&part(&[7], offset, 1000), 7));
    assert_eq!(half, (vec![format!("{stays}; there may be more, as its Deployments cannot all be read")], 2));
}
