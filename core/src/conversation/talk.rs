//! [`Talk`]: how a conversation asks its driver for something, and what it knows besides.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
};

use super::{
    Event, Session, Shared,
    error::Failure,
    journal::{Deed, Journal},
    lock,
};
use crate::{ApiToken, Problem, Request, Response, Secret, TokenPage, ValidationError, api_error, report::Report};

/// What a conversation asks its driver for.
pub(super) enum Ask {
    Request(Box<Request>),
    Wait(u64),
    Store(Box<ApiToken>, Secret),
    Page(TokenPage),
}

/// A conversation's end of the line to its driver.
#[derive(Clone)]
pub(crate) struct Talk {
    pub(super) session: Session,
    /// The name of the work: `rotate_token`.
    name: &'static str,
    line: Shared<Line>,
}

struct Line {
    now_ms: i64,
    /// What the server's clock shows when ours shows 0, at least; known from its first answer on.
    server_clock_ms: Option<i64>,
    ask: Option<Ask>,
    /// Which events answer the last thing that was asked.
    expects: fn(&Event) -> bool,
    event: Option<Event>,
    random: u64,
    journal: Journal,
}

impl Talk {
    pub(super) fn new(name: &'static str, session: Session, seed: u64, warnings: Vec<Problem>) -> Self {
        let line = Line {
            now_ms: 0,
            server_clock_ms: None,
            ask: None,
            expects: |_| false,
            event: None,
            random: seed,
            journal: Journal { warnings, ..Journal::default() },
        };
        Talk { session, name, line: Arc::new(Mutex::new(line)) }
    }

    // ---- the driver's side ----------------------------------------------------------------------------------------

    pub(super) fn expects(&self, event: &Event) -> bool {
        (lock(&self.line).expects)(event)
    }

    pub(super) fn hear(&self, event: Option<Event>, now_ms: i64) {
        let mut line = lock(&self.line);
        line.now_ms = now_ms;
        line.event = event;
    }

    pub(super) fn asked(&self) -> Option<Ask> {
        lock(&self.line).ask.take()
    }

    pub(super) fn take_journal(&self) -> Journal {
        std::mem::take(&mut lock(&self.line).journal)
    }

    pub(super) fn warnings(&self) -> Vec<Problem> {
        lock(&self.line).journal.warnings.clone()
    }

    // ---- the conversation's side ----------------------------------------------------------------------------------

    /// Asks, and is told; `None`: the caller wants no more.
    async fn ask(&self, ask: Ask, expects: fn(&Event) -> bool) -> Option<Event> {
        let mut ask = Some(ask);
        let event = poll_fn(|_| {
            let mut line = lock(&self.line);
            match ask.take() {
                Some(ask) => {
                    line.ask = Some(ask);
                    line.expects = expects;
                    Poll::Pending
                }
                None => line.event.take().map_or(Poll::Pending, Poll::Ready),
            }
        })
        .await;
        (!matches!(event, Event::Cancelled)).then_some(event)
    }

    /// Sends a request once. `None`: the caller wants no more, and nobody knows what became of the request.
    pub(super) async fn request(&self, request: &Request) -> Option<Result<Response, (String, bool)>> {
        let ask = Ask::Request(Box::new(request.clone()));
        let event = self.ask(ask, |event| matches!(event, Event::Response(_) | Event::Failed { .. })).await?;
        match event {
            Event::Response(response) => {
                self.read_clock(&response);
                Some(Ok(response))
            }
            Event::Failed { message, may_have_arrived } => Some(Err((told(&message), may_have_arrived))),
            _ => None,
        }
    }

    pub(super) async fn wait(&self, milliseconds: u64) -> Result<(), Failure> {
        if milliseconds == 0 {
            return Ok(());
        }
        let waited = self.ask(Ask::Wait(milliseconds), |event| matches!(event, Event::Waited)).await;
        waited.map(|_| ()).ok_or_else(Failure::cancelled)
    }

    /// Hands a secret over. The reason, where it could not be stored.
    pub(super) async fn store(&self, token: &ApiToken, secret: &Secret) -> Result<Result<(), String>, Failure> {
        let token = Box::new(ApiToken { token: None, ..token.clone() });
        let ask = Ask::Store(token, secret.clone());
        match self.ask(ask, |event| matches!(event, Event::Stored | Event::NotStored { .. })).await {
            Some(Event::NotStored { message }) => Ok(Err(told(&message))),
            Some(_) => Ok(Ok(())),
            None => Err(Failure::cancelled()),
        }
    }

    pub(super) async fn page(&self, page: TokenPage) -> Result<(), Failure> {
        let taken = self.ask(Ask::Page(page), |event| matches!(event, Event::Next)).await;
        taken.map(|_| ()).ok_or_else(Failure::cancelled)
    }

    pub(super) fn now_ms(&self) -> i64 {
        lock(&self.line).now_ms
    }

    /// What the server's clock showed when ours showed `then_ms`, or a little less: its `date` has whole seconds and is
    /// older than its answer. `None`: no answer had a date so far.
    pub(super) fn server_time_ms(&self, then_ms: i64) -> Option<i64> {
        lock(&self.line).server_clock_ms.map(|clock| clock + then_ms)
    }

    fn read_clock(&self, response: &Response) {
        let date = response.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
        let since_1970 = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
        if let Some(server_ms) = since_1970.and_then(|since| i64::try_from(since.as_millis()).ok()) {
            let mut line = lock(&self.line);
            let clock = server_ms - line.now_ms;
            // Every answer shows the clock a little late; the least late one is the best.
            line.server_clock_ms = Some(line.server_clock_ms.map_or(clock, |best| best.max(clock)));
        }
    }

    /// A number from 0 to `most`, each as likely as the others.
    ///
    /// Source of the generator: `SplitMix64` of Steele, Lea and Flood.
    pub(super) fn random(&self, most: u64) -> u64 {
        let mut line = lock(&self.line);
        line.random = line.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = line.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % (most + 1)
    }

    pub(super) fn journal<T>(&self, write: impl FnOnce(&mut Journal) -> T) -> T {
        write(&mut lock(&self.line).journal)
    }

    pub(super) fn plan(&self, deed: &Deed) {
        self.journal(|journal| journal.plan(deed));
    }

    /// The warnings of a report become those of the conversation; its errors end it.
    pub(super) fn judge(&self, report: Report) -> Result<(), Failure> {
        let (_, warnings) = report.finish(self.name, Some(())).map_err(|error| {
            // The token was read to know it.
            Failure::invalid(ValidationError { stands: "nothing was changed", ..error })
        })?;
        self.journal(|journal| journal.warnings.extend(warnings));
        Ok(())
    }
}

/// What a host tells, fit to be shown: it may quote headers, and may be as long as a page.
fn told(message: &str) -> String {
    let told = api_error::fit(message);
    if told.is_empty() { "no reason was given".to_owned() } else { told }
}
