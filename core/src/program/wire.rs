//! [`Wire`]: where requests go — over the network, into the sandbox, or onto paper.

use super::{Ended, ProgramEvent, dry_run, dry_run::DryRun, world::World};
use crate::{Method, ReplyOutcome, Request, Sandbox, Secret, conversation::Event};

/// A wait that somebody at a terminal wonders about.
const LONG_MS: u64 = 1000;

/// What the requests of a conversation go to.
pub(super) struct Wire {
    pub(super) world: World,
    credential: Option<Secret>,
    pub(super) sandbox: Option<Sandbox>,
    pub(super) dry_run: Option<DryRun>,
    /// How far the clock of the sandbox is ahead: nobody waits for it.
    skipped_ms: u64,
    /// Why the next wait is, where something went wrong.
    trouble: Option<String>,
    /// The id of the token that was deleted last.
    pub(super) deleted: Option<String>,
    pub(super) is_interrupted: bool,
    /// Whether standard output is the store of what is created: nothing depends on a secret before it is written.
    pub(super) stores_created: bool,
}

impl Wire {
    pub(super) fn new(
        world: &World,
        credential: Option<Secret>,
        sandbox: Option<Sandbox>,
        dry_run: Option<DryRun>,
    ) -> Self {
        let (trouble, deleted) = (None, None);
        let world = world.clone();
        Wire {
            world,
            credential,
            sandbox,
            dry_run,
            skipped_ms: 0,
            trouble,
            deleted,
            is_interrupted: false,
            stores_created: false,
        }
    }

    /// The time, as the other side has it.
    pub(super) fn now_ms(&self) -> i64 {
        self.world.now_ms().saturating_add(i64::try_from(self.skipped_ms).unwrap_or(i64::MAX))
    }

    pub(super) async fn wait(&mut self, milliseconds: u64) -> Event {
        if self.sandbox.is_some() {
            self.skipped_ms = self.skipped_ms.saturating_add(milliseconds);
            return Event::Waited;
        }
        if milliseconds >= LONG_MS && self.world.host.stderr_is_terminal {
            let seconds = milliseconds.div_ceil(1000);
            let why = match &self.trouble {
                Some(trouble) => format!("then trying again ({trouble})"),
                None => "to keep the rate limits".to_owned(),
            };
            let comma = if self.trouble.is_some() { "," } else { "" };
            self.world.note(format!("waiting {seconds} s{comma} {why}")).await;
        }
        match self.world.wait(milliseconds).await {
            true => Event::Waited,
            false => self.interrupted(),
        }
    }

    /// Sends a request to where it belongs. An end of the program: what would be written cannot be printed.
    pub(super) async fn send(&mut self, request: Request) -> Ended<Event> {
        let is_write = request.method() != Method::Get;
        let now_ms = self.now_ms();
        if let Some(dry_run) = &mut self.dry_run {
            if is_write {
                let response = dry_run.write(&request, now_ms);
                self.world.out(dry_run::line(&request)).await?;
                return Ok(Event::Response(response));
            }
            if let Some(response) = dry_run.read(&request) {
                return Ok(Event::Response(response));
            }
        }
        let event = match &mut self.sandbox {
            Some(sandbox) => {
                let credential = self.credential.as_ref().map(Secret::expose);
                let reply = sandbox.answer(&request, credential, now_ms);
                self.skipped_ms = self.skipped_ms.saturating_add(reply.delay_ms);
                match reply.outcome {
                    ReplyOutcome::Response(response) => ProgramEvent::Response(response),
                    ReplyOutcome::NotSent => failed("the connection was refused", false),
                    ReplyOutcome::Lost => failed("the connection broke", true),
                }
            }
            None => {
                let credential = self.credential.clone().unwrap_or_else(|| Secret::new(String::new()));
                self.world.send(request.clone(), credential).await
            }
        };
        Ok(match event {
            ProgramEvent::Response(response) => {
                self.trouble = (!response.is_success()).then(|| format!("Astro answered {}", response.status()));
                let response = match &mut self.dry_run {
                    Some(dry_run) => dry_run.shown(&request, response),
                    None => response,
                };
                if request.method() == Method::Delete && response.is_success() {
                    self.deleted = Some(dry_run::id(&request).to_owned());
                }
                Event::Response(response)
            }
            ProgramEvent::Failed { message, may_have_arrived } => {
                let message = crate::api_error::masked(&message);
                self.trouble = Some(message.clone());
                Event::Failed { message, may_have_arrived }
            }
            _ => self.interrupted(),
        })
    }

    pub(super) fn interrupted(&mut self) -> Event {
        self.is_interrupted = true;
        Event::Cancelled
    }
}

fn failed(message: &str, may_have_arrived: bool) -> ProgramEvent {
    ProgramEvent::Failed { message: message.to_owned(), may_have_arrived }
}
