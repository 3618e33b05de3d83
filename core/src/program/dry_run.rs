//! `--dry-run`: what would be written is printed, and answered as Astro would.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::{ApiToken, OperationKind, Request, Response, Timestamp};

/// The id and the secret of a token that would be made.
const NEW_TOKEN: &str = "NEW_TOKEN";

/// The tokens that were read, as they would be after what was written.
#[derive(Default)]
pub(super) struct DryRun {
    tokens: BTreeMap<String, Json>,
    /// How many writes were printed.
    pub(super) writes: usize,
}

/// A write as it is printed: one JSON object, the body in it as it is sent.
pub(super) fn line(request: &Request) -> String {
    let headers: Map<String, Json> =
        request.headers().iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value))).collect();
    let body = request.body().map_or_else(|| "null".into(), String::from_utf8_lossy);
    format!(
        "{{\"method\":{},\"url\":{},\"headers\":{},\"body\":{body}}}\n",
        Json::from(request.method().as_str()),
        Json::from(request.url()),
        Json::from(headers),
    )
}

impl DryRun {
    /// The token as it would be now, where something would have been written to it.
    pub(super) fn read(&self, request: &Request) -> Option<Response> {
        if request.operation() != Some(OperationKind::GetToken) {
            return None;
        }
        self.tokens.get(id(request)).filter(|token| token["isChanged"] == true).map(answer)
    }

    /// Keeps what was read, and shows a list as it would be after what would have been written.
    pub(super) fn shown(&mut self, request: &Request, response: Response) -> Response {
        let Ok(mut read) = serde_json::from_slice::<Json>(response.body()) else { return response };
        match request.operation() {
            Some(OperationKind::GetToken) if response.is_success() => {
                self.tokens.insert(id(request).to_owned(), read);
                response
            }
            Some(OperationKind::ListTokens) if response.is_success() => {
                self.overlay(&mut read);
                Response::new(response.status(), response.headers().to_vec(), stripped(&read).to_string())
            }
            _ => response,
        }
    }

    fn overlay(&mut self, page: &mut Json) {
        let (offset, total) = (page["offset"].as_i64().unwrap_or_default(), page["totalCount"].as_i64());
        let Some(listed) = page["tokens"].as_array_mut() else { return };
        let count = i64::try_from(listed.len()).unwrap_or_default();
        for token in listed.iter_mut() {
            let id = token["id"].as_str().unwrap_or_default().to_owned();
            let known = self.tokens.entry(id).or_insert_with(|| token.clone());
            token.clone_from(known);
        }
        if let Some(new) = self.tokens.get(NEW_TOKEN) {
            if total.is_some_and(|total| offset + count >= total) {
                listed.push(new.clone());
            }
            page["totalCount"] = total.map(|total| total + 1).into();
        }
    }

    /// Answers a write as Astro would.
    pub(super) fn write(&mut self, request: &Request, now_ms: i64) -> Response {
        self.writes += 1;
        let body = request.body().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or(Json::Null);
        let operation = request.operation();
        let id = if operation == Some(OperationKind::CreateToken) { NEW_TOKEN } else { id(request) };
        let token = self.tokens.entry(id.to_owned()).or_insert_with(|| blank(id, now_ms));
        token["isChanged"] = true.into();
        match operation {
            Some(OperationKind::CreateToken) => {
                create(token, &body, request);
                let mut created = token.clone();
                created["token"] = NEW_TOKEN.into();
                answer(&created)
            }
            Some(OperationKind::UpdateToken) => {
                for field in ["name", "description"].into_iter().filter(|field| body.get(field).is_some()) {
                    token[field] = body[field].clone();
                }
                answer(token)
            }
            Some(OperationKind::UpdateTokenRoles) => {
                token["roles"] = body["roles"].clone();
                answer(&json!({}))
            }
            Some(OperationKind::RotateToken) => {
                let mut rotated = token.clone();
                rotated["token"] = NEW_TOKEN.into();
                answer(&rotated)
            }
            _ => Response::new(204, [("content-length", "0")], Vec::new()),
        }
    }
}

/// The id in the URL of a request about one token.
pub(super) fn id(request: &Request) -> &str {
    let path = request.url().split('?').next().unwrap_or_default();
    path.rsplit_once("/tokens/").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default()
}

fn answer(json: &Json) -> Response {
    Response::new(200, [("content-type", "application/json")], stripped(json).to_string())
}

/// Without what is noted about the tokens in it.
fn stripped(json: &Json) -> Json {
    fn strip(token: &mut Json) {
        token.as_object_mut().map(|members| members.remove("isChanged"));
    }
    let mut json = json.clone();
    strip(&mut json);
    json.get_mut("tokens").and_then(Json::as_array_mut).into_iter().flatten().for_each(strip);
    json
}

/// A token of which nothing is known.
fn blank(id: &str, now_ms: i64) -> Json {
    let now = Timestamp::from_unix_millis(now_ms).to_string();
    json!({
        "id": id, "name": "", "description": "", "scope": "ORGANIZATION", "shortToken": "",
        "startAt": now, "createdAt": now, "updatedAt": now,
    })
}

/// Fills in what a create says.
fn create(token: &mut Json, body: &Json, request: &Request) {
    let scope = body.get("scope").or(body.get("type")).cloned().unwrap_or_default();
    let organization_id = request.url().rsplit_once("/organizations/").map(|(_, rest)| rest);
    let organization_id = organization_id.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let entity_id = body.get("entityId").cloned().unwrap_or_else(|| organization_id.into());
    token["roles"] = json!([{"entityType": scope, "entityId": entity_id, "role": body["role"]}]);
    token["scope"] = scope;
    for (field, from) in [
        ("name", "name"),
        ("description", "description"),
        ("kind", "kind"),
        ("expiryPeriodInDays", "tokenExpiryPeriodInDays"),
    ] {
        if let Some(value) = body.get(from) {
            token[field] = value.clone();
        }
    }
}

/// Whether a secret is none: nothing was made.
pub(super) fn is_pretended(token: &ApiToken) -> bool {
    token.id == NEW_TOKEN || token.token.as_ref().is_some_and(|secret| secret.expose() == NEW_TOKEN)
}
