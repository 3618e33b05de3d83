//! The command `astro-tokens`: `npm/src/program.ts` is its host.

use astro_tokens::{Host, ProgramEvent, ProgramStep, Reply, ReplyOutcome, Response};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

/// The command, which asks its host for one thing at a time.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Program(astro_tokens::Program);

/// A list of a name and values.
fn list<const N: usize>(name: &str, values: [JsValue; N]) -> Array {
    let list = Array::of1(&name.into());
    values.iter().for_each(|value| {
        list.push(value);
    });
    list
}

/// Pairs of a header's name and value as a list.
fn flat<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> JsValue {
    headers.into_iter().flat_map(|(name, value)| [name, value]).map(JsValue::from_str).collect::<Array>().into()
}

fn pairs(list: Vec<String>) -> Vec<(String, String)> {
    let mut list = list.into_iter();
    std::iter::from_fn(|| list.next().zip(list.next())).collect()
}

#[wasm_bindgen]
impl Program {
    /// With the arguments, the environment (name, value, name …), whether standard input, output and error are terminals
    /// (1, 2 and 4), the columns of the terminal (0: unknown), the version of the package, and a seed for the jitter.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        args: Vec<String>,
        env: Vec<String>,
        terminals: u8,
        columns: usize,
        version: String,
        seed: f64,
    ) -> Program {
        let is_terminal = |bit: u8| terminals & bit != 0;
        Program(astro_tokens::Program::new(Host {
            args,
            env: pairs(env),
            stdin_is_terminal: is_terminal(1),
            stdout_is_terminal: is_terminal(2),
            stderr_is_terminal: is_terminal(4),
            columns: (columns > 0).then_some(columns),
            version,
            seed: seed as u64,
        }))
    }

    /// Goes on with an event of this name and what it carries, which is a text or a number or nothing. It comes back as a
    /// list: the name of the next step, and what it carries.
    pub fn step(&mut self, now_ms: f64, event: &str, text: Option<String>, number: f64) -> Array {
        let message = || text.clone().unwrap_or_default();
        let event = match event {
            "start" => ProgramEvent::Start,
            "failed" => ProgramEvent::Failed { message: message(), may_have_arrived: number != 0.0 },
            "waited" => ProgramEvent::Waited,
            "written" => ProgramEvent::Written,
            "notWritten" => ProgramEvent::NotWritten(message()),
            "line" => ProgramEvent::Line(text),
            "input" => ProgramEvent::Input(message()),
            "missing" => ProgramEvent::Missing,
            "notRead" => ProgramEvent::NotRead(message()),
            "listening" => ProgramEvent::Listening(number as u16),
            "done" => ProgramEvent::Done,
            "notDone" => ProgramEvent::NotDone(message()),
            _ => ProgramEvent::Interrupted,
        };
        self.go_on(event, now_ms)
    }

    /// Goes on with the answer to a request: its status, its headers (name, value, name …) and its body.
    pub fn respond(&mut self, now_ms: f64, status: u16, headers: Vec<String>, body: Vec<u8>) -> Array {
        self.go_on(ProgramEvent::Response(Response::new(status, pairs(headers), body)), now_ms)
    }

    fn go_on(&mut self, event: ProgramEvent, now_ms: f64) -> Array {
        match self.0.step(event, now_ms as i64) {
            ProgramStep::Request { request, credential } => list(
                "request",
                [
                    request.method().as_str().into(),
                    request.url().into(),
                    flat(request.headers().iter().copied()),
                    request.body().map(|body| Uint8Array::from(body).into()).unwrap_or_default(),
                    credential.expose().into(),
                ],
            ),
            ProgramStep::Wait { milliseconds } => list("wait", [(milliseconds as f64).into()]),
            ProgramStep::Out(text) => list("out", [text.into()]),
            ProgramStep::Err(text) => list("err", [text.into()]),
            ProgramStep::Confirm(question) => list("confirm", [question.into()]),
            ProgramStep::ReadInput => list("readInput", []),
            ProgramStep::ReadFile(path) => list("readFile", [path.into()]),
            ProgramStep::WriteFile { path, text } => list("writeFile", [path.into(), text.into()]),
            ProgramStep::Listen { port } => list("listen", [port.into()]),
            ProgramStep::Serve { state } => list("serve", [state.into()]),
            ProgramStep::Exit(code) => list("exit", [code.into()]),
        }
    }

    /// Answers a request to the local server. It comes back as a list: how many milliseconds it takes, and where an answer
    /// comes, its status, its headers and its body.
    pub fn answer(
        &mut self,
        method: &str,
        url: &str,
        authorization: Option<String>,
        body: &[u8],
        now_ms: f64,
    ) -> Option<Array> {
        let Reply { delay_ms, outcome, .. } =
            self.0.answer(method, url, authorization.as_deref(), body, now_ms as i64)?;
        let list = Array::of1(&(delay_ms as f64).into());
        if let ReplyOutcome::Response(response) = &outcome {
            let headers = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
            list.push(&response.status().into());
            list.push(&flat(headers));
            list.push(&Uint8Array::from(response.body()).into());
        }
        Some(list)
    }

    /// The state of the local server; it holds no secret.
    #[must_use]
    pub fn state(&self) -> Option<String> {
        self.0.state()
    }
}
