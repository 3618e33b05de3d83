//! Writes the roles of a token with one difference, and sees to it that it stays.

use super::Entity;
use crate::{
    Api, ApiToken, Method, Operation, Request, TokenRole, UpdateTokenRoles, Word,
    conversation::{
        diff::{RoleDiff, is_same_place},
        error::{Failure, FailureCode},
        find,
        journal::{Deed, EffectAction},
        owner::primary_role,
        talk::Talk,
    },
    operations::token_url,
    text::shown,
};

/// How often the roles are written at most, when another writer takes them back each time.
const ROUNDS: usize = 3;

/// What is to be different about the roles of a token.
pub(in crate::conversation) struct Edit {
    entity: Entity,
    /// The role to have there; `None`: none at all.
    role: Option<String>,
    /// Roles to take away besides.
    without: Vec<TokenRole>,
    /// Roles to have besides.
    with: Vec<TokenRole>,
}

impl Edit {
    pub(in crate::conversation) fn put(entity: Entity, role: String) -> Self {
        Edit { entity, role: Some(role), without: Vec::new(), with: Vec::new() }
    }

    pub(in crate::conversation) fn remove(entity: Entity, without: Vec<TokenRole>) -> Self {
        Edit { entity, role: None, without, with: Vec::new() }
    }

    /// The role on the entity of the token's own scope becomes another one.
    pub(in crate::conversation) fn primary(primary: &TokenRole, role: String) -> Option<Self> {
        let entity = Entity { entity_type: primary.entity_type.known()?, id: primary.entity_id.clone() };
        Some(Edit::put(entity, role))
    }

    /// What became of the roles of another token.
    fn like(primary: &TokenRole, diff: RoleDiff) -> Option<Self> {
        let changed = diff.changed.into_iter().map(|(_, new)| new);
        let with = diff.added.into_iter().chain(changed).collect();
        Some(Edit { with, without: diff.removed, ..Edit::primary(primary, primary.role.clone())? })
    }

    /// The roles as they shall be; `None`: they are so already. Everything else about them stays.
    fn apply(&self, token: &ApiToken) -> Option<Vec<TokenRole>> {
        let mut roles: Vec<TokenRole> = token.roles.clone().unwrap_or_default();
        match &self.role {
            Some(role) => match roles.iter_mut().find(|known| self.entity.is_of(known)) {
                Some(known) => known.role.clone_from(role),
                None => roles.push(TokenRole {
                    entity_type: Word::Known(self.entity.entity_type),
                    entity_id: self.entity.id.clone(),
                    role: role.clone(),
                    deployment_id: None,
                    extra: crate::Extra::new(),
                }),
            },
            None => roles.retain(|role| !self.entity.is_of(role)),
        }
        roles.retain(|role| !self.without.iter().any(|other| is_same_place(role, other)));
        for role in &self.with {
            match roles.iter_mut().find(|known| is_same_place(known, role)) {
                Some(known) => *known = role.clone(),
                None => roles.push(role.clone()),
            }
        }
        (Some(&roles) != token.roles.as_ref()).then_some(roles)
    }

    /// The token as it would be, and whether that differs.
    pub(super) fn preview(&self, token: ApiToken) -> (ApiToken, bool) {
        match self.apply(&token) {
            Some(roles) => (ApiToken { roles: Some(roles), ..token }, true),
            None => (token, false),
        }
    }

    fn deed(&self, token: &ApiToken) -> Deed {
        let (id, place) = (shown(&token.id), self.entity.shown());
        let (plan, done, unclear) = match &self.role {
            _ if !self.with.is_empty() || self.role.is_some() && !self.without.is_empty() => (
                format!("give the token {id} its other roles"),
                format!("gave the token {id} its other roles"),
                format!("whether the token {id} has all its roles"),
            ),
            Some(role) => (
                format!("give the token {id} the role {} on {place}", shown(role)),
                format!("gave the token {id} the role {} on {place}", shown(role)),
                format!("whether the token {id} has the role {} on {place}", shown(role)),
            ),
            None => (
                format!("take the role on {place} from the token {id}"),
                format!("took the role on {place} from the token {id}"),
                format!("whether the token {id} still has its role on {place}"),
            ),
        };
        Deed::new(EffectAction::SetRoles, &token.id, plan, done, unclear)
    }
}

/// What became of the roles of one token becomes of those of another, whose secret stays with it.
pub(in crate::conversation) async fn apply(talk: &Talk, token: ApiToken, diff: RoleDiff) -> Result<ApiToken, Failure> {
    if diff.is_empty() {
        return Ok(token);
    }
    let secret = token.token.clone();
    let token = if token.roles.is_none() { find::read(talk, &token.id).await? } else { token };
    let Some(edit) = primary_role(&token).and_then(|primary| Edit::like(primary, diff)) else {
        let message = format!("Astro does not tell the roles of the token {}", shown(&token.id));
        let help = "it cannot get the same as another one; use a credential that may read its roles";
        return Err(Failure::new(FailureCode::Unverifiable, message, help));
    };
    let (written, _) = rewrite(talk, token, &edit).await?;
    Ok(ApiToken { token: secret, ..written })
}

/// A token that was just made gets its further roles.
pub(in crate::conversation) async fn set_roles(
    talk: &Talk,
    token: ApiToken,
    further: &[TokenRole],
) -> Result<ApiToken, Failure> {
    let has = |role: &&TokenRole| token.roles.iter().flatten().any(|known| known == *role);
    let added = further.iter().filter(|role| !has(role)).cloned().collect();
    apply(talk, token, RoleDiff { added, ..RoleDiff::default() }).await
}

/// Writes until the roles are as they shall be, as read afterwards. The token as it is then, and whether anything had to be
/// written.
pub(in crate::conversation) async fn rewrite(
    talk: &Talk,
    mut token: ApiToken,
    edit: &Edit,
) -> Result<(ApiToken, bool), Failure> {
    let mut written = false;
    for _ in 0..ROUNDS {
        let Some(roles) = edit.apply(&token) else { return Ok((token, written)) };
        let deed = edit.deed(&token);
        talk.plan(&deed);
        talk.write(&deed, &replace(&talk.session.api, &token.id, &roles), &UpdateTokenRoles::parse).await?;
        written = true;
        token = find::read(talk, &token.id).await?;
    }
    if edit.apply(&token).is_none() {
        return Ok((token, written));
    }
    let deed = edit.deed(&token);
    talk.journal(|journal| journal.undone(&deed));
    let message = format!("the roles of the token {} were written {ROUNDS} times and changed back", shown(&token.id));
    let help = "another program writes them at the same time; find it, then try again";
    Err(Failure::new(FailureCode::LostUpdate, message, help))
}

/// The request that replaces the roles. They are the token's own, with one difference, so what this release does not know
/// about them goes back as it came.
fn replace(api: &Api, token_id: &str, roles: &[TokenRole]) -> Request {
    let body = serde_json::json!({ "roles": roles }).to_string().into_bytes();
    Request::from_parts(Method::Post, token_url(api, token_id, "/roles"), Some(body))
}
