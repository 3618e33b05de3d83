//! Writes the roles of a token with one difference, and sees to it that it stays.

use super::Entity;
use crate::{
    Api, ApiToken, Method, Operation, Request, TokenRole, UpdateTokenRoles, Word,
    conversation::{
        diff::is_same_place,
        error::{Failure, FailureCode},
        find,
        journal::Deed,
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

    /// The roles of another token, all of them.
    pub(in crate::conversation) fn like(primary: &TokenRole, roles: Vec<TokenRole>) -> Option<Self> {
        Some(Edit { with: roles, ..Edit::primary(primary, primary.role.clone())? })
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
            if !roles.iter().any(|known| is_same_place(known, role)) {
                roles.push(role.clone());
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
        match &self.role {
            _ if !self.with.is_empty() => Deed {
                plan: format!("give the token {id} its other roles"),
                done: format!("gave the token {id} its other roles"),
                unclear: format!("whether the token {id} has all its roles"),
            },
            Some(role) => Deed {
                plan: format!("give the token {id} the role {} on {place}", shown(role)),
                done: format!("gave the token {id} the role {} on {place}", shown(role)),
                unclear: format!("whether the token {id} has the role {} on {place}", shown(role)),
            },
            None => Deed {
                plan: format!("take the role on {place} from the token {id}"),
                done: format!("took the role on {place} from the token {id}"),
                unclear: format!("whether the token {id} still has its role on {place}"),
            },
        }
    }
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
        talk.write(&deed, &replace(&talk.session.api, &token.id, &roles), UpdateTokenRoles::parse).await?;
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
