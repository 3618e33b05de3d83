//! The command `astro-tokens`: everything but the world that it runs in.
//!
//! A [`Program`] asks for one thing at a time ([`ProgramStep`]) and is told what came of it ([`ProgramEvent`]). A host is a
//! loop of a few lines that lends it the network, the clock, the terminal and files, so that the command behaves the same and
//! writes the same bytes from every host:
//!
//! ```
//! use astro_tokens::{Host, Program, ProgramEvent, ProgramStep};
//!
//! let mut program = Program::new(Host { args: vec!["--version".to_owned()], version: "1.2.3".to_owned(), ..Host::default() });
//! let mut event = ProgramEvent::Start;
//! let mut output = String::new();
//! let code = loop {
//!     event = match program.step(event, 1_795_336_810_000) {
//!         ProgramStep::Out(text) => {
//!             output.push_str(&text); // A host writes it to standard output, and flushes.
//!             ProgramEvent::Written
//!         }
//!         ProgramStep::Exit(code) => break code,
//!         other => unreachable!("{other:?}"),
//!     };
//! };
//! assert_eq!((output.as_str(), code), ("astro-tokens 1.2.3\n", 0));
//! ```

mod ask;
mod check;
mod commands;
mod converse;
mod dry_run;
mod failures;
mod help;
mod inspect;
mod options;
mod print;
mod problems;
mod run;
mod serve;
mod settings;
mod table;
mod wire;
mod world;

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use crate::{Credential, Reply, Request, Response, Secret, ValidationError};
use world::World;

/// What a program knows about where it runs.
#[derive(Clone, Default)]
pub struct Host {
    /// The arguments, without the name of the program.
    pub args: Vec<String>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// Whether standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// How many columns the terminal has.
    pub columns: Option<usize>,
    /// The version of the package.
    pub version: String,
    /// For the jitter of waits: any number, a different one each time.
    pub seed: u64,
}

/// What came of the last [`ProgramStep`].
#[derive(Clone)]
pub enum ProgramEvent {
    /// Nothing yet: the first event.
    Start,
    /// The answer to the request, whatever its status.
    Response(Response),
    /// There is no answer to the request.
    Failed {
        /// Why, in the words of the host's HTTP client, without a credential in them.
        message: String,
        /// Whether the request could have arrived.
        may_have_arrived: bool,
    },
    /// The time is over.
    Waited,
    /// The text was written and flushed.
    Written,
    /// The text could not be written: the pipe is broken, the disk is full.
    NotWritten(String),
    /// The line that was typed, without its end; `None`: the input has ended.
    Line(Option<String>),
    /// What standard input or the file holds.
    Input(String),
    /// There is no such file.
    Missing,
    /// It could not be read, and why.
    NotRead(String),
    /// The local server listens on this port.
    Listening(u16),
    /// It is done: the file was written, the server was ended.
    Done,
    /// It could not be done, and why.
    NotDone(String),
    /// The user wants no more (Ctrl-C). It may come in place of any answer.
    Interrupted,
}

/// What a program asks for next.
pub enum ProgramStep {
    /// Add `authorization: Bearer …` and the headers that identify the client, send it, follow no redirect. Answered by
    /// [`ProgramEvent::Response`] or [`ProgramEvent::Failed`].
    Request {
        /// What to send.
        request: Request,
        /// The credential to send it with.
        credential: Secret,
    },
    /// Wait. Answered by [`ProgramEvent::Waited`].
    Wait {
        /// How long, in milliseconds.
        milliseconds: u64,
    },
    /// Write to standard output in UTF-8, as it is, and flush. It may hold a secret. Answered by [`ProgramEvent::Written`]
    /// or [`ProgramEvent::NotWritten`].
    Out(String),
    /// Write to standard error. Answered like [`ProgramStep::Out`].
    Err(String),
    /// Write the question to standard error, and read a line from standard input. Answered by [`ProgramEvent::Line`].
    Confirm(String),
    /// Read all of standard input. Answered by [`ProgramEvent::Input`] or [`ProgramEvent::NotRead`].
    ReadInput,
    /// Read this file. Answered by [`ProgramEvent::Input`], [`ProgramEvent::Missing`] or [`ProgramEvent::NotRead`].
    ReadFile(String),
    /// Write this file as a whole or not at all, for nobody but its owner. Answered by [`ProgramEvent::Done`] or
    /// [`ProgramEvent::NotDone`].
    WriteFile {
        /// Where.
        path: String,
        /// What.
        text: String,
    },
    /// Listen on this port of 127.0.0.1, 0 for any. Answered by [`ProgramEvent::Listening`] or [`ProgramEvent::NotDone`].
    Listen {
        /// The port.
        port: u16,
    },
    /// Answer what comes with [`Program::answer`] until the user wants no more; where there is a file, write
    /// [`Program::state`] to it after each answer that is worth it. Answered by [`ProgramEvent::Interrupted`], or
    /// [`ProgramEvent::NotDone`].
    Serve {
        /// Where the state is kept.
        state: Option<String>,
    },
    /// It is over: leave with this code.
    Exit(u8),
}

/// The command `astro-tokens`, in progress.
pub struct Program {
    world: World,
    running: Option<Pin<Box<dyn Future<Output = u8> + Send>>>,
    code: u8,
}

