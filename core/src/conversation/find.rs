//! [`FindToken`], and how every other conversation finds the token that it is about.

use super::{
    error::{Failure, FailureCode},
    owner::Owner,
    pages::Filter,
    talk::Talk,
    turn::Turn,
    work::Plan,
};
use crate::{
    Api, ApiToken, GetToken, Operation, Request, Scope, Value, Word,
    fields::fields,
    report::{Given, Report},
    spelling::Path,
    text::{nearest, shown},
};

fields! {
    /// Finds one token by its id or name, and reads it with its roles.
    ///
    /// Names are not unique: one that several tokens bear is an error that lists them. An id and a name have to agree, and
    /// so have an id and a Workspace or Deployment.
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

    async fn run(self, talk: Talk) -> Result<ApiToken, Failure> {
        self.find(&talk).await
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
            None => match self.all(talk).await?.as_slice() {
                // A list may leave the roles out, and may be older than the token itself.
                [token] => self.by_id(talk, &token.id).await,
                several => Err(self.ambiguous(several)),
            },
        }
    }

    /// The token that is meant, and the right to change it: it is read when nobody else of the session changes it any more.
    pub(super) async fn find_to_change(&self, talk: &Talk) -> Result<(ApiToken, Turn), Failure> {
        let token_id = match &self.token_id {
            Some(token_id) => token_id.clone(),
            None => match self.all(talk).await?.as_slice() {
                [token] => token.id.clone(),
                several => return Err(self.ambiguous(several)),
            },
        };
        let turn = talk.turn(&token_id).await?;
        Ok((self.by_id(talk, &token_id).await?, turn))
    }

    async fn by_id(&self, talk: &Talk, token_id: &str) -> Result<ApiToken, Failure> {
        let token = read(talk, token_id).await?;
        if let Some(name) = self.token_name.as_ref().filter(|name| **name != token.name) {
            let message =
                format!("the token {} is called {}, not {}", shown(&token.id), shown(&token.name), shown(name));
            return Err(Failure::new(FailureCode::Mismatch, message, "give one of the two; nothing was changed"));
        }
        self.check(&token)?;
        Ok(token)
    }

    fn check(&self, token: &ApiToken) -> Result<(), Failure> {
        if let Some(scope) = self.scope.filter(|scope| token.scope != Word::Known(*scope)) {
            let owner = Owner { scope, entity_id: None };
            owner.check(token)?;
        }
        self.owner.as_ref().map_or(Ok(()), |owner| owner.check(token))
    }

    /// All tokens of the name, at least one, oldest first.
    pub(super) async fn all(&self, talk: &Talk) -> Result<Vec<ApiToken>, Failure> {
        let name = self.token_name.as_deref().unwrap_or_default();
        let mut filter = Filter::oldest_first(&talk.session.api, self.owner.as_ref());
        let (mut found, mut others) = (Vec::new(), Vec::new());
        while let Some(page) = filter.next(talk).await? {
            for token in page.tokens {
                // A wrong scope is certain in a list; the entity may not be, and is checked when the token was read.
                let scope = self.scope.or(self.owner.as_ref().map(|owner| owner.scope));
                let may_belong = scope.is_none_or(|scope| token.scope == Word::Known(scope))
                    && self.owner.as_ref().is_none_or(|owner| owner.owns(&token) != Some(false));
                if may_belong && token.name == name {
                    found.push(token);
                } else if may_belong {
                    others.push(token.name);
                }
            }
        }
        if found.is_empty() {
            let help = match nearest(name, others.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {}?", shown(near)),
                None if others.len() == 1 => "one other token was looked at; check where the token belongs".to_owned(),
                None => format!("{} other tokens were looked at; check where the token belongs", others.len()),
            };
            return Err(Failure::new(FailureCode::NotFound, format!("there is no token called {}", shown(name)), help));
        }
        found.sort_by(|one, other| one.created_at.cmp(&other.created_at));
        Ok(found)
    }

    pub(super) fn ambiguous(&self, tokens: &[ApiToken]) -> Failure {
        let name = shown(self.token_name.as_deref().unwrap_or_default());
        let message = format!("{} tokens are called {name}", tokens.len());
        let help = "give the id of the one that is meant; nothing was changed";
        Failure::new(FailureCode::Ambiguous, message, help).among(tokens)
    }
}

/// The request that reads a token. The id is one of Astro's own, or was checked before.
fn get(api: &Api, token_id: &str) -> Request {
    let url = crate::operations::token_url(api, token_id, "");
    Request::from_parts(crate::Method::Get, url, None)
}

/// Reads a token as it is now.
pub(super) async fn read(talk: &Talk, token_id: &str) -> Result<ApiToken, Failure> {
    let outcome = talk.read(&get(&talk.session.api, token_id), GetToken::parse).await;
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
