//! [`FindToken`], and how every other conversation finds the token that it is about.

use super::{
    error::{Failure, FailureCode},
    line::{Age, Choice, LEFTOVER_AFTER_MS, Place, at_work, sort_by_age},
    owner::Owner,
    stores::Held,
    talk::Talk,
    turn::Turn,
    work::Plan,
};
use crate::{
    Api, ApiError, ApiToken, Code, GetToken, Mark, Operation, Request, Response, Scope, Value, Word,
    fields::fields,
    report::{Given, Report},
    spelling::Path,
    text::{nearest, shown},
};

fields! {
    /// Finds one token by its id or name, and reads it with its roles.
    ///
    /// Names are not unique: one that several tokens have is an error that lists them, but for tokens that replace one
    /// another, of which it finds the current one. An id and a name must agree, and so must an id and a Workspace or
    /// Deployment.
    pub struct FindToken {
        /// The id of the token.
        token_id: text,
        /// The name of the token.
        token_name: text,
        /// The Workspace that the token belongs to.
        workspace_id: text,
        /// The Deployment that the token belongs to.
        deployment_id: text,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "name" => "token_name",
    }
}

impl FindToken<'_> {
    pub(crate) fn plan(&self, _: &Api, report: &mut Report) -> Option<Target> {
        Target::read(report, &self.token_id, &self.token_name, &self.workspace_id, &self.deployment_id)
    }
}

/// Which token is meant.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) token_id: Option<String>,
    pub(crate) token_name: Option<String>,
    /// Where it has to belong.
    pub(crate) owner: Option<Owner>,
    /// Which scope it has to have, wherever it belongs.
    pub(crate) scope: Option<Scope>,
}

impl Plan for Target {
    type Outcome = ApiToken;

    /// To look at a token does no harm, whatever another run does with it.
    async fn run(self, talk: Talk) -> Result<ApiToken, Failure> {
        if self.token_id.is_some() {
            return self.find(&talk).await;
        }
        let place = self.place(&talk).await?;
        let age = Age::now(&talk, LEFTOVER_AFTER_MS);
        let newest = match place.choose(&self.of_name(&place), &Held::Unreadable, &age) {
            Choice::AtWork(tokens) | Choice::Elsewhere(tokens) => tokens.last().map(|token| token.id.clone()),
            _ => None,
        };
        match newest {
            Some(token_id) => self.by_id(&talk, &token_id).await,
            None => self.by_id(&talk, &self.current(&talk, &place)?).await,
        }
    }
}

impl Target {
    pub(super) fn read(
        report: &mut Report,
        token_id: &Value<'_>,
        token_name: &Value<'_>,
        workspace_id: &Value<'_>,
        deployment_id: &Value<'_>,
    ) -> Option<Self> {
        let target = Target::named(report, token_id, token_name);
        let owner = Owner::read(report, workspace_id, deployment_id);
        Some(Target { owner: owner.ok()?, ..target? })
    }

    /// By id and name alone.
    pub(super) fn named(report: &mut Report, token_id: &Value<'_>, token_name: &Value<'_>) -> Option<Self> {
        let id_at = Path::field("token_id");
        let id = report.id(id_at, token_id);
        let name = report.free_text(Path::field("token_name"), token_name);
        if id.is_absent() && name.is_absent() {
            let help = format!("give {} or {}", report.named("token_id"), report.named("token_name"));
            report.missing(id_at, &help);
        }
        if matches!(id, Given::Wrong) || matches!(name, Given::Wrong) {
            return None;
        }
        let (token_id, token_name) = (id.value().map(str::to_owned), name.value().map(str::to_owned));
        (token_id.is_some() || token_name.is_some()).then_some(Target {
            token_id,
            token_name,
            owner: None,
            scope: None,
        })
    }

    /// The same token, which has to belong there.
    #[cfg(feature = "cli")]
    pub(crate) fn of_owner(self, owner: Owner) -> Self {
        Target { owner: Some(owner), ..self }
    }

    /// The id, where nothing has to be read to know that it is the right one.
    pub(super) fn certain_id(&self) -> Option<&str> {
        let is_certain = self.token_name.is_none() && self.owner.is_none() && self.scope.is_none();
        self.token_id.as_deref().filter(|_| is_certain)
    }

    /// The one token that is meant, as it is now, with its roles where Astro tells them.
    pub(super) async fn find(&self, talk: &Talk) -> Result<ApiToken, Failure> {
        match &self.token_id {
            Some(token_id) => self.by_id(talk, token_id).await,
            // A list may leave the roles out, and may be older than the token itself.
            None => self.by_id(talk, &self.by_name(talk).await?).await,
        }
    }

