//! [`Claims`]: what a token says about itself, without a request.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    Code, Scope, Spelling, Timestamp, ValidationError, base64url,
    not_a_token::{Fault, check_alone, damaged, no_jwt, no_organization, no_permissions},
    plain::is_id,
    report::Report,
};

const FIELD: &str = "token";

/// What a token says about itself: an API token is a JWT, and this is its payload, read and not verified.
///
/// Nobody but Astro can tell whether it is genuine or was rotated since; but a client knows the Organization, the scope
/// and the expiry from it. Nothing here is secret.
///
/// Source: `CustomClaims` in the Astro CLI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// The Organization that the token belongs to.
    pub organization_id: String,
    /// The Workspace of a Workspace token.
    pub workspace_id: Option<String>,
    /// The Deployment of a Deployment token.
    pub deployment_id: Option<String>,
    /// The id of the token itself, where it says.
    pub token_id: Option<String>,
    /// What the token is for, by the narrowest id. (The claim of that name is a scope of OAuth and something else.)
    pub scope: Scope,
    /// What the ids come from, to the letter: `organizationId:clorg`.
    pub permissions: Vec<String>,
    /// When it expires; absent: never.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub issued_at: Option<Timestamp>,
    /// Whether it says that Astro generated it, as API tokens do and other credentials do not.
    pub is_astronomer_generated: bool,
    /// The version of the claims.
    pub version: Option<String>,
}

/// Reads the claims of a token that can still be used at `now_ms`, in milliseconds since 1970.
///
/// ```
/// let login = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2ln";
/// let error = astro_tokens::inspect(login, 1_795_336_810_000).unwrap_err();
/// assert_eq!(
///     error.problems[0].message,
///     "this is a JWT without permissions, such as a user's login, not an API token"
/// );
/// ```
///
/// # Errors
///
/// [`ValidationError`] with one problem about the field `token`: [`Code::NotAToken`] where the value is something else
/// (its message says what), [`Code::Placeholder`], or [`Code::ExpiredToken`]. It shows nothing of the value.
pub fn inspect(token: &str, now_ms: i64) -> Result<Claims, ValidationError> {
    let claims = Claims::read(token)?;
    claims.check_expiry(now_ms)?;
    Ok(claims)
}

impl Claims {
    /// Reads the claims of a token, expired or not.
    ///
    /// ```
    /// use astro_tokens::{Claims, Scope};
    ///
    /// // {"permissions": ["organizationId:clorg", "workspaceId:clws"], "exp": 1795336810}
    /// let payload = "eyJwZXJtaXNzaW9ucyI6WyJvcmdhbml6YXRpb25JZDpjbG9yZyIsIndvcmtzcGFjZUlkOmNsd3MiXSwiZXhwIjoxNzk1MzM2ODEwfQ";
    /// let claims = Claims::read(&format!("eyJhbGciOiJSUzI1NiJ9.{payload}.c2ln"))?;
    /// assert_eq!(claims.organization_id, "clorg");
    /// assert_eq!(claims.scope, Scope::Workspace);
    /// assert!(claims.is_expired(1_795_336_810_000));
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`inspect`], but for the expiry.
    pub fn read(token: &str) -> Result<Self, ValidationError> {
        checked(payload(token).and_then(|payload| Claims::of(&payload)))
    }

    /// Whether the token has expired at `now_ms`, in milliseconds since 1970.
    #[must_use]
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at.as_ref().is_some_and(|expires_at| expires_at.unix_millis() <= now_ms)
    }

    /// That the token has not expired at `now_ms`, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with [`Code::ExpiredToken`], which says since when.
    pub fn check_expiry(&self, now_ms: i64) -> Result<(), ValidationError> {
        match &self.expires_at {
            Some(expires_at) if self.is_expired(now_ms) => checked(Err(self.expired(expires_at, now_ms))),
            _ => Ok(()),
        }
    }

    fn of(payload: &Map<String, Json>) -> Result<Self, Fault> {
        let permissions: Option<Vec<&str>> = payload
            .get("permissions")
            .and_then(Json::as_array)
            .map(|all| all.iter().filter_map(Json::as_str).collect());
        let permissions = permissions.filter(|permissions| !permissions.is_empty()).ok_or_else(no_permissions)?;
        let text = |claim: &str| payload.get(claim).and_then(Json::as_str).map(str::to_owned);

        let organization_id = only(&permissions, "organizationId").ok_or_else(no_organization)?;
        let workspace_id = only(&permissions, "workspaceId");
        let deployment_id = only(&permissions, "deploymentId");
        let scope = match (&deployment_id, &workspace_id) {
            (Some(_), _) => Scope::Deployment,
            (None, Some(_)) => Scope::Workspace,
            (None, None) => Scope::Organization,
        };
        Ok(Claims {
            organization_id,
            workspace_id,
            deployment_id,
            token_id: text("apiTokenId").filter(|id| is_id(id)).or_else(|| only(&permissions, "apiTokenId")),
            scope,
            permissions: permissions.into_iter().map(str::to_owned).collect(),
            expires_at: time(payload, "exp")?,
            issued_at: time(payload, "iat")?,
            is_astronomer_generated: payload.get("isAstronomerGenerated").and_then(Json::as_bool).unwrap_or_default(),
            version: text("version"),
        })
    }

    fn expired(&self, expires_at: &Timestamp, now_ms: i64) -> Fault {
        let since = ago(now_ms.saturating_sub(expires_at.unix_millis()));
        let (group, place) = match (self.scope, &self.workspace_id, &self.deployment_id) {
            (Scope::Workspace, Some(id), _) => ("workspace", format!(" --workspace-id {id}")),
            (Scope::Deployment, _, Some(id)) => ("deployment", format!(" --deployment-id {id}")),
            _ => ("organization", String::new()),
        };
        let which = self.token_id.as_deref().map_or(String::new(), |id| format!(" {id}"));
        // Its own command line would take this token from the environment and fail with it.
        let help = format!(
            "rotate it as a user who has logged in, without this token in the environment: \
             `astro {group} token rotate{which}{place}`; or create another with `astro {group} token create`"
        );
        let time = expires_at.as_str();
        let (date, minute) = (time.get(..10).unwrap_or_default(), time.get(11..16).unwrap_or_default());
        Fault::new(Code::ExpiredToken, format!("the token expired on {date} at {minute} UTC, {since}"), help)
    }
}

