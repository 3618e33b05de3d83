//! A client that does not block, on `hyper-util` and `tokio`: lists every token, and rotates one with overlap.
//!
//! ```sh
//! astro-tokens serve --port 8888    # an Astro API in memory; it prints the credential to use
//! export ASTRO_API_TOKEN=... ASTRO_DOMAIN=localhost
//! cargo run --example async --features http
//! cargo run --example async --features http -- --rotate CI /run/secrets/ci
//! ```
//!
//! It is without TLS, to build quickly: against Astro itself put the connector of `hyper-rustls` in the place of
//! `HttpConnector`. Only `Client::new` and `Client::exchange` know the HTTP client.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows something")]

pub(crate) mod client;

use std::{error::Error, process::ExitCode, time::Duration};

use astro_tokens::{
    Request, Response,
    conversation::{AllTokens, Conversation, ConversationError, Event, Step, Work},
};
use client::{Arguments, CONNECT_TIMEOUT, Caller, Desk, TIMEOUT, now_ms, seed};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client as HttpClient, Error as HttpError, connect::HttpConnector},
    rt::TokioExecutor,
};

type Body = Full<hyper::body::Bytes>;

pub(crate) struct Client {
    caller: Caller,
    http: HttpClient<HttpConnector, Body>,
    timeout: Duration,
}

impl Client {
    pub(crate) fn new(caller: Caller, timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        // It never follows a redirect: that is an answer like any other, and the credential goes nowhere else.
        Client { caller, http: HttpClient::builder(TokioExecutor::new()).build(connector), timeout }
    }

    /// The driver: does what the conversation asks for until it is over.
    pub(crate) async fn talk<T: 'static>(
        &self,
        mut conversation: Conversation<T>,
        desk: &mut Desk,
    ) -> Result<T, Box<ConversationError>> {
        let mut event = Event::Start;
        loop {
            event = match conversation.step(event, now_ms()) {
                Step::Request(request) => self.send(request).await,
                Step::Wait { milliseconds } => {
                    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
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

    async fn send(&self, request: Request) -> Event {
        let request = match self.caller.signed(request) {
            Ok(request) => request.map(Body::from),
            Err(error) => return Event::Failed { message: error.to_string(), may_have_arrived: false },
        };
        match tokio::time::timeout(self.timeout, self.exchange(request)).await {
            Ok(event) => event,
            Err(elapsed) => Event::Failed { message: elapsed.to_string(), may_have_arrived: true },
        }
    }

    async fn exchange(&self, request: http::Request<Body>) -> Event {
        let answer = match self.http.request(request).await {
            Ok(answer) => answer,
            Err(error) => return failed(&error, !HttpError::is_connect(&error)),
        };
        let (parts, body) = answer.into_parts();
        match body.collect().await {
            Ok(body) => Event::Response(Response::from(http::Response::from_parts(parts, body.to_bytes()))),
            Err(error) => failed(&error, true),
        }
    }

    pub(crate) async fn run(&self, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
        let mut desk = Desk::default();
        self.talk(AllTokens::default().start(&self.caller.session, seed())?, &mut desk).await?;
        for token in &desk.tokens {
            println!("{}", client::line(token));
        }
        if let Some((name, file)) = &arguments.rotate {
            desk.file = Some(file.clone());
            let conversation = client::rotation(name).start(&self.caller.session, seed())?;
            let rotation = self.talk(conversation, &mut desk).await.map_err(|error| desk.failed(error))?;
            println!("rotated: {}; its secret is in {}", client::line(&rotation.token), file.display());
        }
        Ok(())
    }
}

/// `hyper` tells in layers what went wrong, and the reason is the innermost.
fn failed(error: &(dyn Error + 'static), may_have_arrived: bool) -> Event {
    let layers = std::iter::successors(Some(error), |&error| error.source());
    let message = layers.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    Event::Failed { message, may_have_arrived }
}

fn main() -> ExitCode {
    client::exit(begin())
}

fn begin() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let caller = Caller::from_env(|name| std::env::var(name).ok(), arguments.base_url.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(Client::new(caller, TIMEOUT).run(&arguments))
}