    /// The token that is meant, and the right to change it: it is read when nobody else of the session changes it any more.
    pub(super) async fn find_to_change(&self, talk: &Talk) -> Result<(ApiToken, Turn), Failure> {
        let token_id = match &self.token_id {
            Some(token_id) => token_id.clone(),
            None => self.by_name(talk).await?,
        };
        let turn = talk.turn(&token_id).await?;
        let token = self.by_id(talk, &token_id).await?;
        warn_of_replaced(talk, &token)?;
        Ok((token, turn))
    }

    pub(super) async fn by_id(&self, talk: &Talk, token_id: &str) -> Result<ApiToken, Failure> {
        let token = read(talk, token_id).await?;
        self.check(&token)?;
        Ok(token)
    }

    /// The id of the one token of this name. A token that is being rotated is found by its name all the time, and so is
    /// its successor from then on.
    async fn by_name(&self, talk: &Talk) -> Result<String, Failure> {
        self.current(talk, &self.place(talk).await?)
    }

    fn current(&self, talk: &Talk, place: &Place) -> Result<String, Failure> {
        let age = Age::now(talk, LEFTOVER_AFTER_MS);
        let chosen = self.choose(place, &Held::Unreadable, &age)?;
        for other in self.of_name(place) {
            if let Some(Mark::Replaced { by, until, .. }) = other.mark()
                && by == chosen.id
            {
                let message = format!(
                    "{} has the same name: it was replaced by {} and lives until {until}",
                    shown(&other.id),
                    shown(&by)
                );
                let help = "this is about its replacement alone; pass the id to change the other one too".to_owned();
                warn(talk, message, help)?;
            }
        }
        Ok(chosen.id.clone())
    }

    /// That a token is the one that is meant.
    pub(super) fn check(&self, token: &ApiToken) -> Result<(), Failure> {
        if let Some(name) = self.token_name.as_ref().filter(|name| **name != token.name) {
            let message =
                format!("the token {} is called {}, not {}", shown(&token.id), shown(&token.name), shown(name));
            return Err(Failure::new(FailureCode::Mismatch, message, "pass one of the two; nothing was changed"));
        }
        if let Some(scope) = self.scope.filter(|scope| token.scope != Word::Known(*scope)) {
            let owner = Owner { scope, entity_id: None };
            owner.check(token)?;
        }
        self.owner.as_ref().map_or(Ok(()), |owner| owner.check(token))
    }

    /// The tokens among which the name is looked for.
    pub(super) async fn place(&self, talk: &Talk) -> Result<Place, Failure> {
        Place::list(talk, self.owner.as_ref()).await
    }

