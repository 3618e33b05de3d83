//! The clients of the examples, over a real connection to the sandbox on 127.0.0.1.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../examples/async.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "an example has a `main`, and what both share twice")]
mod asynchronous;
#[path = "../examples/blocking.rs"]
#[allow(dead_code, clippy::duplicate_mod, reason = "an example has a `main`, and what both share twice")]
mod blocking;
#[path = "common/server.rs"]
mod server;

use std::{fs, path::PathBuf, time::Duration};

use astro_tokens::{
    ApiToken, Fault, FaultEffect, NewToken, Sandbox,
    conversation::{
        AllTokens, Cause, Conversation, ConversationError, CreateToken, FailureCode, FindToken, Session, Work,
    },
};
use server::{Server, nowhere};

const PATIENT: Duration = Duration::from_secs(20);

/// What a test asks of either client.
trait Tried: Sized {
    const NAME: &'static str;

    fn new(url: &str, timeout: Duration) -> Self;
    fn session(&self) -> Session;
    fn talk<T: 'static>(&self, conversation: Conversation<T>) -> Result<(T, Vec<ApiToken>), Box<ConversationError>>;
    /// What `main` does, with `--rotate NAME FILE`; the error is what it prints.
    fn rotate(&self, name: &str, file: PathBuf) -> Result<(), String>;

    /// Does the work with one attempt for each request.
    fn once<W: Work>(&self, work: &W) -> Box<ConversationError>
    where
        W::Outcome: std::fmt::Debug + 'static,
    {
        self.talk(work.start(&self.session().attempts(1), 0).unwrap()).unwrap_err()
    }
}

fn variable(name: &str) -> Option<String> {
    (name == "ASTRO_API_TOKEN").then(|| Sandbox::owner_secret().expose().to_owned())
}

struct Blocking(blocking::Client, Session);

impl Tried for Blocking {
    const NAME: &'static str = "blocking";

    fn new(url: &str, timeout: Duration) -> Self {
        let caller = blocking::client::Caller::from_env(variable, Some(url)).unwrap();
        let session = caller.session.clone();
        Blocking(blocking::Client::new(caller, timeout), session)
    }

    fn session(&self) -> Session {
        self.1.clone()
    }

    fn talk<T: 'static>(&self, conversation: Conversation<T>) -> Result<(T, Vec<ApiToken>), Box<ConversationError>> {
        let mut desk = blocking::client::Desk::default();
        self.0.talk(conversation, &mut desk).map(|outcome| (outcome, desk.tokens))
    }

    fn rotate(&self, name: &str, file: PathBuf) -> Result<(), String> {
        let rotate = Some((name.to_owned(), file));
        let arguments = blocking::client::Arguments { rotate, ..Default::default() };
        self.0.run(&arguments).map_err(|error| error.to_string())
    }
}

struct Async(asynchronous::Client, Session, tokio::runtime::Runtime);

impl Tried for Async {
    const NAME: &'static str = "async";

    fn new(url: &str, timeout: Duration) -> Self {
        let caller = asynchronous::client::Caller::from_env(variable, Some(url)).unwrap();
        let session = caller.session.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Async(asynchronous::Client::new(caller, timeout), session, runtime)
    }

    fn session(&self) -> Session {
        self.1.clone()
    }

    fn talk<T: 'static>(&self, conversation: Conversation<T>) -> Result<(T, Vec<ApiToken>), Box<ConversationError>> {
        let mut desk = asynchronous::client::Desk::default();
        self.2.block_on(self.0.talk(conversation, &mut desk)).map(|outcome| (outcome, desk.tokens))
    }

    fn rotate(&self, name: &str, file: PathBuf) -> Result<(), String> {
        let rotate = Some((name.to_owned(), file));
        let arguments = asynchronous::client::Arguments { rotate, ..Default::default() };
        self.2.block_on(self.0.run(&arguments)).map_err(|error| error.to_string())
    }
}

