//! Sending requests: which failures are tried again, and when.
//!
//! 429, 503 and failures before anything was sent are tried again for every request; other 5xx, lost connections and
//! answers that cannot be read only where sending twice does no harm; anything else that Astro refuses never.
//!
//! Two things end it: the attempts, which are sends without an answer that can be used, and the total time. Where Astro
//! says that it is busy, with 429 or with a time to come back, only the total time counts.

use super::{
    error::{Cause, Failure, FailureCode, TransportError},
    journal::Deed,
    talk::Talk,
};
use crate::{ApiError, Request, Response};

/// The first wait is at most this long; each further one twice as long.
const FIRST_WAIT_MS: u64 = 500;
const LONGEST_WAIT_MS: u64 = 20_000;

/// Whether a request may be sent again when nobody knows whether it took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It does no harm: reads, and writes that lead to the same state.
    Harmless,
    /// It would do it twice.
    Harmful,
}

/// Why a request has no answer that can be used.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) cause: Option<Cause>,
    /// Whether the request, or an earlier sending of it, may have taken effect.
    pub(super) unclear: bool,
}

impl Trouble {
    /// The status that Astro refused with.
    pub(super) fn status(&self) -> Option<u16> {
        match &self.cause {
            Some(Cause::Api(error)) => Some(error.status),
            _ => None,
        }
    }

    /// Whether the caller wanted no more.
    pub(super) fn is_cancelled(&self) -> bool {
        self.cause.is_none()
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble.cause {
            None => Failure::cancelled(),
            Some(Cause::Api(error)) => {
                let help = match error.retry_after_ms {
                    Some(wait_ms) => {
                        Some(format!("Astro asks to wait {} seconds before the next try", wait_ms.div_ceil(1000)))
                    }
                    None => error.help().map(str::to_owned),
                };
                let message = error.summary();
                Failure { help, ..Failure::new(FailureCode::Refused, message, "") }.caused_by(Cause::Api(error))
            }
            Some(Cause::Transport(error)) => {
                let code = if trouble.unclear { FailureCode::Unknown } else { FailureCode::Unreachable };
                let message = format!("no answer from Astro: {}", error.message);
                let help = "check the network, the proxy and the host of the API, then try again";
                Failure::new(code, message, help).caused_by(Cause::Transport(error))
            }
            Some(Cause::Invalid(error)) => Failure::invalid(error),
        }
    }
}

/// How often one request was sent, and since when.
struct Attempts<'t> {
    talk: &'t Talk,
    request: &'t Request,
    sent: u32,
    /// How often it was sent without an answer that can be used.
    failed: u32,
    since_ms: i64,
    /// The sum of the waits between its sends.
    waited_ms: u64,
    unclear: bool,
}

