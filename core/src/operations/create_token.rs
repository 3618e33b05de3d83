//! `POST /organizations/{organizationId}/tokens`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/create-an-api-token>

use std::borrow::Cow;

use serde::Serialize;

use super::Draft;
use crate::{
    Api, ApiVersion, Code, EntityType, Method, Scope, Value,
    fields::fields,
    json::Object,
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

/// Source: `tokenExpiryPeriodInDays` in the published schema, and the CLI's help.
const LONGEST_EXPIRATION_DAYS: i64 = 3650;
/// Source: the newer documentation of `astro deployment token create`.
const LONGEST_DOCUMENTED_DEPLOYMENT_DAYS: i64 = 365;

fields! {
    /// Creates a token. Its secret is in the answer to this request and never shown again.
    ///
    /// The scope follows from the ids: with a Workspace it is a Workspace token, with a Deployment a Deployment
    /// token, with neither an Organization token.
    ///
    /// ```
    /// use astro_tokens::{Api, CreateToken, Operation};
    ///
    /// let api = Api::new("clorg")?;
    /// let request = CreateToken::new("CI", "WORKSPACE_MEMBER").workspace_id("clws").expiration_days(30).request(&api)?;
    /// assert_eq!(request.url(), "https://api.astronomer.io/v1/organizations/clorg/tokens");
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    pub struct CreateToken {
        /// The name: 1 to 256 characters. Names are not unique.
        name: text,
        /// The role on the entity of the token's scope: `WORKSPACE_MEMBER`, or for a Deployment also a custom role.
        role: text,
        /// The Workspace of a Workspace token.
        workspace_id: text,
        /// The Deployment of a Deployment token.
        deployment_id: text,
        /// `ORGANIZATION`, `WORKSPACE` or `DEPLOYMENT`; it must agree with the ids, from which it follows.
        scope: text,
        /// The description: at most 500 characters. `""` is sent.
        description: text,
        /// Days until the token expires: 1 to 3650. Not given: it never expires.
        expiration_days: integer,
        /// [`Kind`]: `STANDARD` (Astro's default) or `DIRECT_ACCESS`; v1 only.
        kind: text,
    }
    aliases {
        "tokenExpiryPeriodInDays" => "expiration_days",
        "expiry" => "expiration_days",
        "type" => "scope",
        "entityId" => "workspace_id",
        "entityId" => "deployment_id",
        "entity_id" => "workspace_id",
        "entity_id" => "deployment_id",
        "workspace" => "workspace_id",
        "deployment" => "deployment_id",
    }
}

/// The kind of a token (v1 only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// For the API of Astro.
    Standard,
    /// For the Airflow API of a Deployment, without a detour.
    DirectAccess,
}

impl Kind {
    pub(crate) const CHOICES: &'static [(&'static str, Kind)] =
        &[("STANDARD", Kind::Standard), ("DIRECT_ACCESS", Kind::DirectAccess)];

    /// As the API writes it: `DIRECT_ACCESS`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Standard => "STANDARD",
            Kind::DirectAccess => "DIRECT_ACCESS",
        }
    }
}

impl From<Kind> for Cow<'_, str> {
    fn from(kind: Kind) -> Self {
        Cow::Borrowed(kind.as_str())
    }
}

impl<'a> CreateToken<'a> {
    /// An Organization token that never expires, until the setters say otherwise.
    #[must_use]
    pub fn new(name: impl Into<Cow<'a, str>>, role: impl Into<Cow<'a, str>>) -> Self {
        CreateToken::default().name(name).role(role)
    }

    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let name = report.name(Path::field("name"), &self.name);
        let target = self.target(report);
        let role = self.checked_role(report, target.scope, api.allows_unknown_roles());
        let description = report.description(Path::field("description"), &self.description);
        let days = expiration(report, &self.expiration_days, target.scope);
        let kind = report.since_v1(api, Path::field("kind"), &self.kind, |report, at, value| {
            report.choice(at, value, Kind::CHOICES)
        });

