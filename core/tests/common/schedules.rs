//! Runs two conversations on one sandbox and one store in every order of their steps, each state once.
//!
//! A conversation cannot be copied, but it does nothing to the world: so it is told again what it was told, and is then where
//! it was.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    ops::AddAssign,
};

use astro_tokens::{
    Api, ApiToken, Claims, EntityType, Mark, Method, NewToken, ReplyOutcome, Request, Response, Sandbox, Secret,
    conversation::{Conversation, Effect, EffectAction, EffectState, Event, Outcome, Session, Step, WorkKind},
};
use serde_json::Value as Json;

/// 2026-11-22T12:00:00Z
const EVENING_MS: i64 = 1_795_348_800_000;
const DAY_MS: i64 = 24 * 3_600_000;
const LONG_AGO_MS: i64 = EVENING_MS - 30 * DAY_MS;
/// Astro's clock is a little ahead of the caller's.
const AHEAD_MS: i64 = 60_000;
/// How many nights follow.
const NIGHTS: i64 = 4;
/// The token that is rotated.
const OLD: &str = "cltoken1";

/// What a store can do. Those that fail do so when the first client writes for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Readable,
    WriteOnly,
    /// It says that it certainly has not written.
    FailsBefore,
    /// It has written, and then it raises.
    FailsAfter,
    /// It has not written, raises, and does not say so.
    FailsSilently,
}

/// A piece of work, and its input.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    kind: WorkKind,
    input: Json,
}

impl Job {
    pub(crate) fn new(work: &str, input: Json) -> Self {
        Job { kind: WorkKind::named(work).unwrap(), input }
    }

    fn start(&self, seed: u64) -> Conversation<Outcome> {
        let session = Session::new(Api::new("clorg").unwrap()).token_id("cltoken0").rate_limits(false);
        self.kind.start(&session, crate::common::value(&self.input), seed).unwrap()
    }

    fn is_change(&self) -> bool {
        matches!(
            self.kind,
            WorkKind::UpdateToken | WorkKind::AddTokenRole | WorkKind::ChangeTokenRole | WorkKind::RemoveTokenRole
        )
    }

    /// Whether the change is there.
    fn is_on(&self, token: &ApiToken) -> bool {
        let role = token.roles.iter().flatten().find(|role| Some(role.entity_id.as_str()) == self.text("workspace_id"));
        match self.kind {
            WorkKind::UpdateToken => {
                self.text("name").is_none_or(|name| name == token.name)
                    && self.text("description").is_none_or(|description| description == token.plain_description())
            }
            WorkKind::RemoveTokenRole => role.is_none(),
            _ => role.is_some_and(|role| Some(role.role.as_str()) == self.text("role")),
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.input[key].as_str()
    }
}

/// Two pieces of work at the same time.
pub(crate) struct Scenario {
    name: String,
    jobs: Vec<Job>,
    store: Kind,
    has_roles: bool,
    deletes: bool,
    creates: bool,
    loses_creates: bool,
    /// Whether what is created or cloned has no store.
    stores_apart: bool,
    /// What was at work the day before, and after how many steps it was killed.
    earlier: Option<(Job, usize)>,
}

impl Scenario {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        let (jobs, store) = (Vec::new(), Kind::WriteOnly);
        let name = name.into();
        Scenario {
            name,
            jobs,
            store,
            has_roles: false,
            deletes: false,
            creates: false,
            loses_creates: false,
            stores_apart: false,
            earlier: None,
        }
    }

    pub(crate) fn jobs(self, one: Job, other: Job) -> Self {
        Scenario { jobs: vec![one, other], ..self }
    }

    pub(crate) fn store(self, store: Kind) -> Self {
        Scenario { store, ..self }
    }

    pub(crate) fn roles(self, has_roles: bool) -> Self {
        Scenario { has_roles, ..self }
    }

    /// A deletion is asked for.
    pub(crate) fn deletes(self) -> Self {
        Scenario { deletes: true, ..self }
    }