/// The same tests for both clients.
macro_rules! both {
    ($($test:ident)+) => {
        mod with_ureq {
            $(#[test] fn $test() { super::$test::<super::Blocking>(); })+
        }
        mod with_hyper {
            $(#[test] fn $test() { super::$test::<super::Async>(); })+
        }
    };
}

both! {
    every_token_is_listed
    a_rotated_secret_is_in_a_file_of_its_owner_alone
    a_secret_that_cannot_be_stored_leaves_the_old_token_as_it_was
    a_create_whose_answer_was_lost_makes_one_token
    a_refused_connection_is_certain
    a_lost_answer_is_not_certain
    an_answer_in_two_halves_of_which_one_is_missing_is_not_certain
    an_answer_that_takes_too_long_is_not_certain
    a_redirect_is_not_followed
}

fn with_ci() -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.add_token(NewToken::organization("CI", "ORGANIZATION_MEMBER").expiration_days(30), 1_767_225_600_000);
    sandbox
}

/// A file in a folder of its own, which is empty.
fn file<C: Tried>(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{test}", C::NAME));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder.join("secret")
}

fn names(server: &Server) -> Vec<String> {
    server.sandbox.lock().unwrap().tokens().into_iter().map(|token| token.name).collect()
}

/// Whether the request of the failure could have arrived.
fn may_have_arrived(error: &ConversationError) -> bool {
    match &error.cause {
        Some(Cause::Transport(transport)) => transport.may_have_arrived,
        other => panic!("{other:?}"),
    }
}

fn every_token_is_listed<C: Tried>() {
    let mut sandbox = with_ci();
    for number in 0..1050 {
        sandbox
            .add_token(NewToken::workspace(format!("token {number}"), "clws", "WORKSPACE_MEMBER"), 1_767_225_700_000);
    }
    let server = Server::of(sandbox);
    let client = C::new(&server.url, PATIENT);
    let ((), tokens) = client.talk(AllTokens::default().start(&client.session(), 0).unwrap()).unwrap();
    assert_eq!(tokens.len(), 1052);

    let heads = server.heads();
    assert_eq!(heads.len(), 2, "one request a page");
    let bearer = format!("authorization: Bearer {}\r\n", Sandbox::owner_secret().expose());
    for head in heads {
        assert!(head.starts_with("GET /v1/organizations/clorg/tokens?"), "{head}");
        assert!(head.contains(&bearer) && head.contains("x-astro-client-identifier: "), "{head}");
    }
}

fn a_rotated_secret_is_in_a_file_of_its_owner_alone<C: Tried>() {
    let server = Server::of(with_ci());
    let file = file::<C>("rotated");
    fs::write(&file, "the secret before, which others may read").unwrap();
    C::new(&server.url, PATIENT).rotate("CI", file.clone()).unwrap();

    let secret = fs::read_to_string(&file).unwrap();
    let answer = server.sandbox.lock().unwrap().answer_parts(
        "GET",
        "/v1/organizations/clorg/tokens/cltoken2",
        Some(&format!("Bearer {secret}")),
        b"",
        1_767_225_600_000,
    );
    assert_eq!(answer.outcome.response().unwrap().status(), 200, "the secret works");
    assert_eq!(names(&server), ["Owner", "CI"], "the old token is gone");
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing else is left");
}

fn a_secret_that_cannot_be_stored_leaves_the_old_token_as_it_was<C: Tried>() {
    let server = Server::of(with_ci());
    let file = file::<C>("not-stored").join("no-such-folder");
    let error = C::new(&server.url, PATIENT).rotate("CI", file).unwrap_err();
    assert!(error.starts_with("rotate_token failed: "), "{error}");
    assert!(!error.contains("eyJ"), "{error}");
    let tokens = server.sandbox.lock().unwrap().tokens();
    let ids: Vec<_> = tokens.iter().map(|token| token.id.as_str()).collect();
    assert_eq!(ids, ["cltoken0", "cltoken1"]);
}

fn a_create_whose_answer_was_lost_makes_one_token<C: Tried>() {
    let mut sandbox = Sandbox::new();
    sandbox.fault(Fault::new(FaultEffect::LostAfter).method("POST").path("/tokens"));
    let server = Server::of(sandbox);
    let client = C::new(&server.url, PATIENT);
    let create = CreateToken::new("CI", "ORGANIZATION_MEMBER").expiration_days(30).idempotency_key("run 1");
    let (token, _) = client.talk(Work::start(&create, &client.session(), 0).unwrap()).unwrap();
    assert!(token.token.is_some());
    assert_eq!(names(&server), ["Owner", "CI"]);
}

fn a_refused_connection_is_certain<C: Tried>() {
    let client = C::new(&nowhere(), PATIENT);
    let create = CreateToken::new("CI", "ORGANIZATION_MEMBER").expiration_days(30);
    let error = client.once(&create);
    assert_eq!(error.code, FailureCode::Unreachable);
    assert!(!may_have_arrived(&error));
    assert!(error.message.to_lowercase().contains("refused"), "{error}");
    assert!(error.unclear.is_empty(), "{error}");
}

fn a_lost_answer_is_not_certain<C: Tried>() {
    let mut sandbox = with_ci();
    sandbox.fault(Fault::new(FaultEffect::LostBefore).always());
    let server = Server::of(sandbox);
    let error = C::new(&server.url, PATIENT).once(&FindToken::default().token_id("cltoken1"));
    assert!(may_have_arrived(&error));
    assert!(!error.to_string().contains("eyJ"), "{error}");
}

fn an_answer_in_two_halves_of_which_one_is_missing_is_not_certain<C: Tried>() {
    let server = Server::cutting_short();
    let error = C::new(&server.url, PATIENT).once(&FindToken::default().token_id("cltoken1"));
    assert!(may_have_arrived(&error));
}

fn an_answer_that_takes_too_long_is_not_certain<C: Tried>() {
    let mut sandbox = with_ci();
    sandbox.fault(Fault::new(FaultEffect::Delay { ms: 3000 }).always());
    let server = Server::of(sandbox);
    let error = C::new(&server.url, Duration::from_millis(300)).once(&FindToken::default().token_id("cltoken1"));
    assert!(may_have_arrived(&error));
}

fn a_redirect_is_not_followed<C: Tried>() {
    let elsewhere = Server::of(with_ci());
    let server = Server::redirecting_to(&elsewhere.url);
    let client = C::new(&server.url, PATIENT);
    let error = client.once(&FindToken::default().token_id("cltoken1"));
    assert_eq!(error.code, FailureCode::Refused, "{error}");
    assert!(elsewhere.heads().is_empty(), "the credential went elsewhere");
}
