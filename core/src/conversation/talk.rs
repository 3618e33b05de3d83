//! [`Talk`]: how a conversation asks its driver for something, and what it knows besides.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
};

use super::{
    Event, Session, Shared,
    error::Failure,
    journal::{Deed, Effect, Journal},
    lock,
};
use crate::{
    ApiToken, Code, Problem, Request, Response, Secret, TokenPage, ValidationError, api_error, report::Report,
};

/// What a conversation asks its driver for.
pub(super) enum Ask {
    Request(Box<Request>),
    Wait(u64),
    Prove,
    ReadStore,
    Store(Box<ApiToken>, Secret),
    Page(TokenPage),
}

/// What is known about Astro's clock, from the `Date` of its answers.
#[derive(Debug, Default)]
struct Clock {
    /// How far it is ahead of the caller's clock, at least. A `Date` has whole seconds and is older than its answer, so that
    /// each says a little less than is true; the least keeps tokens longer than necessary, and never too short.
    ahead_ms: Option<i64>,
    /// Whether one of them was further away from the caller's clock than two clocks that are right can be.
    is_doubtful: bool,
}

impl Clock {
    /// How far two clocks may be apart.
    const TOLERANCE_MS: u64 = 5 * 60 * 1000;

    fn hear(&mut self, ahead_ms: i64) {
        self.ahead_ms = Some(self.ahead_ms.map_or(ahead_ms, |least| least.min(ahead_ms)));
        self.is_doubtful |= ahead_ms.unsigned_abs() > Clock::TOLERANCE_MS;
    }
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
    clock: Clock,
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
            clock: Clock::default(),
            ask: None,
            expects: |_| false,
            event: None,
            random: seed,
            journal: Journal::new(warnings),
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
    pub(super) async fn ask(&self, ask: Ask, expects: fn(&Event) -> bool) -> Option<Event> {
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

    pub(super) async fn page(&self, page: TokenPage) -> Result<(), Failure> {
        let taken = self.ask(Ask::Page(page), |event| matches!(event, Event::Next)).await;
        taken.map(|_| ()).ok_or_else(Failure::cancelled)
    }

    pub(super) fn now_ms(&self) -> i64 {
        lock(&self.line).now_ms
    }

    /// The time by Astro's clock, or a little less. `None`: no answer had a `Date`, or one of them is so far from the caller's
    /// own clock that one of the two is wrong, and nothing may be deleted because of its age.
    pub(super) fn astro_now_ms(&self) -> Option<i64> {
        let line = lock(&self.line);
        line.clock.ahead_ms.filter(|_| !line.clock.is_doubtful).map(|ahead_ms| line.now_ms + ahead_ms)
    }

    /// What Astro's clock showed when the caller's showed `then_ms`, or a little less, however far the two are apart.
    pub(super) fn astro_time_ms(&self, then_ms: i64) -> Option<i64> {
        lock(&self.line).clock.ahead_ms.map(|ahead_ms| then_ms + ahead_ms)
    }

    fn read_clock(&self, response: &Response) {
        let date = response.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
        let since_1970 = date.and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
        if let Some(astro_ms) = since_1970.and_then(|since| i64::try_from(since.as_millis()).ok()) {
            let mut line = lock(&self.line);
            let ahead_ms = astro_ms - line.now_ms;
            line.clock.hear(ahead_ms);
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

    pub(super) fn effects(&self) -> Vec<Effect> {
        self.journal(|journal| journal.effects())
    }

    pub(super) fn plan(&self, deed: &Deed) {
        self.journal(|journal| journal.plan(deed));
    }

    /// Warns of something that stands already, so that strictness cannot undo it any more.
    pub(super) fn warn(&self, code: Code, message: String, help: String) {
        let mut report = self.session.api.clone().lenient().report();
        report.push(code, None, None, message, help);
        if let Ok((_, mut warnings)) = report.finish(self.name, Some(())) {
            self.journal(|journal| journal.warnings.append(&mut warnings));
        }
    }

    /// A number that no other run has, in hexadecimal digits.
    pub(super) fn run_id(&self) -> String {
        let time = u64::try_from(self.now_ms()).unwrap_or_default();
        format!("{:016x}", self.random(u64::MAX - 1) ^ time.rotate_left(20))
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
pub(super) fn told(message: &str) -> String {
    let told = api_error::fit(message);
    if told.is_empty() { "no reason was given".to_owned() } else { told }
}