    /// Tokens are created, and there is none before.
    pub(crate) fn creates(self) -> Self {
        Scenario { creates: true, ..self }
    }

    /// The answer to the first create of the first client is lost, and the request arrives at any time after that.
    pub(crate) fn loses_creates(self, loses_creates: bool) -> Self {
        Scenario { loses_creates, ..self }
    }

    /// What is created or cloned has no store.
    pub(crate) fn stores_apart(self) -> Self {
        Scenario { stores_apart: true, ..self }
    }

    /// The day before, this was at work, and was killed after so many steps.
    pub(crate) fn after(self, job: Job, steps: usize) -> Self {
        Scenario { earlier: Some((job, steps)), ..self }
    }

    fn is_by_name(&self) -> bool {
        self.jobs[0].text("token_name").is_some()
    }

    fn begin(&self) -> World {
        let mut sandbox = Sandbox::new().without_rate_limits();
        let mut store = None;
        if !self.creates {
            let mut token =
                NewToken::organization("CI", "ORGANIZATION_MEMBER").description("builds").expiration_days(90);
            if self.has_roles {
                token = token.role_on(EntityType::Workspace, "clws", "WORKSPACE_MEMBER", None);
                token = token.role_on(EntityType::Deployment, "cldep", "DEPLOYMENT_ADMIN", None);
            }
            store = sandbox.add_token(token, LONG_AGO_MS).token;
        }
        // Somebody else's, of the same name where the token is not looked for by its name.
        let name = if self.is_by_name() { "Other" } else { "CI" };
        sandbox.add_token(NewToken::organization(name, "ORGANIZATION_MEMBER").description("a stranger"), LONG_AGO_MS);
        let mut world = World { sandbox, store, now_ms: EVENING_MS, key: 0, store_works: true };
        world.changed();
        world
    }
}

/// How much was explored.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Explored {
    scenarios: usize,
    pub(crate) states: usize,
    orders: f64,
    crashes: usize,
    nights: usize,
    windows: usize,
}

impl AddAssign for Explored {
    fn add_assign(&mut self, other: Self) {
        self.scenarios += other.scenarios;
        self.states += other.states;
        self.orders += other.orders;
        self.crashes += other.crashes;
        self.nights += other.nights;
        self.windows += other.windows;
    }
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} scenarios, {:.0} schedules by {} states, {} crashes, {} runs of nights; {} ends lost a change in the window",
            self.scenarios, self.orders, self.states, self.crashes, self.nights, self.windows
        )
    }
}

// ---- the world -------------------------------------------------------------------------------------------------------

#[derive(Clone)]
struct World {
    sandbox: Sandbox,
    store: Option<Secret>,
    now_ms: i64,
    /// A digest of all that, and whether the secret in the store works; made again where something was changed.
    key: u64,
    store_works: bool,
}

impl World {
    fn server_now_ms(&self) -> i64 {
        self.now_ms + AHEAD_MS
    }

    fn token(&self, id: &str) -> Option<ApiToken> {
        self.sandbox.tokens().into_iter().find(|token| token.id == id)
    }

    /// The id of the token whose secret the store holds.
    fn stored_id(&self) -> Option<String> {
        Claims::read(self.store.as_ref()?.expose()).unwrap().token_id
    }

    fn changed(&mut self) {
        let mut hasher = DefaultHasher::new();
        let mut state: Json = serde_json::from_str(&self.sandbox.to_json()).unwrap();
        state["counters"]["requests"] = Json::Null;
        state.to_string().hash(&mut hasher);
        self.store.as_ref().map(Secret::expose).hash(&mut hasher);
        self.now_ms.hash(&mut hasher);
        self.key = hasher.finish();
        self.store_works = self.works();
    }

