//! The whole life of a token, on an Astro API in memory: nothing is sent, and the clock stands unless somebody waits.
//!
//! A driver of conversations is the one loop of `Caller::talk`. One that talks to Astro has an HTTP client in it instead,
//! as in the examples `blocking` and `async`.

#![allow(clippy::print_stdout, reason = "an example shows something")]

use std::error::Error;

use astro_tokens::{
    Api, ApiToken, ReplyOutcome, Request, Sandbox, Secret,
    conversation::{
        AddTokenRole, AllTokens, CreateToken, DeleteToken, Event, RotateToken, Session, Step, UpdateToken, Work,
    },
};

/// 2026-11-22T12:00:00Z
const NOON_MS: i64 = 1_795_348_800_000;

struct Caller {
    sandbox: Sandbox,
    credential: Secret,
    session: Session,
    now_ms: i64,
    /// The store: in a real program, a vault.
    vault: Vec<(String, Secret)>,
    listed: Vec<ApiToken>,
}

impl Caller {
    /// Does what the conversation asks for until it is over.
    fn talk<W: Work>(&mut self, work: &W) -> Result<W::Outcome, Box<dyn Error>>
    where
        W::Outcome: 'static,
    {
        let mut conversation = work.start(&self.session, 0)?;
        let mut event = Event::Start;
        loop {
            event = match conversation.step(event, self.now_ms) {
                Step::Request(request) => self.send(&request),
                Step::Wait { milliseconds } => {
                    self.now_ms = self.now_ms.saturating_add_unsigned(milliseconds);
                    Event::Waited
                }
                Step::Prove => Event::Proved,
                Step::ReadStore => Event::Holds { secret: self.vault.last().map(|(_, secret)| secret.clone()) },
                Step::Store { token, secret } => {
                    println!("stored the secret of {} ({})", token.id, token.short_token);
                    self.vault.push((token.id, secret));
                    Event::Stored
                }
                Step::Page(page) => {
                    self.listed.extend(page.tokens);
                    Event::Next
                }
                Step::Done(outcome) => return Ok(outcome),
                Step::Failed(error) => return Err(error),
            };
        }
    }

    fn send(&mut self, request: &Request) -> Event {
        match self.sandbox.answer(request, Some(self.credential.expose()), self.now_ms).outcome {
            ReplyOutcome::Response(response) => Event::Response(response),
            ReplyOutcome::NotSent => Event::Failed { message: "not sent".to_owned(), may_have_arrived: false },
            ReplyOutcome::Lost => Event::Failed { message: "connection lost".to_owned(), may_have_arrived: true },
        }
    }

    fn list(&mut self) -> Result<(), Box<dyn Error>> {
        self.listed.clear();
        self.talk(&AllTokens::default())?;
        for token in &self.listed {
            let roles = token.roles.iter().flatten().map(|role| format!("{} on {}", role.role, role.entity_id));
            let roles: Vec<String> = roles.collect();
            println!("listed {} {} ({}): {}", token.id, token.name, token.short_token, roles.join(", "));
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut caller = Caller {
        sandbox: Sandbox::new(),
        credential: Sandbox::owner_secret(),
        session: Session::new(Api::new("clorg")?).token_id("cltoken0"),
        now_ms: NOON_MS,
        vault: Vec::new(),
        listed: Vec::new(),
    };

    let role = "ORGANIZATION_MEMBER";
    let token = caller.talk(&CreateToken::new("CI", role).description("builds").expiration_days(90))?;
    println!("created {} {} ({}): {role}", token.id, token.name, token.short_token);

    let added = AddTokenRole::default().token_name("CI").workspace_id("clws").role("WORKSPACE_AUTHOR");
    let added = caller.talk(&added)?;
    println!("added {} on {} to {}", added.new_role.unwrap_or_default(), added.entity_id, added.token.id);

    caller.list()?;

    let update = UpdateToken::default().token_name("CI").name("CI of main").description("");
    let update = caller.talk(&update)?;
    println!("updated {} of {} {}", update.changed.join(", "), update.token.id, update.token.name);

    // A successor is made and its secret stored before the old token is deleted: at no time is there none that works.
    let rotation = caller.talk(&RotateToken::default().token_name("CI of main").overlap(true))?;
    println!("rotated {} to {}", rotation.old_token_id.unwrap_or_default(), rotation.token.id);

    caller.list()?;

    caller.talk(&DeleteToken::default().token_id(rotation.token.id.as_str()))?;
    println!("deleted {}", rotation.token.id);

    caller.list()
}
