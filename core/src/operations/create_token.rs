//! `POST /organizations/{organizationId}/tokens`
//!
//! Source: <https://www.astronomer.io/docs/astro/api/v-1/api-token/create-an-api-token>

use std::borrow::Cow;

use serde::Serialize;

use super::{Draft, Operation, plain_create::plain};
use crate::{
    Api, ApiVersion, Code, EntityType, Method, Problem, Scope, ValidationError, Value,
    fields::fields,
    json::{Object, key},
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

/// Source: `tokenExpiryPeriodInDays` in the published schema, and the CLI's help.
pub(super) const LONGEST_EXPIRATION_DAYS: i64 = 3650;
/// Room for nearly every body.
const USUAL_BODY: usize = 256;
/// Source: the newer documentation of `astro deployment token create`.
pub(super) const LONGEST_DOCUMENTED_DEPLOYMENT_DAYS: i64 = 365;

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

    /// Appends the body of the request to `bodies`, which may hold others, and returns the warnings: for callers that
    /// make many and keep their own buffer. Method, URL and headers are those of any other request of the same `api`.
    ///
    /// ```
    /// use astro_tokens::{Api, CreateToken};
    ///
    /// let api = Api::new("clorg")?;
    /// let mut bodies = Vec::new();
    /// CreateToken::new("CI", "ORGANIZATION_MEMBER").expiration_days(30).append_body(&api, &mut bodies)?;
    /// assert!(bodies.ends_with(br#""role":"ORGANIZATION_MEMBER","tokenExpiryPeriodInDays":30}"#));
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with every problem, where one of them is an error. Nothing is appended then.
    pub fn append_body(&self, api: &Api, bodies: &mut Vec<u8>) -> Result<Vec<Problem>, ValidationError> {
        self.append(api, api.report(), bodies)
    }

    /// The same with what was found when the input was read.
    pub(crate) fn append(
        &self,
        api: &Api,
        mut report: Report,
        bodies: &mut Vec<u8>,
    ) -> Result<Vec<Problem>, ValidationError> {
        let checked = self.checked(api, &mut report);
        let (checked, warnings) = report.finish(Self::NAME, checked)?;
        *bodies = checked.written(api, std::mem::take(bodies));
        Ok(warnings)
    }

    pub(crate) fn draft(&self, api: &Api, report: &mut Report) -> Option<Draft> {
        let body = self.checked(api, report)?.written(api, Vec::with_capacity(USUAL_BODY));
        Some(Draft { method: Method::Post, url: api.tokens_url().clone(), body: Some(body) })
    }

    fn checked(&self, api: &Api, report: &mut Report) -> Option<Checked<'_>> {
        plain(self, api).or_else(|| self.judged(api, report))
    }

    fn judged(&self, api: &Api, report: &mut Report) -> Option<Checked<'_>> {
        let name = report.name(Path::field("name"), &self.name);
        let target = self.target(report);
        let role = self.checked_role(report, target.scope, api.allows_unknown_roles());
        let description = report.description(Path::field("description"), &self.description);
        let days = expiration(report, &self.expiration_days, target.scope);
        let kind = report.since_v1(api, Path::field("kind"), &self.kind, |report, at, value| {
            report.choice(at, value, Kind::CHOICES)
        });

        Some(Checked {
            name: name?,
            description: description.value(),
            scope: target.scope?,
            role: role?,
            entity_id: target.entity_id,
            days: days.value(),
            kind: kind.value(),
            is_plain: false,
        })
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

/// A new token that obeys the rules of its fields.
pub(super) struct Checked<'v> {
    pub(super) name: &'v str,
    pub(super) description: Option<&'v str>,
    pub(super) scope: Scope,
    pub(super) role: &'v str,
    pub(super) entity_id: Option<&'v str>,
    pub(super) days: Option<i64>,
    pub(super) kind: Option<Kind>,
    /// Whether JSON has nothing to escape in any of it.
    pub(super) is_plain: bool,
}

impl Checked<'_> {
    /// The buffer with the body behind what it held.
    fn written(&self, api: &Api, buffer: Vec<u8>) -> Vec<u8> {
        let mut body = Object::behind(buffer);
        let text = if self.is_plain { Object::plain_text } else { Object::text };
        text(&mut body, key!("name"), self.name);
        if let Some(description) = self.description {
            text(&mut body, key!("description"), description);
        }
        let scope_key = match api.version() {
            ApiVersion::V1 => key!("scope"),
            ApiVersion::V1Beta1 => key!("type"),
        };
        body.plain_text(scope_key, self.scope.as_str());
        text(&mut body, key!("role"), self.role);
        if let Some(entity_id) = self.entity_id {
            body.plain_text(key!("entityId"), entity_id);
        }
        if let Some(days) = self.days {
            body.integer(key!("tokenExpiryPeriodInDays"), days);
        }
        if let Some(kind) = self.kind {
            body.plain_text(key!("kind"), kind.as_str());
        }
        body.finish()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value<'static>> {
        let texts = [
            "",
            " ",
            "CI",
            "clws",
            "a/b",
            "<id>",
            "'CI'",
            "Bob's",
            "é",
            "a\nb",
            "eyJhbGciOiJSUzI1NiJ9.e30.x",
            "Jenkins",
            "WORKSPACE",
            "ORGANIZATION",
            "DEPLOYMENT",
            "STANDARD",
            "STANDRD",
            "WORKSPACE_OWNER",
            "ORGANIZATION_OWNER",
            "DEPLOYMENT_ADMIN",
            "DEPLOYMENT_ADMN",
            "custom",
        ];
        prop_oneof![
            6 => Just(Value::Absent),
            10 => prop::sample::select(texts.to_vec()).prop_map(Value::from),
            1 => (200_usize..600).prop_map(|length| Value::from("x".repeat(length))),
            3 => prop::sample::select(vec![0, 1, 365, 366, 3650, 3651]).prop_map(Value::Integer),
            2 => prop::sample::select(vec![1.0, 1.5, 1e300, f64::NAN, -0.0]).prop_map(Value::Float),
            1 => Just(Value::Boolean(true)),
            1 => Just(Value::BrokenText),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_short_way_and_the_long_one_agree(
            fields in prop::array::uniform8(value()),
            likely in prop::bool::weighted(0.7),
            is_v1 in any::<bool>(),
            strict in any::<bool>(),
        ) {
            let version = if is_v1 { ApiVersion::V1 } else { ApiVersion::V1Beta1 };
            let api = crate::ApiOptions::new("clorg").api_version(version).strict(strict).build().unwrap();
            let [name, role, workspace_id, deployment_id, scope, description, expiration_days, kind] = fields;
            let mut token =
                CreateToken { name, role, workspace_id, deployment_id, scope, description, expiration_days, kind };
            if likely {
                token = token.name("CI").role("WORKSPACE_OWNER").workspace_id("clws").expiration_days(30);
            }
            if let Some(short) = plain(&token, &api) {
                let mut report = api.report();
                let long = token.judged(&api, &mut report).unwrap();
                let (_, warnings) = report.finish("create_token", Some(())).unwrap();
                prop_assert!(warnings.is_empty());
                prop_assert_eq!(short.written(&api, Vec::new()), long.written(&api, Vec::new()));
            }
        }
    }
}