/// What was read, or the error with the one thing that is wrong.
fn checked<T>(read: Result<T, Fault>) -> Result<T, ValidationError> {
    let mut report = Report::new(Spelling::Snake, false);
    let read = read.map_err(|fault| fault.report(&mut report, FIELD)).ok();
    report.finish("the token", read).map(|(read, _)| read)
}

/// The middle one of the three parts of a JWT.
fn payload(token: &str) -> Result<Map<String, Json>, Fault> {
    check_alone(token)?;
    let parts: Vec<&str> = token.split('.').take(4).collect();
    let [header, payload, signature] = parts.as_slice() else { return Err(no_jwt(token)) };
    if !header.starts_with("eyJ") {
        return Err(no_jwt(token));
    }
    let is_whole =
        [header, signature].iter().all(|part| base64url::decode(part).is_some_and(|bytes| !bytes.is_empty()));
    let payload = base64url::decode(payload).filter(|_| is_whole).ok_or_else(damaged)?;
    serde_json::from_slice(&payload).map_err(|_| damaged())
}

/// The id in the permissions of this kind, if they all name the same. Several would be roles on several entities, and a
/// token has one entity of its own scope.
fn only(permissions: &[&str], kind: &str) -> Option<String> {
    let mut ids = permissions.iter().filter_map(|permission| permission.strip_prefix(kind)?.strip_prefix(':'));
    let id = ids.next().filter(|id| is_id(id))?;
    ids.all(|other| other == id).then(|| id.to_owned())
}

/// A time in seconds since 1970. Source: `NumericDate` in RFC 7519, section 2.
fn time(payload: &Map<String, Json>, claim: &str) -> Result<Option<Timestamp>, Fault> {
    let millis = match payload.get(claim) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Number(number)) => match number.as_i64() {
            Some(seconds) => seconds.saturating_mul(1000),
            None => (number.as_f64().unwrap_or_default() * 1000.0) as i64,
        },
        // A token whose expiry cannot be read must not pass for one that never expires.
        Some(_) => return Err(damaged()),
    };
    Ok(Some(Timestamp::from_unix_millis(millis)))
}

pub(crate) fn ago(millis: i64) -> String {
    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    let (unit, name) = match millis {
        millis if millis >= 2 * DAY => (DAY, "days"),
        millis if millis >= 2 * HOUR => (HOUR, "hours"),
        millis if millis >= 2 * MINUTE => (MINUTE, "minutes"),
        _ => return "just now".to_owned(),
    };
    format!("{} {name} ago", millis / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_told_in_words() {
        for (millis, words) in [
            (0, "just now"),
            (119_999, "just now"),
            (120_000, "2 minutes ago"),
            (7_200_000, "2 hours ago"),
            (172_799_999, "47 hours ago"),
            (172_800_000, "2 days ago"),
            (i64::MAX, "106751991167 days ago"),
        ] {
            assert_eq!(ago(millis), words);
        }
    }
}