impl Attempts<'_> {
    /// Sends the request, again and again where that is right, until there is an answer.
    async fn answer(&mut self, repeat: Repeat) -> Result<Response, Trouble> {
        loop {
            if self.talk.session.rate_limits {
                let place = super::lock(&self.talk.session.pace).reserve(self.request.method(), self.talk.now_ms());
                if self.talk.wait(place).await.is_err() {
                    return Err(Trouble { cause: None, unclear: self.unclear });
                }
            }
            self.sent = self.sent.saturating_add(1);
            let Some(outcome) = self.talk.request(self.request).await else {
                return Err(Trouble { cause: None, unclear: true });
            };
            match outcome {
                Ok(response) if response.is_success() => return Ok(response),
                Ok(response) => {
                    let status = response.status();
                    let error = ApiError::refused(&response);
                    let retry_after_ms = error.retry_after_ms;
                    if status != 429 && retry_after_ms.is_none() {
                        self.failed += 1;
                    }
                    match status {
                        429 | 503 => self.again(Cause::Api(error), retry_after_ms).await?,
                        500.. => {
                            self.unclear = true;
                            self.again_if(repeat, Cause::Api(error), retry_after_ms).await?;
                        }
                        _ => return Err(self.trouble(Cause::Api(error))),
                    }
                }
                Err((message, may_have_arrived)) => {
                    self.failed += 1;
                    self.unclear |= may_have_arrived;
                    let cause = Cause::Transport(TransportError { message, may_have_arrived });
                    let repeat = if may_have_arrived { repeat } else { Repeat::Harmless };
                    self.again_if(repeat, cause, None).await?;
                }
            }
        }
    }

    async fn again_if(&mut self, repeat: Repeat, cause: Cause, retry_after_ms: Option<u64>) -> Result<(), Trouble> {
        match repeat {
            Repeat::Harmless => self.again(cause, retry_after_ms).await,
            Repeat::Harmful => Err(self.trouble(cause)),
        }
    }

    /// Waits before the request is sent again, or says that it was enough.
    ///
    /// Full jitter: any wait up to a limit that doubles each time is as likely as any other, so that many clients do
    /// not come back at the same moment.
    async fn again(&mut self, cause: Cause, retry_after_ms: Option<u64>) -> Result<(), Trouble> {
        let talk = self.talk;
        let most = FIRST_WAIT_MS.saturating_mul(1 << (self.sent - 1).min(16)).min(LONGEST_WAIT_MS);
        let wait = talk.random(most).saturating_add(retry_after_ms.unwrap_or_default());
        // A clock that stands still or goes back must not make it send for ever.
        let passed = u64::try_from(talk.now_ms() - self.since_ms).unwrap_or_default();
        let spent = passed.max(self.waited_ms);
        if self.failed >= talk.session.attempts || spent.saturating_add(wait) > talk.session.patience_ms {
            return Err(self.trouble(cause));
        }
        self.waited_ms = self.waited_ms.saturating_add(wait);
        talk.wait(wait).await.map_err(|_| Trouble { cause: None, unclear: self.unclear })
    }

    fn trouble(&self, cause: Cause) -> Trouble {
        Trouble { cause: Some(cause), unclear: self.unclear }
    }
}

impl Talk {
    /// Sends a request until its answer can be read, and reads it.
    pub(super) async fn send<T>(
        &self,
        request: &Request,
        repeat: Repeat,
        read: &(dyn Fn(&Response) -> Result<T, ApiError> + Sync),
    ) -> Result<T, Trouble> {
        let since_ms = self.now_ms();
        let mut attempts = Attempts { talk: self, request, sent: 0, failed: 0, since_ms, waited_ms: 0, unclear: false };
        loop {
            let response = attempts.answer(repeat).await?;
            let mut error = match read(&response) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // It took effect, and what it said is lost, but perhaps for the secret.
            attempts.unclear = true;
            attempts.failed += 1;
            if let Some(secret) = error.secret.take() {
                self.journal(|journal| journal.secret = Some(secret));
            }
            attempts.again_if(repeat, Cause::Api(error), None).await?;
        }
    }

    /// Reads something. Nothing is unclear after a read, whatever became of it.
    pub(super) async fn read<T>(
        &self,
        request: &Request,
        read: &(dyn Fn(&Response) -> Result<T, ApiError> + Sync),
    ) -> Result<T, Trouble> {
        let outcome = self.send(request, Repeat::Harmless, read).await;
        outcome.map_err(|trouble| Trouble { unclear: false, ..trouble })
    }

    /// Changes something by a request that may be sent again, and keeps the journal.
    pub(super) async fn write<T>(
        &self,
        deed: &Deed,
        request: &Request,
        read: &(dyn Fn(&Response) -> Result<T, ApiError> + Sync),
    ) -> Result<T, Trouble> {
        let outcome = self.send(request, Repeat::Harmless, read).await;
        self.journal(|journal| match &outcome {
            Ok(_) => journal.did(deed),
            Err(trouble) if trouble.unclear => journal.lost_track(deed),
            Err(_) => {}
        });
        outcome
    }
}
