//! [`UpdateToken`]: name, description and role of a token.

use super::{
    error::{Cause, Failure, FailureCode},
    find::{self, Target},
    journal::{Deed, EffectAction},
    owner::primary_role,
    roles::{Edit, rewrite},
    send::Trouble,
    talk::Talk,
    work::Plan,
};
use crate::{
    Api, ApiToken, Code, Mark, Operation, Value,
    fields::fields,
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

fields! {
    /// Changes the name, description or role of a token; what is not given stays as it is.
    ///
    /// Everything is validated before anything is written: the role too, which needs the scope of the token. Where nothing
    /// changes, nothing is sent.
    pub struct UpdateToken {
        /// The id of the token.
        token_id: text,
        /// The name that finds the token.
        token_name: text,
        /// The Workspace that the token belongs to.
        workspace_id: text,
        /// The Deployment that the token belongs to.
        deployment_id: text,
        /// The name that the token shall have.
        name: text,
        /// The description that the token shall have; `""` clears it.
        description: text,
        /// The role that the token shall have on the entity of its own scope.
        role: text,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "new_name" => "name",
        "newName" => "name",
    }
}

/// What became of a token.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenUpdate {
    /// The token as it is now.
    pub token: ApiToken,
    /// What was changed: `name`, `description`, `role`. Empty: it was so already, and nothing was sent.
    pub changed: Vec<&'static str>,
    /// The role that the token had, where it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_role: Option<String>,
}

/// What is to be changed.
pub(crate) struct Changes {
    pub(crate) target: Target,
    name: Option<String>,
    description: Option<String>,
    role: Option<String>,
}

impl UpdateToken<'_> {
    pub(crate) fn plan(&self, api: &Api, report: &mut Report) -> Option<Changes> {
        let target = Target::read(report, &self.token_id, &self.token_name, &self.workspace_id, &self.deployment_id);
        let name = match &self.name {
            Value::Absent => None,
            name => Some(report.name(Path::field("name"), name)?.to_owned()),
        };
        let description = match report.description(Path::field("description"), &self.description) {
            // The mark of a rotation is not the caller's to write: see `Mark`.
            Given::Is(description) => Some(Mark::split(description).0.to_owned()),
            Given::Absent => None,
            Given::Wrong => return None,
        };
        let role = match &self.role {
            Value::Absent => None,
            role => {
                // Without an owner only its text can be judged here, and the rest when the token was read.
                let scope = target.as_ref().and_then(|target| target.owner.as_ref()).map(|owner| owner.scope);
                let entity = scope.map(crate::Scope::entity_type);
                Some(report.role(Path::field("role"), role, entity, api.allows_unknown_roles())?.to_owned())
            }
        };
        if name.is_none() && description.is_none() && role.is_none() {
            let fields = ["name", "description", "role"].map(|field| report.named(field));
            let help = format!("give {}, {} or {}", fields[0], fields[1], fields[2]);
            report.push(Code::Required, None, None, "nothing is to be changed".to_owned(), help);
        }
        Some(Changes { target: target?, name, description, role })
    }
}

impl Plan for Changes {
    type Outcome = TokenUpdate;

    async fn run(self, talk: Talk) -> Result<TokenUpdate, Failure> {
        let Changes { target, name, description, role } = self;
        let (mut token, _turn) = target.find_to_change(&talk).await?;

        let role = role.map(|role| edit_of(&talk, &token, role)).transpose()?.flatten();
        let name = name.filter(|name| *name != token.name);
        let description = description.filter(|description| description != token.plain_description());
        let texts = (name.is_some() || description.is_some()).then(|| texts_deed(&token));

        let mut changed = Vec::new();
        if let Some(deed) = &texts {
            talk.plan(deed);
        }
        let mut old_role = None;
        // Of the two, this is the one that Astro refuses more often, so it comes first: nothing is left half done.
        if let Some((edit, old)) = role {
            let (rewritten, written) = rewrite(&talk, token, &edit).await?;
            token = rewritten;
            if written {
                changed.push("role");
                old_role = Some(old);
            }
        }
        if let Some(deed) = texts {
            let written = name.as_deref().unwrap_or(&token.name);
            let marked = description.as_ref().map(|description| match token.mark() {
                Some(mark) => mark.after(description),
                None => description.clone(),
            });
            write_texts(&talk, &deed, &token.id, written, marked.as_deref()).await?;
            token = find::read(&talk, &token.id).await?;
            changed.extend(name.is_some().then_some("name"));
            changed.extend(description.is_some().then_some("description"));
        }
        Ok(TokenUpdate { token, changed, old_role })
    }
}

/// What is new was validated with the caller's strictness before; what is old is Astro's own and passes.
pub(super) fn lenient(api: &Api) -> Api {
    api.clone().lenient()
}

/// Writes the name, and the description where there is one, of a token as they are to stand in Astro.
pub(super) async fn write_texts(
    talk: &Talk,
    deed: &Deed,
    token_id: &str,
    name: &str,
    description: Option<&str>,
) -> Result<ApiToken, Trouble> {
    let mut update = crate::UpdateToken::new(token_id, name);
    if let Some(description) = description {
        update = update.description(description);
    }
    let invalid = |error| Trouble { cause: Some(Cause::Invalid(error)), unclear: false };
    let request = update.request(&lenient(&talk.session.api)).map_err(invalid)?;
    talk.write(deed, &request, &find::about(token_id, crate::UpdateToken::parse)).await
}

fn texts_deed(token: &ApiToken) -> Deed {
    let id = shown(&token.id);
    Deed::new(
        EffectAction::Update,
        &token.id,
        format!("change the name or description of the token {id}"),
        format!("changed the name or description of the token {id}"),
        format!("whether the name or description of the token {id} was changed"),
    )
}

/// The change of the primary role, and the role before it; nothing where the token has this role.
fn edit_of(talk: &Talk, token: &ApiToken, role: String) -> Result<Option<(Edit, String)>, Failure> {
    let api = &talk.session.api;
    let entity = token.scope.known().map(crate::Scope::entity_type);
    let mut report = api.report();
    let value = Value::Text(role.as_str().into());
    report.role(Path::field("role"), &value, entity, api.allows_unknown_roles());
    talk.judge(report)?;
    let primary = primary_role(token).ok_or_else(|| {
        let message = format!("Astro does not tell the roles of the token {}", shown(&token.id));
        let help = "writing them would take away those that it has; use a credential that may read its roles";
        Failure::new(FailureCode::Unverifiable, message, help)
    })?;
    if primary.role == role {
        return Ok(None);
    }
    let old = primary.role.clone();
    Ok(Edit::primary(primary, role).map(|edit| (edit, old)))
}
