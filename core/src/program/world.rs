//! [`World`]: how a program asks its host for something.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use super::{Ended, Exit, Host, ProgramEvent, ProgramStep, SharedHost};
use crate::{Request, Sandbox, Secret};

/// A program's end of the line to its host.
#[derive(Clone)]
pub(super) struct World {
    pub(super) host: SharedHost,
    line: Arc<Mutex<Line>>,
    served: Arc<Mutex<Option<Sandbox>>>,
}

struct Line {
    now_ms: i64,
    step: Option<ProgramStep>,
    event: Option<ProgramEvent>,
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(super) fn new(host: Host) -> Self {
        let line = Line { now_ms: 0, step: None, event: None };
        World { host: Arc::new(host), line: Arc::new(Mutex::new(line)), served: Arc::default() }
    }

    // ---- the host's side ------------------------------------------------------------------------------------------

    pub(super) fn hear(&self, event: ProgramEvent, now_ms: i64) {
        let mut line = lock(&self.line);
        line.now_ms = now_ms;
        line.event = Some(event);
    }

    pub(super) fn asked(&self) -> Option<ProgramStep> {
        lock(&self.line).step.take()
    }

    pub(super) fn served(&self) -> MutexGuard<'_, Option<Sandbox>> {
        lock(&self.served)
    }

    // ---- the program's side ---------------------------------------------------------------------------------------

    pub(super) fn now_ms(&self) -> i64 {
        lock(&self.line).now_ms
    }

    async fn ask(&self, step: ProgramStep) -> ProgramEvent {
        let mut step = Some(step);
        poll_fn(|_| {
            let mut line = lock(&self.line);
            match step.take() {
                Some(step) => {
                    line.step = Some(step);
                    line.event = None;
                    Poll::Pending
                }
                None => line.event.take().map_or(Poll::Pending, Poll::Ready),
            }
        })
        .await
    }

    /// Writes to standard output; whoever reads it may have gone.
    pub(super) async fn out(&self, text: String) -> Ended {
        self.try_out(text).await?.map_err(|_| Exit::ANYTHING_ELSE)
    }

    /// Writes to standard output; the reason, where that fails.
    pub(super) async fn try_out(&self, text: String) -> Ended<Result<(), String>> {
        match self.ask(ProgramStep::Out(text)).await {
            ProgramEvent::Written => Ok(Ok(())),
            ProgramEvent::NotWritten(reason) => Ok(Err(reason)),
            _ => Err(Exit::INTERRUPTED),
        }
    }

    /// Writes to standard error. Where that fails there is nobody left to tell.
    pub(super) async fn err(&self, text: String) {
        if !text.is_empty() {
            self.ask(ProgramStep::Err(text)).await;
        }
    }

    /// Sends a request; the event is a response, a failure, or that the user wants no more.
    pub(super) async fn send(&self, request: Request, credential: Secret) -> ProgramEvent {
        self.ask(ProgramStep::Request { request, credential }).await
    }

    /// Waits; `false`: the user wants no more.
    pub(super) async fn wait(&self, milliseconds: u64) -> bool {
        matches!(self.ask(ProgramStep::Wait { milliseconds }).await, ProgramEvent::Waited)
    }

    pub(super) async fn confirm(&self, question: String) -> Ended<Option<String>> {
        match self.ask(ProgramStep::Confirm(question)).await {
            ProgramEvent::Line(line) => Ok(line),
            _ => Err(Exit::INTERRUPTED),
        }
    }

    pub(super) async fn read_input(&self) -> Ended<String> {
        match self.ask(ProgramStep::ReadInput).await {
            ProgramEvent::Input(text) => Ok(text),
            ProgramEvent::NotRead(reason) => {
                self.complain(format!("standard input could not be read: {reason}")).await;
                Err(Exit::ANYTHING_ELSE)
            }
            _ => Err(Exit::INTERRUPTED),
        }
    }

    /// What a file holds; `None`: there is none.
    pub(super) async fn read_file(&self, path: &str) -> Ended<Option<String>> {
        match self.ask(ProgramStep::ReadFile(path.to_owned())).await {
            ProgramEvent::Input(text) => Ok(Some(text)),
            ProgramEvent::Missing => Ok(None),
            ProgramEvent::NotRead(reason) => {
                let path = crate::text::shown(path);
                self.complain(format!("the file {path} could not be read: {reason}")).await;
                Err(Exit::ANYTHING_ELSE)
            }
            _ => Err(Exit::INTERRUPTED),
        }
    }

    pub(super) async fn write_file(&self, path: &str, text: String) -> Ended {
        match self.ask(ProgramStep::WriteFile { path: path.to_owned(), text }).await {
            ProgramEvent::Done => Ok(()),
            ProgramEvent::NotDone(reason) => {
                let path = crate::text::shown(path);
                self.complain(format!("the file {path} could not be written: {reason}")).await;
                Err(Exit::ANYTHING_ELSE)
            }
            _ => Err(Exit::INTERRUPTED),
        }
    }

    /// The port that the host listens on.
    pub(super) async fn listen(&self, port: u16) -> Ended<u16> {
        match self.ask(ProgramStep::Listen { port }).await {
            ProgramEvent::Listening(port) => Ok(port),
            ProgramEvent::NotDone(reason) => {
                self.complain(format!("nothing can listen on the port {port}: {reason}")).await;
                Err(Exit::ANYTHING_ELSE)
            }
            _ => Err(Exit::INTERRUPTED),
        }
    }

    /// Serves until the user wants no more.
    pub(super) async fn serve(&self, sandbox: Sandbox, state: Option<String>) -> Ended {
        *self.served() = Some(sandbox);
        match self.ask(ProgramStep::Serve { state }).await {
            ProgramEvent::NotDone(reason) => {
                self.complain(reason).await;
                Err(Exit::ANYTHING_ELSE)
            }
            _ => Ok(()),
        }
    }

    /// Says what went wrong, on standard error.
    pub(super) async fn complain(&self, message: String) {
        self.err(super::problems::line("error", &message, self.host.has_color())).await;
    }

    /// Says what is worth knowing, on standard error.
    pub(super) async fn note(&self, message: String) {
        self.err(format!("{message}\n")).await;
    }
}
