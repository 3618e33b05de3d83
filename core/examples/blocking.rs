//! A client that blocks, on `ureq`: lists every token, and rotates one with overlap.
//!
//! ```sh
//! astro-tokens serve --port 8888    # an Astro API in memory; it prints the credential to use
//! export ASTRO_API_TOKEN=... ASTRO_DOMAIN=localhost
//! cargo run --example blocking --features http
//! cargo run --example blocking --features http -- --rotate CI /run/secrets/ci
//! ```
//!
//! `ureq` is without TLS here, to build quickly. Against Astro itself take it with its default features in a program of
//! your own; to try it here, add `--features ureq/rustls`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows something")]

pub(crate) mod client;

use std::{error::Error, process::ExitCode, thread, time::Duration};

use astro_tokens::{
    Request, Response,
    conversation::{AllTokens, Conversation, ConversationError, Event, Step, Work},
};
use client::{Arguments, CONNECT_TIMEOUT, Caller, Desk, TIMEOUT, now_ms, seed};

pub(crate) struct Client {
    caller: Caller,
    agent: ureq::Agent,
}

impl Client {
    pub(crate) fn new(caller: Caller, timeout: Duration) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false) // Astro's refusals are answers, too.
            .max_redirects(0) // The credential goes nowhere else: a redirect is an answer like any other.
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(timeout))
            .build()
            .new_agent();
        Client { caller, agent }
    }

    /// The driver: does what the conversation asks for until it is over.
    pub(crate) fn talk<T: 'static>(
        &self,
        mut conversation: Conversation<T>,
        desk: &mut Desk,
    ) -> Result<T, Box<ConversationError>> {
        let mut event = Event::Start;
        loop {
            event = match conversation.step(event, now_ms()) {
                Step::Request(request) => self.send(request),
                Step::Wait { milliseconds } => {
                    thread::sleep(Duration::from_millis(milliseconds));
                    Event::Waited
                }
                Step::Prove => desk.prove(),
                Step::ReadStore => desk.read(),
                Step::Store { secret, .. } => desk.store(&secret),
                Step::Page(page) => {
                    desk.tokens.extend(page.tokens);
                    Event::Next
                }
                Step::Done(outcome) => return Ok(outcome),
                Step::Failed(error) => return Err(error),
            };
        }
    }

    fn send(&self, request: Request) -> Event {
        let request = match self.caller.signed(request) {
            Ok(request) => request,
            Err(error) => return Event::Failed { message: error.to_string(), may_have_arrived: false },
        };
        let answer = self.agent.run(request).and_then(|answer| {
            let (parts, mut body) = answer.into_parts();
            Ok(Response::from(http::Response::from_parts(parts, body.read_to_vec()?)))
        });
        match answer {
            Ok(response) => Event::Response(response),
            Err(error) => Event::Failed { message: error.to_string(), may_have_arrived: may_have_arrived(&error) },
        }
    }

    pub(crate) fn run(&self, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
        let mut desk = Desk::default();
        self.talk(AllTokens::default().start(&self.caller.session, seed())?, &mut desk)?;
        for token in &desk.tokens {
            println!("{}", client::line(token));
        }
        if let Some((name, file)) = &arguments.rotate {
            desk.file = Some(file.clone());
            let conversation = client::rotation(name).start(&self.caller.session, seed())?;
            let rotation = self.talk(conversation, &mut desk).map_err(|error| desk.failed(error))?;
            println!("rotated: {}; its secret is in {}", client::line(&rotation.token), file.display());
        }
        Ok(())
    }
}

/// `false` only where it is certain that nothing was sent; anything else may have happened on the way back.
fn may_have_arrived(error: &ureq::Error) -> bool {
    use ureq::{Error, Timeout};
    match error {
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::TlsRequired
        | Error::Timeout(Timeout::Resolve | Timeout::Connect) => false,
        Error::Io(error) => error.kind() != std::io::ErrorKind::ConnectionRefused,
        _ => true,
    }
}

fn main() -> ExitCode {
    client::exit(begin())
}

fn begin() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let caller = Caller::from_env(|name| std::env::var(name).ok(), arguments.base_url.as_deref())?;
    Client::new(caller, TIMEOUT).run(&arguments)
}