    /// The tokens that have the name, oldest first.
    pub(super) fn of_name<'p>(&self, place: &'p Place) -> Vec<&'p ApiToken> {
        let mut named: Vec<&ApiToken> = place
            .tokens
            .iter()
            .filter(|token| self.may_be(token) && Some(&token.name) == self.token_name.as_ref())
            .collect();
        sort_by_age(&mut named);
        named
    }

    /// Whether the token may belong there. A wrong scope is certain in a list; the entity may not be, and is checked when the
    /// token was read.
    fn may_be(&self, token: &ApiToken) -> bool {
        let scope = self.scope.or(self.owner.as_ref().map(|owner| owner.scope));
        scope.is_none_or(|scope| token.scope == Word::Known(scope))
            && self.owner.as_ref().is_none_or(|owner| owner.owns(token) != Some(false))
    }

    /// The one token of the name that is meant.
    pub(super) fn choose<'p>(&self, place: &'p Place, held: &Held, age: &Age) -> Result<&'p ApiToken, Failure> {
        let named = self.of_name(place);
        if named.is_empty() {
            return Err(self.not_found(place));
        }
        match place.choose(&named, held, age) {
            Choice::One(token) => Ok(token),
            Choice::Several(tokens) => Err(self.ambiguous(tokens)),
            Choice::AtWork(tokens) => Err(at_work(tokens, held, age)),
            Choice::Elsewhere(tokens) => Err(self.elsewhere(place, &tokens)),
        }
    }

    pub(super) fn not_found(&self, place: &Place) -> Failure {
        let name = self.token_name.as_deref().unwrap_or_default();
        let others: Vec<&str> =
            place.tokens.iter().filter(|token| self.may_be(token)).map(|token| token.name.as_str()).collect();
        let help = match nearest(name, others.iter().copied()) {
            Some(near) => format!("did you mean {}?", shown(near)),
            None if others.len() == 1 => "one other token was looked at; check where the token belongs".to_owned(),
            None => format!("{} other tokens were looked at; check where the token belongs", others.len()),
        };
        Failure::new(FailureCode::NotFound, format!("there is no token called {}", shown(name)), help)
    }

    pub(super) fn ambiguous<'t>(&self, tokens: impl IntoIterator<Item = &'t ApiToken>) -> Failure {
        let tokens: Vec<&ApiToken> = tokens.into_iter().collect();
        let name = shown(self.token_name.as_deref().unwrap_or_default());
        let message = format!("{} tokens are called {name}", tokens.len());
        let help = "pass the id of the one that is meant; nothing was changed";
        Failure::new(FailureCode::Ambiguous, message, help).among(tokens)
    }

    /// The tokens that have the name are not the current ones of their lines.
    fn elsewhere(&self, place: &Place, tokens: &[&ApiToken]) -> Failure {
        let name = shown(self.token_name.as_deref().unwrap_or_default());
        let newest = tokens.last().and_then(|token| Some((*token, token.mark()?)));
        let (token, relation, other) = match newest {
            Some((token, Mark::Replaced { by, .. })) => (token, "was replaced by", by),
            Some((token, Mark::Pending { of, .. })) => (token, "was made to replace", of),
            _ => return self.not_found(place),
        };
        let subject = format!("the token {}, called {name}, {relation} {}", shown(&token.id), shown(&other));
        let (message, help) = match place.get(&other) {
            Some(current) => (
                format!("{subject}, which is called {}", shown(&current.name)),
                "use that name, or pass an id; nothing was changed".to_owned(),
            ),
            None => (
                format!("{subject}, and that is gone"),
                format!("pass the id {} to go on with it, or delete it; nothing was changed", shown(&token.id)),
            ),
        };
        Failure::new(FailureCode::NotFound, message, help).among(tokens.iter().copied())
    }
}

/// Warns of a change of a token that was replaced: its replacement does not get it.
pub(super) fn warn_of_replaced(talk: &Talk, token: &ApiToken) -> Result<(), Failure> {
    let Some(Mark::Replaced { by, until, .. }) = token.mark() else { return Ok(()) };
    let message = format!("the token {} was replaced by {} and lives until {until}", shown(&token.id), shown(&by));
    warn(talk, message, format!("change {} instead, or too", shown(&by)))
}

fn warn(talk: &Talk, message: String, help: String) -> Result<(), Failure> {
    let mut report = talk.session.api.report();
    report.push(Code::ReplacedToken, None, None, message, help);
    talk.judge(report)
}

/// The request that reads a token. The id is one of Astro's own, or was checked before.
fn get(api: &Api, token_id: &str) -> Request {
    let url = crate::operations::token_url(api, token_id, "");
    Request::from_parts(crate::Method::Get, url, None)
}

/// Reads the answer about a token, which has to be the one that was asked for: a cache or proxy may answer with another.
pub(super) fn about(
    token_id: &str,
    parse: fn(&Response) -> Result<ApiToken, ApiError>,
) -> impl Fn(&Response) -> Result<ApiToken, ApiError> {
    move |response| {
        let token = parse(response)?;
        if token.id == token_id {
            return Ok(token);
        }
        let reason = format!("the answer is about the token {}, not {}", shown(&token.id), shown(token_id));
        Err(ApiError::unreadable(response, &reason))
    }
}

/// Reads a token as it is now.
pub(super) async fn read(talk: &Talk, token_id: &str) -> Result<ApiToken, Failure> {
    let outcome = talk.read(&get(&talk.session.api, token_id), &about(token_id, GetToken::parse)).await;
    outcome.map_err(|trouble| {
        let is_missing = trouble.status() == Some(404);
        let failure = Failure::from(trouble);
        if is_missing {
            let message = format!("there is no token with the id {}", shown(token_id));
            let help = Some("check the id, and that the credential belongs to the same Organization".to_owned());
            Failure { code: FailureCode::NotFound, message, help, ..failure }
        } else {
            failure
        }
    })
}

/// Reads a token as it is now; `None`: it is gone.
pub(super) async fn read_if_there(talk: &Talk, token_id: &str) -> Result<Option<ApiToken>, Failure> {
    match read(talk, token_id).await {
        Ok(token) => Ok(Some(token)),
        Err(failure) if failure.code == FailureCode::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}