        let (scope, mut body) = (target.scope?, Object::new());
        body.text("name", name?);
        if let Given::Is(description) = description {
            body.text("description", description);
        }
        let scope_key = match api.version() {
            ApiVersion::V1 => "scope",
            ApiVersion::V1Beta1 => "type",
        };
        body.text(scope_key, scope.as_str()).text("role", role?);
        if let Some(entity_id) = target.entity_id {
            body.text("entityId", entity_id);
        }
        if let Given::Is(days) = days {
            body.integer("tokenExpiryPeriodInDays", days);
        }
        if let Given::Is(kind) = kind {
            body.text("kind", kind.as_str());
        }
        Some(Draft { method: Method::Post, url: api.tokens_url().clone(), body: Some(body.finish()) })
    }

    /// The role; one of a narrower entity is a sign that its id was forgotten, so nobody is led to an Organization role.
    fn checked_role<'v>(
        &'v self,
        report: &mut Report,
        scope: Option<Scope>,
        allow_unknown_roles: bool,
    ) -> Option<&'v str> {
        let at = Path::field("role");
        if scope == Some(Scope::Organization)
            && let Value::Text(role) = &self.role
            && let Some(narrower) =
                [EntityType::Workspace, EntityType::Deployment].iter().find(|entity| entity.has_role(role))
        {
            let id = if *narrower == EntityType::Workspace { "workspace_id" } else { "deployment_id" };
            let message = format!("{} is {}, and no {} is given", shown(role), narrower.role_noun(), narrower.noun());
            let help = format!("give {}, or an Organization role such as `ORGANIZATION_MEMBER`", report.named(id));
            report.add(Code::RoleScopeMismatch, at, message, help);
            return None;
        }
        report.role(at, &self.role, scope.map(Scope::entity_type), allow_unknown_roles)
    }

    /// What the token is for; no scope where the input contradicts itself.
    fn target<'v>(&'v self, report: &mut Report) -> Target<'v> {
        let (workspace_at, deployment_at) = (Path::field("workspace_id"), Path::field("deployment_id"));
        let workspace = report.id(workspace_at, &self.workspace_id);
        let deployment = report.id(deployment_at, &self.deployment_id);
        let explicit = report.choice(Path::field("scope"), &self.scope, Scope::CHOICES);
        let implied = match (workspace, deployment) {
            (Given::Absent, Given::Absent) => None,
            (Given::Is(_), Given::Absent | Given::Wrong) | (Given::Wrong, Given::Absent) => Some(Scope::Workspace),
            (Given::Absent | Given::Wrong, Given::Is(_)) | (Given::Absent, Given::Wrong) => Some(Scope::Deployment),
            (Given::Wrong, Given::Wrong) => return Target { scope: None, entity_id: None },
            (Given::Is(_), Given::Is(_)) => {
                let help = format!(
                    "leave out {} for a Workspace token, or {} for a Deployment token",
                    report.named("deployment_id"),
                    report.named("workspace_id")
                );
                let message = "a token belongs to a Workspace or to a Deployment, not to both";
                report.add(Code::ConflictingScope, deployment_at, message, help);
                return Target { scope: None, entity_id: None };
            }
        };
        let scope = match (explicit, implied) {
            (Given::Is(explicit), Some(implied)) if explicit != implied => {
                let id = if implied == Scope::Workspace { "workspace_id" } else { "deployment_id" };
                let message = format!("`{}` contradicts {}", explicit.as_str(), report.named(id));
                let help = format!("leave {} out, it follows from the ids", report.named("scope"));
                report.add(Code::ConflictingScope, Path::field("scope"), message, help);
                None
            }
            (Given::Is(Scope::Workspace), None) => {
                report.missing(workspace_at, "give the id of the token's Workspace");
                Some(Scope::Workspace)
            }
            (Given::Is(Scope::Deployment), None) => {
                report.missing(deployment_at, "give the id of the token's Deployment");
                Some(Scope::Deployment)
            }
            (Given::Absent, None) => Some(Scope::Organization),
            (Given::Wrong, None) => None,
            (Given::Is(scope), _) | (_, Some(scope)) => Some(scope),
        };
        Target { scope, entity_id: workspace.value().or(deployment.value()) }
    }
}

/// The scope of a new token, and the id of its entity where that is not the Organization.
struct Target<'v> {
    scope: Option<Scope>,
    entity_id: Option<&'v str>,
}

/// Days until a new token expires.
pub(crate) fn expiration(report: &mut Report, value: &Value<'_>, scope: Option<Scope>) -> Given<i64> {
    let at = Path::field("expiration_days");
    let zero =
        |report: &Report| format!("leave {} out for a token that never expires", report.named("expiration_days"));
    let days = report.integer(at, value, 1..=LONGEST_EXPIRATION_DAYS, " days", zero);
    match days {
        Given::Absent => {
            let help = format!("give {}, such as `90`, unless that is meant", report.named("expiration_days"));
            report.add(Code::NeverExpires, at, "the token will never expire", help);
        }
        Given::Is(days) if days > LONGEST_DOCUMENTED_DEPLOYMENT_DAYS && scope == Some(Scope::Deployment) => {
            let message = format!("`{days}` days is more than one document allows for a Deployment token");
            let help = "the API takes up to 3650 days, the documentation of Deployment tokens names 365";
            report.add(Code::AboveDocumentedLimit, at, message, help);
        }
        Given::Is(_) | Given::Wrong => {}
    }
    days
}