    fn works(&self) -> bool {
        let Some(secret) = &self.store else { return true };
        let url = "https://api.astronomer.io/v1/organizations/clorg/tokens?limit=1";
        let request = Request::from_parts(Method::Get, url.to_owned(), None);
        let reply = self.sandbox.clone().answer(&request, Some(secret.expose()), self.server_now_ms());
        reply.outcome.response().is_some_and(|response| response.status() != 401)
    }

    /// The tokens of the line of [`OLD`].
    fn line(&self) -> Vec<ApiToken> {
        let is_member = |token: &ApiToken| {
            let line = token.mark().and_then(|mark| mark.line().map(str::to_owned));
            token.id == OLD || line.as_deref() == Some(OLD)
        };
        self.sandbox.tokens().into_iter().filter(is_member).collect()
    }
}

/// How a client ended.
#[derive(Clone)]
struct End {
    is_ok: bool,
    code: String,
    effects: Vec<Effect>,
    /// All that it says.
    text: String,
    warnings: Vec<String>,
}

/// A write of one token, and what the writer knew.
#[derive(Clone)]
struct Write {
    client: usize,
    token_id: String,
    at: usize,
}

#[derive(Clone)]
struct Client {
    job: Job,
    told: Vec<Event>,
    /// A digest of what it was told.
    key: u64,
    is_dead: bool,
    end: Option<End>,
    /// When it saw a token last: the time of the world, and how many requests of its own came since.
    seen: BTreeMap<String, (usize, usize)>,
    writes_failed: bool,
    /// When its first request took effect, and when it ended.
    began_at: Option<usize>,
    ended_at: Option<usize>,
}

impl Client {
    fn new(job: Job) -> Self {
        Client {
            job,
            told: Vec::new(),
            key: 0,
            is_dead: false,
            end: None,
            seen: BTreeMap::new(),
            writes_failed: false,
            began_at: None,
            ended_at: None,
        }
    }

    fn is_at_work(&self) -> bool {
        !self.is_dead && self.end.is_none()
    }
}

#[derive(Clone)]
struct Node {
    world: World,
    owner: Secret,
    clients: Vec<Client>,
    late: Vec<Request>,
    /// Requests that took effect so far.
    time: usize,
    writes: Vec<Write>,
    /// The tokens whose change by one client another one has written over in the window: one request between its last look
    /// and its write.
    overwritten: Vec<String>,
    trace: Vec<String>,
}

impl Node {
    fn new(scenario: &Scenario) -> Self {
        let mut node = Node {
            world: scenario.begin(),
            owner: Sandbox::owner_secret(),
            clients: scenario.jobs.iter().cloned().map(Client::new).collect(),
            late: Vec::new(),
            time: 0,
            writes: Vec::new(),
            overwritten: Vec::new(),
            trace: Vec::new(),
        };
        if let Some((job, steps)) = &scenario.earlier {
            node.earlier(scenario, job, *steps);
        }
        node
    }

    /// Runs a job the day before, as far as it came.
    fn earlier(&mut self, scenario: &Scenario, job: &Job, steps: usize) {
        let clients =
            std::mem::replace(&mut self.clients, vec![Client { writes_failed: true, ..Client::new(job.clone()) }]);
        self.world.now_ms = EVENING_MS - DAY_MS;
        for _ in 0..steps {
            if self.clients[0].is_at_work() {
                self.step(scenario, 0);
            }
        }
        self.trace.push("a day later".to_owned());
        self.world.now_ms = EVENING_MS;
        self.world.changed();
        self.clients = clients;
        (self.time, self.writes) = (0, Vec::new());
    }

    fn key(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.world.key.hash(&mut hasher);
        for client in &self.clients {
            client.is_dead.hash(&mut hasher);
            (
                client.began_at.is_some(),
                client.ended_at > self.clients.iter().filter_map(|client| client.began_at).max(),
            )
                .hash(&mut hasher);
            match &client.end {
                Some(end) => (end.is_ok, &end.code, &end.effects, &end.warnings).hash(&mut hasher),
                None if client.is_dead => {}
                None => client.key.hash(&mut hasher),
            }
        }
        self.late.len().hash(&mut hasher);
        self.overwritten.hash(&mut hasher);
        hasher.finish()
    }

