//! [`Session`]: what the conversations of one caller share.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use super::{Shared, pace::Pace};
use crate::Api;

/// One caller's use of an [`Api`]: who it is, how patient it is, and how fast it may go.
///
/// Its clones share the pace, because Astro's rate limits are per credential, and one of their conversations at a time
/// changes a token: make one session for each credential.
///
/// ```
/// use astro_tokens::conversation::{Event, RotateToken, Session, Step, Work};
/// use astro_tokens::Api;
///
/// let session = Session::new(Api::new("clorg")?).token_id("cltoken0").attempts(3).patience_ms(30_000);
///
/// // Who rotates the token that they authenticate with would be locked out by a lost answer.
/// let mut conversation = RotateToken::default().token_id("cltoken0").start(&session, 0)?;
/// let Step::Failed(error) = conversation.step(Event::Start, 1_795_336_810_000) else { panic!() };
/// assert_eq!(error.code.as_str(), "would_lock_out");
/// # Ok::<(), astro_tokens::ValidationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    pub(super) api: Api,
    pub(super) token_id: Option<String>,
    pub(super) attempts: u32,
    pub(super) patience_ms: u64,
    pub(super) rate_limits: bool,
    pub(super) pace: Shared<Pace>,
    /// The tokens that conversations of this session are changing.
    pub(super) taken: Shared<BTreeSet<String>>,
}

impl Session {
    /// How often a request is sent at most without an answer that can be used; see [`Session::attempts`].
    pub const DEFAULT_ATTEMPTS: u32 = 5;
    /// How many milliseconds one request may take with all its repetitions and waits.
    pub const DEFAULT_PATIENCE_MS: u64 = 120_000;

    /// For this Api, with the usual limits, by a caller that nothing is known about.
    #[must_use]
    pub fn new(api: Api) -> Self {
        Session {
            api,
            token_id: None,
            attempts: Session::DEFAULT_ATTEMPTS,
            patience_ms: Session::DEFAULT_PATIENCE_MS,
            rate_limits: true,
            pace: Arc::new(Mutex::new(Pace::default())),
            taken: Arc::default(),
        }
    }

    /// The id of the token that the caller authenticates with, from its claims.
    ///
    /// With it, nobody locks themselves out by rotating or deleting their own token.
    #[must_use]
    pub fn token_id(mut self, token_id: impl Into<String>) -> Self {
        self.token_id = Some(token_id.into());
        self
    }

    /// How often a request is sent at most without an answer that can be used: with none, with a 5xx, or with one that
    /// cannot be read. At least once.
    ///
    /// Where Astro says that it is busy (429, or a 5xx with `Retry-After`), that does not count as an attempt: the
    /// request is sent again as long as [`Session::patience_ms`] allows.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// How many milliseconds one request may take with all its repetitions and waits.
    #[must_use]
    pub fn patience_ms(mut self, patience_ms: u64) -> Self {
        self.patience_ms = patience_ms;
        self
    }

    /// Whether requests wait for their turn within Astro's documented rate limits: at first they do. Without, a request
    /// that is over the limits is refused by Astro and sent again later, which takes longer. Meant for servers without
    /// limits, such as a sandbox.
    #[must_use]
    pub fn rate_limits(mut self, on: bool) -> Self {
        self.rate_limits = on;
        self
    }

    /// The Api.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }
}