impl Program {
    /// Begins with these arguments.
    #[must_use]
    pub fn new(host: Host) -> Self {
        let world = World::new(host);
        Program { world: world.clone(), running: Some(Box::pin(run::run(world))), code: 1 }
    }

    /// Goes on with what came of the last step. `now_ms` is the time in milliseconds since 1970; it should not go back.
    pub fn step(&mut self, event: ProgramEvent, now_ms: i64) -> ProgramStep {
        let Some(running) = &mut self.running else { return ProgramStep::Exit(self.code) };
        self.world.hear(event, now_ms);
        match running.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => self.world.asked().unwrap_or(ProgramStep::Exit(1)),
            Poll::Ready(code) => {
                self.running = None;
                self.code = code;
                ProgramStep::Exit(code)
            }
        }
    }

    /// Answers a request to the local server, while it serves: method, path with query, the value of the header
    /// `authorization`, body.
    pub fn answer(
        &mut self,
        method: &str,
        url: &str,
        authorization: Option<&str>,
        body: &[u8],
        now_ms: i64,
    ) -> Option<Reply> {
        let mut served = self.world.served();
        served.as_mut().map(|sandbox| sandbox.answer_parts(method, url, authorization, body, now_ms))
    }

    /// The state of the local server, to be kept in a file. It holds no secret.
    #[must_use]
    pub fn state(&self) -> Option<String> {
        self.world.served().as_ref().map(crate::Sandbox::to_json)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("is_over", &self.running.is_none()).finish_non_exhaustive()
    }
}

/// Arguments and environment may hold a credential.
impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Debug for ProgramEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramEvent::Start => f.write_str("Start"),
            ProgramEvent::Response(response) => f.debug_tuple("Response").field(response).finish(),
            ProgramEvent::Failed { message, may_have_arrived } => {
                f.debug_struct("Failed").field("message", message).field("may_have_arrived", may_have_arrived).finish()
            }
            ProgramEvent::Waited => f.write_str("Waited"),
            ProgramEvent::Written => f.write_str("Written"),
            ProgramEvent::NotWritten(reason) => f.debug_tuple("NotWritten").field(reason).finish(),
            ProgramEvent::Line(_) => f.write_str("Line([redacted])"),
            ProgramEvent::Input(_) => f.write_str("Input([redacted])"),
            ProgramEvent::Missing => f.write_str("Missing"),
            ProgramEvent::NotRead(reason) => f.debug_tuple("NotRead").field(reason).finish(),
            ProgramEvent::Listening(port) => f.debug_tuple("Listening").field(port).finish(),
            ProgramEvent::Done => f.write_str("Done"),
            ProgramEvent::NotDone(reason) => f.debug_tuple("NotDone").field(reason).finish(),
            ProgramEvent::Interrupted => f.write_str("Interrupted"),
        }
    }
}

impl fmt::Debug for ProgramStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProgramStep::Request { request, .. } => write!(f, "Request({request})"),
            ProgramStep::Wait { milliseconds } => write!(f, "Wait({milliseconds})"),
            ProgramStep::Out(_) => f.write_str("Out([redacted])"),
            ProgramStep::Err(text) => f.debug_tuple("Err").field(text).finish(),
            ProgramStep::Confirm(question) => f.debug_tuple("Confirm").field(question).finish(),
            ProgramStep::ReadInput => f.write_str("ReadInput"),
            ProgramStep::ReadFile(path) => f.debug_tuple("ReadFile").field(path).finish(),
            ProgramStep::WriteFile { path, .. } => f.debug_tuple("WriteFile").field(path).finish(),
            ProgramStep::Listen { port } => f.debug_tuple("Listen").field(port).finish(),
            ProgramStep::Serve { state } => f.debug_tuple("Serve").field(state).finish(),
            ProgramStep::Exit(code) => f.debug_tuple("Exit").field(code).finish(),
        }
    }
}

/// The exit code that ends the program before its time; whoever returns it has said why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Exit(u8);

impl Exit {
    const ANYTHING_ELSE: Exit = Exit(1);
    const INVALID: Exit = Exit(2);
    const REFUSED: Exit = Exit(3);
    const UNKNOWN: Exit = Exit(4);
    /// 128 and the number of SIGINT, as shells have it.
    const INTERRUPTED: Exit = Exit(130);
}

type Ended<T = ()> = Result<T, Exit>;

impl Host {
    /// A variable of the environment; a blank one counts as not set.
    fn variable(&self, name: &str) -> Option<&str> {
        let found = self.env.iter().find(|(variable, _)| variable == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !crate::text::is_blank(value))
    }

    /// The credential of the environment, or why there is none.
    fn credential(&self) -> Result<Credential, ValidationError> {
        // Blank ones too: it says so.
        Credential::from_env(|name| {
            self.env.iter().find(|(variable, _)| variable == name).map(|(_, value)| value.clone())
        })
    }

    /// Whether texts on standard error are coloured. Source: no-color.org.
    fn has_color(&self) -> bool {
        self.stderr_is_terminal && self.variable("NO_COLOR").is_none() && self.variable("TERM") != Some("dumb")
    }

    /// Whether somebody is there to answer a question.
    fn can_ask(&self) -> bool {
        self.stdin_is_terminal && self.stderr_is_terminal
    }
}

type SharedHost = Arc<Host>;