    /// One step of one client.
    fn step(&mut self, scenario: &Scenario, number: usize) {
        let name = ["A", "B"][number];
        let client = &self.clients[number];
        let mut conversation = client.job.start(number as u64 + 1);
        let mut step = conversation.step(Event::Start, self.world.now_ms);
        for event in &client.told {
            step = conversation.step(event.clone(), self.world.now_ms);
        }
        let event = match step {
            Step::Request(request) => self.send(scenario, number, &request),
            Step::Wait { .. } => Event::Waited,
            Step::Prove => {
                let is_new = matches!(client.job.kind, WorkKind::CreateToken | WorkKind::CloneToken);
                if is_new && scenario.stores_apart { Event::NoStore } else { Event::Proved }
            }
            Step::ReadStore => {
                self.trace.push(format!("{name} reads the store"));
                match scenario.store {
                    Kind::Readable => Event::Holds { secret: self.world.store.clone() },
                    _ => Event::Unreadable,
                }
            }
            Step::Store { token, secret } => {
                let fails = number == 0 && !self.clients[0].writes_failed;
                self.clients[number].writes_failed = true;
                let failed = |is_certain| Event::NotStored { message: "sealed".to_owned(), is_certain };
                let (writes, event) = match scenario.store {
                    Kind::FailsBefore if fails => (false, failed(true)),
                    Kind::FailsAfter if fails => (true, failed(false)),
                    Kind::FailsSilently if fails => (false, failed(false)),
                    _ => (true, Event::Stored),
                };
                self.trace.push(format!("{name} stores {}: {event:?}", token.id));
                if writes {
                    self.world.store = Some(secret);
                    self.world.changed();
                }
                event
            }
            Step::Page(_) => Event::Next,
            other => panic!("{other:?}"),
        };
        let mut hasher = DefaultHasher::new();
        self.clients[number].key.hash(&mut hasher);
        hash_event(&event, &mut hasher);
        self.clients[number].key = hasher.finish();
        self.clients[number].told.push(event.clone());
        let ended = match conversation.step(event, self.world.now_ms) {
            Step::Done(outcome) => Some(End {
                is_ok: true,
                code: String::new(),
                effects: conversation.effects(),
                text: format!("{outcome:?}"),
                warnings: conversation.warnings().iter().map(ToString::to_string).collect(),
            }),
            Step::Failed(error) => Some(End {
                is_ok: false,
                code: error.code.to_string(),
                effects: error.effects.clone(),
                text: error.to_string(),
                warnings: error.warnings.iter().map(ToString::to_string).collect(),
            }),
            _ => None,
        };
        if let Some(end) = &ended {
            self.trace.push(format!("{name} ends: {}", if end.is_ok { "done" } else { &end.text }));
            for effect in &end.effects {
                self.trace.push(format!("  {name}: {:?}: {}", effect.state, effect.text));
            }
        }
        self.clients[number].ended_at = ended.is_some().then_some(self.time);
        self.clients[number].end = ended;
    }

