//! Narrower roles that lose the wider one above them.

use serde::Deserialize;

use super::Entity;
use crate::{
    Api, ApiToken, ApiVersion, Code, EntityType, Method, Request, Response, TokenRole, Word,
    answer::{self, Ids},
    conversation::{
        error::Failure,
        pages::{PAGE, Paging},
        talk::Talk,
    },
    request::{push_encoded, push_query},
    text::shown,
};

/// The roles below one.
pub(super) struct Narrower {
    pub(super) roles: Vec<TokenRole>,
    /// Whether there may be more, because the Deployments of the Workspace could not be read, or not all of them.
    pub(super) may_be_more: bool,
}

/// The roles on Deployments of this Workspace and on their DAGs, or on DAGs of this Deployment.
pub(super) async fn below(talk: &Talk, token: &ApiToken, entity: &Entity) -> Result<Narrower, Failure> {
    let roles = token.roles.as_deref().unwrap_or_default();
    let deployment_of = |role: &TokenRole| match role.entity_type {
        Word::Known(EntityType::Deployment) => Some(role.entity_id.clone()),
        Word::Known(EntityType::Dag | EntityType::DagTag) => role.deployment_id.clone(),
        _ => None,
    };
    let below = |deployments: &[String]| -> Vec<TokenRole> {
        let is_below = |role: &&TokenRole| {
            !entity.is_of(role) && deployment_of(role).is_some_and(|deployment| deployments.contains(&deployment))
        };
        roles.iter().filter(is_below).cloned().collect()
    };
    if entity.entity_type == EntityType::Deployment {
        return Ok(Narrower { roles: below(std::slice::from_ref(&entity.id)), may_be_more: false });
    }
    // Most tokens have no such roles, and then nothing has to be read.
    if !roles.iter().any(|role| deployment_of(role).is_some()) {
        return Ok(Narrower { roles: Vec::new(), may_be_more: false });
    }
    let Deployments { ids, is_complete } = deployments(talk, &entity.id).await?;
    Ok(Narrower { roles: below(&ids), may_be_more: !is_complete })
}

/// Warns of the roles that are left behind.
pub(super) fn warn(talk: &Talk, entity: &Entity, narrower: &Narrower, strict: bool) -> Result<(), Failure> {
    let place = entity.shown();
    let mut message = match narrower.roles.as_slice() {
        [] if narrower.may_be_more => {
            format!("the Deployments of {place} cannot all be read, so roles on them may stay behind")
        }
        [] => return Ok(()),
        [role] => format!("a narrower role than the one on {place} stays behind: {}", listed(role)),
        roles => {
            let list: Vec<String> = roles.iter().map(listed).collect();
            format!("{} narrower roles than the one on {place} stay behind: {}", roles.len(), list.join(", "))
        }
    };
    if narrower.may_be_more && !narrower.roles.is_empty() {
        message.push_str("; there may be more, as its Deployments cannot all be read");
    }
    let mut report = talk.session.api.report();
    let help = if strict && narrower.may_be_more {
        "use a credential that may read them".to_owned()
    } else {
        format!("give {} to remove them too", report.named("remove_orphans"))
    };
    report.push(Code::OrphanedGrants, None, None, message, help);
    talk.judge(report)
}

/// Warns where not all roles that are to be removed too can be found.
pub(super) fn warn_of_unseen(talk: &Talk, entity: &Entity, narrower: &Narrower) -> Result<(), Failure> {
    if !narrower.may_be_more {
        return Ok(());
    }
    let message = format!("the Deployments of {} cannot all be read, so roles on them may stay behind", entity.shown());
    let mut report = talk.session.api.report();
    report.push(Code::OrphanedGrants, None, None, message, "use a credential that may read them".to_owned());
    talk.judge(report)
}

/// `DEPLOYMENT_ADMIN` on `cldep`
fn listed(role: &TokenRole) -> String {
    format!("{} on {}", shown(&role.role), shown(&role.entity_id))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    deployments: Vec<Deployment>,
    total_count: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployment {
    id: String,
    workspace_id: String,
}

impl Ids for Page {
    fn wrong_id(&self) -> Option<&str> {
        answer::first_wrong(self.deployments.iter().flat_map(|it| [it.id.as_str(), it.workspace_id.as_str()]))
    }
}

/// The Deployments of a Workspace, as far as they could be read.
struct Deployments {
    ids: Vec<String>,
    is_complete: bool,
}

/// The ids of the Deployments of a Workspace. A token may be allowed to manage tokens and not to see Deployments.
///
/// Source: `GET /organizations/{organizationId}/deployments`, in v1beta1 a part of the platform API.
async fn deployments(talk: &Talk, workspace_id: &str) -> Result<Deployments, Failure> {
    fn read(response: &Response) -> Result<Page, crate::ApiError> {
        answer::read(response)
    }
    let (mut ids, mut paging) = (Vec::new(), Paging::default());
    let is_complete = loop {
        let offset = match paging.next() {
            Ok(Some(offset)) => offset,
            Ok(None) => break true,
            Err(_) => break false,
        };
        let mut page = match talk.read(&request(&talk.session.api, workspace_id, offset), &read).await {
            Ok(page) => page,
            Err(trouble) if trouble.is_cancelled() => return Err(Failure::cancelled()),
            Err(_) => break false,
        };
        let taken = paging.take(&mut page.deployments, page.total_count, |deployment| &deployment.id);
        let mine = page.deployments.into_iter().filter(|deployment| deployment.workspace_id == workspace_id);
        ids.extend(mine.map(|deployment| deployment.id));
        if taken.is_err() {
            break false;
        }
    };
    Ok(Deployments { ids, is_complete })
}

fn request(api: &Api, workspace_id: &str, offset: i64) -> Request {
    let version = match api.version() {
        ApiVersion::V1 => "v1",
        ApiVersion::V1Beta1 => "platform/v1beta1",
    };
    let mut url = format!("{}/{version}/organizations/", api.base_url());
    push_encoded(&mut url, api.organization_id());
    url.push_str("/deployments");
    let mut first = true;
    push_query(&mut url, &mut first, "workspaceIds", workspace_id);
    push_query(&mut url, &mut first, "limit", &PAGE.to_string());
    push_query(&mut url, &mut first, "offset", &offset.to_string());
    Request::from_parts(Method::Get, url, None)
}