    fn send(&mut self, scenario: &Scenario, number: usize, request: &Request) -> Event {
        let name = ["A", "B"][number];
        let path = request.url().split("/clorg/").nth(1).unwrap().to_owned();
        let line = format!("{name} {} {path}", request.method().as_str());
        let is_create = request.method() == Method::Post && path == "tokens";
        if scenario.loses_creates
            && is_create
            && number == 0
            && self.late.is_empty()
            && self.writes.iter().all(|write| write.client != 9)
        {
            self.trace.push(format!("{line}: lost, on its way"));
            self.late.push(request.clone());
            // So that it happens once.
            self.writes.push(Write { client: 9, token_id: String::new(), at: 0 });
            return Event::Failed { message: "connection reset".to_owned(), may_have_arrived: true };
        }
        let response = self.answer(request);
        self.clients[number].began_at.get_or_insert(self.time);
        self.trace.push(format!("{line}: {}", response.status()));
        let words: Vec<&str> = path.split(['/', '?']).collect();
        let token_id = words.get(1).filter(|_| words[0] == "tokens" && path.starts_with("tokens/"));
        if let Some(id) = token_id.filter(|_| request.method() != Method::Get && response.is_success()) {
            let (seen_at, since) = self.clients[number].seen.get(*id).copied().unwrap_or((0, 0));
            let is_lost = |write: &&Write| write.client != number && write.token_id == **id && write.at > seen_at;
            if self.writes.iter().any(|write| is_lost(&write)) {
                assert!(since <= 1, "{} requests between the last look and the write\n{}", since, self.shown());
                self.overwritten.push((*id).to_owned());
            }
            self.writes.push(Write { client: number, token_id: (*id).to_owned(), at: self.time });
        }
        let seen = &mut self.clients[number].seen;
        seen.values_mut().for_each(|(_, since)| *since += 1);
        let body: Json = serde_json::from_slice(response.body()).unwrap_or_default();
        let listed = body["tokens"].as_array().into_iter().flatten();
        for id in listed.chain([&body]).filter_map(|token| token["id"].as_str()) {
            seen.insert(id.to_owned(), (self.time, 0));
        }
        Event::Response(response)
    }

    fn answer(&mut self, request: &Request) -> Response {
        self.time += 1;
        let now_ms = self.world.server_now_ms();
        let reply = self.world.sandbox.answer(request, Some(self.owner.expose()), now_ms);
        if request.method() != Method::Get {
            self.world.changed();
        }
        match reply.outcome {
            ReplyOutcome::Response(response) => response,
            other => panic!("{other:?}"),
        }
    }

    /// What may happen next.
    fn moves(&self) -> Vec<usize> {
        let mut moves: Vec<usize> =
            (0..self.clients.len()).filter(|number| self.clients[*number].is_at_work()).collect();
        if !self.late.is_empty() {
            moves.push(2);
        }
        moves
    }

    fn go(&mut self, scenario: &Scenario, number: usize) {
        if number == 2 {
            let request = self.late.remove(0);
            let status = self.answer(&request).status();
            self.trace.push(format!("the lost create arrives: {status}"));
        } else {
            self.step(scenario, number);
        }
    }

    fn shown(&self) -> String {
        self.trace.join("\n")
    }
}

fn hash_event(event: &Event, into: &mut DefaultHasher) {
    match event {
        Event::Response(response) => {
            let body: Json = serde_json::from_slice(response.body()).unwrap_or_default();
            let body = match body {
                Json::Object(mut members) => {
                    members.remove("requestId");
                    Json::Object(members)
                }
                body => body,
            };
            (response.status(), body.to_string()).hash(into);
        }
        Event::Holds { secret } => secret.as_ref().map(Secret::expose).hash(into),
        other => format!("{other:?}").hash(into),
    }
}

// ---- the exploration -------------------------------------------------------------------------------------------------

struct Explorer<'s> {
    scenario: &'s Scenario,
    explored: Explored,
    /// Runs of nights that were looked at, by what they began with.
    nights: HashSet<u64>,
    /// Crashed runs that were looked at.
    crashed: HashSet<u64>,
}

/// Explores every order of the steps of both jobs, and checks each state.
pub(crate) fn explore(scenario: &Scenario) -> Explored {
    let mut explorer = Explorer {
        scenario,
        explored: Explored { scenarios: 1, ..Explored::default() },
        nights: HashSet::new(),
        crashed: HashSet::new(),
    };
    let first = Node::new(scenario);
    let mut orders: HashMap<u64, f64> = HashMap::new();
    explorer.visit(first, &mut orders);
    explorer.explored.states = orders.len();
    explorer.explored
}

impl Explorer<'_> {
    /// How many orders lead on from here.
    fn visit(&mut self, node: Node, known: &mut HashMap<u64, f64>) -> f64 {
        let key = node.key();
        if let Some(orders) = known.get(&key) {
            return *orders;
        }
        self.check_moment(&node);
        let moves = node.moves();
        if moves.is_empty() {
            self.check_end(&node);
            self.nights(&node);
            known.insert(key, 1.0);
            return 1.0;
        }
        for number in 0..node.clients.len() {
            if node.clients[number].is_at_work() && !node.clients[number].told.is_empty() {
                let mut crashed = node.clone();
                crashed.clients[number].is_dead = true;
                crashed.trace.push(format!("{} is killed", ["A", "B"][number]));
                self.crash(crashed);
            }
        }
        let mut orders = 0.0;
        for number in moves {
            let mut next = node.clone();
            next.go(self.scenario, number);
            orders += self.visit(next, known);
        }
        known.insert(key, orders);
        self.explored.orders = orders;
        orders
    }

    /// The other client goes on to its end, alone.
    fn crash(&mut self, mut node: Node) {
        if !self.crashed.insert(node.key()) {
            return;
        }
        self.explored.crashes += 1;
        while let Some(number) = node.moves().into_iter().next() {
            node.go(self.scenario, number);
            self.check_moment(&node);
        }
        self.check_end(&node);
        self.nights(&node);
    }

    fn fail(&self, node: &Node, why: &str) -> ! {
        let tokens: Vec<String> = node
            .world
            .sandbox
            .tokens()
            .iter()
            .map(|token| format!("  {} `{}` `{}`", token.id, token.name, token.description))
            .collect();
        panic!(
            "{}: {why}\n{}\ntokens:\n{}\nthe store holds the secret of {:?}",
            self.scenario.name,
            node.shown(),
            tokens.join("\n"),
            node.world.stored_id()
        );
    }

    /// What holds at every moment.
    fn check_moment(&self, node: &Node) {
        let deletes = |write: &&Write| {
            node.clients.get(write.client).is_some_and(|client| client.job.kind == WorkKind::DeleteToken)
        };
        let is_asked_for = node
            .world
            .stored_id()
            .is_some_and(|id| node.writes.iter().filter(deletes).any(|write| write.token_id == id));
        if !node.world.store_works && !is_asked_for {
            self.fail(node, "the secret in the store does not work");
        }
    }

    /// What holds when both clients have ended.
    fn check_end(&mut self, node: &Node) {
        let world = &node.world;
        let stranger =
            self.scenario.begin().sandbox.tokens().into_iter().find(|token| token.description == "a stranger");
        if stranger.as_ref().map(|token| &token.id).and_then(|id| world.token(id)) != stranger {
            self.fail(node, "a stranger was touched");
        }
        for client in 0..node.clients.len() {
            self.check_named(node, client);
        }
        self.check_changes(node);
        if self.scenario.creates {
            self.check_created(node);
        }
    }

    /// Every token that a run has written or deleted is named by it; after a success, every token of the line that it left is.
    fn check_named(&self, node: &Node, number: usize) {
        let client = &node.clients[number];
        let Some(end) = &client.end else { return };
        if client.job.is_change() {
            return;
        }
        let names = |id: &str, is_fit: fn(&Effect) -> bool| {
            end.effects.iter().any(|effect| effect.token_id.as_deref() == Some(id) && is_fit(effect))
        };
        // Nothing is said to be gone that is not.
        for effect in end.effects.iter().filter(|effect| effect.action == EffectAction::Delete) {
            let is_there = effect.token_id.as_deref().and_then(|id| node.world.token(id)).is_some();
            if is_there && effect.state == EffectState::Done {
                self.fail(node, &format!("it is not so: {}", effect.text));
            }
        }
        for write in node.writes.iter().filter(|write| write.client == number) {
            let id = write.token_id.as_str();
            let is_named =
                names(id, |effect| effect.state != EffectState::NotDone) || !end.is_ok && end.text.contains(id);
            if !is_named {
                self.fail(node, &format!("{id} was written and is not named"));
            }
        }
        let is_rotation = matches!(client.job.kind, WorkKind::RotateToken | WorkKind::FinishRotation);
        if end.is_ok && is_rotation && node.clients.len() == 1 {
            for token in node.world.line() {
                let is_current = matches!(token.mark(), None | Some(Mark::Settled { .. }));
                let is_fit = |effect: &Effect| {
                    matches!(effect.action, EffectAction::Mark | EffectAction::Leave | EffectAction::Create)
                };
                if !is_current && !names(&token.id, is_fit) {
                    self.fail(node, &format!("{} was left and is not named", token.id));
                }
            }
        }
    }

    /// What a client has changed with success is there, or somebody says that it is not.
    fn check_changes(&mut self, node: &Node) {
        for (number, client) in node.clients.iter().enumerate() {
            let Some(end) = client.end.as_ref().filter(|end| end.is_ok && client.job.is_change()) else { continue };
            let Some(current) = node.world.stored_id().and_then(|id| node.world.token(&id)) else { continue };
            if client.job.is_on(&current) {
                continue;
            }
            // Another change that came after it is a wish of its own.
            let follower = &node.clients[1 - number];
            if follower.job.is_change() && follower.began_at > client.ended_at {
                continue;
            }
            let other = follower.end.as_ref();
            let is_kept = node.world.token(OLD).is_some_and(|old| client.job.is_on(&old));
            let is_warned = end.warnings.iter().any(|warning| warning.contains("was replaced by"));
            let word = client.job.text("name").or(client.job.text("role")).or(client.job.text("description"));
            let is_named = other.is_some_and(|other| {
                other.effects.iter().any(|effect| {
                    effect.text.contains("; unlike") && word.is_none_or(|word| effect.text.contains(word))
                })
            });
            let is_open = other.is_none_or(|other| !other.is_ok);
            if is_named || is_warned || is_kept && is_open {
                continue;
            }
            if !node.overwritten.is_empty() {
                self.explored.windows += 1;
                continue;
            }
            self.fail(node, "a change is lost without a word");
        }
    }

    fn check_created(&self, node: &Node) {
        let succeeded = node.clients.iter().filter(|client| client.end.as_ref().is_some_and(|end| end.is_ok)).count();
        let tokens: Vec<ApiToken> =
            node.world.sandbox.tokens().into_iter().filter(|token| token.name == "New").collect();
        let has_key = |client: &Client| client.job.text("idempotency_key").is_some();
        // A repeat after the end of the other is a new wish.
        let [one, other] = [&node.clients[0], &node.clients[1]];
        let is_after = |one: &Client, other: &Client| one.began_at > other.ended_at && other.ended_at.is_some();
        let is_repeat = is_after(one, other) || is_after(other, one);
        if node.clients.iter().all(has_key) && succeeded > 1 && !is_repeat {
            self.fail(node, "one key made two tokens");
        }
        if succeeded > tokens.len() {
            self.fail(node, "a token that was created is gone");
        }
    }

    // ---- the nights that follow --------------------------------------------------------------------------------------

    fn nights(&mut self, node: &Node) {
        if !self.nights.insert(node.world.key) {
            return;
        }
        let programs: &[&[&str]] = match self.scenario.creates {
            true => &[&["create_token"]],
            false => &[&["rotate_token"], &["finish_rotation"], &["finish_rotation", "rotate_token"]],
        };
        for program in programs {
            self.explored.nights += 1;
            let mut later = node.clone();
            later.trace.push(format!("then every night {}:", program.join(" and ")));
            for night in 1..=NIGHTS {
                later.world.now_ms = EVENING_MS + night * DAY_MS;
                later.world.changed();
                later.trace.push(format!("night {night}"));
                for work in *program {
                    self.night(&mut later, work, night);
                }
            }
            if program.contains(&"rotate_token") && !self.scenario.deletes {
                self.check_tidy(&later);
            }
        }
    }

    fn night(&self, later: &mut Node, work: &str, night: i64) {
        let mut job = Job { kind: WorkKind::named(work).unwrap(), input: serde_json::json!({}) };
        if self.scenario.creates {
            job = self.scenario.jobs[0].clone();
        } else {
            if self.scenario.is_by_name() {
                let line = later.world.line();
                let is_current = |token: &&ApiToken| matches!(token.mark(), None | Some(Mark::Settled { .. }));
                let current = line.iter().rfind(is_current).or(line.last());
                job.input["token_name"] = current.map_or("CI", |token| token.name.as_str()).into();
            } else {
                let current = later.world.stored_id().filter(|id| later.world.token(id).is_some());
                job.input["token_id"] = current.unwrap_or_else(|| OLD.to_owned()).into();
            }
            if work == "rotate_token" {
                job.input["overlap"] = true.into();
                job.input["keep_old"] = self.scenario.jobs[0].input["keep_old"].clone();
            }
        }
        later.clients = vec![Client { writes_failed: true, ..Client::new(job) }];
        later.writes.clear();
        later.late.clear();
        while later.clients[0].end.is_none() {
            later.step(self.scenario, 0);
            self.check_moment_of_night(later);
        }
        let end = later.clients[0].end.clone().unwrap();
        self.check_named(later, 0);
        // A deletion was asked for, or there is nothing to begin with.
        let may_fail = self.scenario.deletes || self.scenario.creates;
        if !end.is_ok && !may_fail && night > 1 {
            self.fail(later, "a night is refused although nobody else is at work");
        }
    }

    fn check_moment_of_night(&self, later: &Node) {
        let was_dead = self.scenario.deletes;
        if !later.world.store_works && !was_dead {
            self.fail(later, "the secret in the store does not work");
        }
    }

    /// One token of the line is left, and what is still kept.
    fn check_tidy(&self, later: &Node) {
        let now_ms = later.world.server_now_ms();
        let mut current = 0;
        for token in later.world.line() {
            match token.mark() {
                Some(Mark::Settled { .. }) | None => current += 1,
                Some(Mark::Replaced { until, .. }) if until.unix_millis() > now_ms => {}
                mark => self.fail(later, &format!("{} is still there: {mark:?}", token.id)),
            }
        }
        if current != 1 {
            self.fail(later, &format!("{current} current tokens are left"));
        }
    }
}

/// Kills a job at each of its steps, lets another one follow, at once or a day later, and checks the same, with the nights
/// that come then.
pub(crate) fn kill_and_follow(scenario: &Scenario, follower: &Job) -> Explored {
    let mut explored = Explored { scenarios: 1, ..Explored::default() };
    for steps in 0.. {
        let mut node = Node::new(scenario);
        node.clients.truncate(1);
        for _ in 0..steps {
            node.step(scenario, 0);
        }
        let is_over = node.clients[0].end.is_some();
        node.trace.push(if is_over { "it ends".to_owned() } else { format!("it is killed after {steps} steps") });
        for gap_ms in [0, DAY_MS] {
            let mut explorer =
                Explorer { scenario, explored: Explored::default(), nights: HashSet::new(), crashed: HashSet::new() };
            let mut later = node.clone();
            later.clients[0].is_dead = true;
            later.clients.push(Client { writes_failed: true, ..Client::new(follower.clone()) });
            later.world.now_ms += gap_ms;
            later.world.changed();
            while later.clients[1].is_at_work() {
                later.step(scenario, 1);
                explorer.check_moment(&later);
            }
            explorer.check_end(&later);
            if gap_ms == 0 {
                explorer.nights(&later);
            }
            explored.states += 1;
            explored.crashes += usize::from(!is_over);
            explored.nights += explorer.explored.nights;
            explored.windows += explorer.explored.windows;
        }
        if is_over {
            return explored;
        }
    }
    explored
}
