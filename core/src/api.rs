//! [`Api`]: what all requests share.

use std::{borrow::Cow, sync::Arc};

use crate::{
    Code, Spelling, ValidationError, Value, base_url,
    fields::{Fields, fields},
    report::{Given, Report},
    request::push_encoded,
    spelling::Path,
};

/// A version of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ApiVersion {
    /// The current one.
    #[default]
    V1,
    /// Supported until January 2027; it calls the scope `type` and has neither kinds nor DAG roles.
    V1Beta1,
}

impl ApiVersion {
    pub(crate) const CHOICES: &'static [(&'static str, ApiVersion)] =
        &[("v1", ApiVersion::V1), ("v1beta1", ApiVersion::V1Beta1)];

    /// As it is written in a URL: `v1beta1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ApiVersion::V1 => "v1",
            ApiVersion::V1Beta1 => "v1beta1",
        }
    }

    /// What follows the base URL. Source: the servers in the published OpenAPI documents.
    const fn path(self) -> &'static str {
        match self {
            ApiVersion::V1 => "/v1",
            ApiVersion::V1Beta1 => "/iam/v1beta1",
        }
    }
}

impl From<ApiVersion> for Cow<'_, str> {
    fn from(version: ApiVersion) -> Self {
        Cow::Borrowed(version.as_str())
    }
}

fields! {
    /// The settings of an [`Api`].
    ///
    /// ```
    /// use astro_tokens::ApiOptions;
    ///
    /// let api = ApiOptions::new("clorg").base_url("http://localhost:8888").strict(true).build()?;
    /// assert_eq!(api.organization_id(), "clorg");
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    pub struct ApiOptions {
        /// The id of the Organization that the tokens belong to.
        organization_id: text,
        /// [`ApiVersion`]: `v1` (default) or `v1beta1`.
        api_version: text,
        /// Where the API is: an origin with an optional path, HTTPS unless it is loopback. The version is appended.
        /// Not given: `https://api.astronomer.io`.
        base_url: text,
        /// Makes every warning an error.
        strict: boolean,
        /// Lets Organization and Workspace roles through that this release does not know, with a warning; misspelt ones
        /// stay errors.
        allow_unknown_roles: boolean,
        /// The current Workspace, for commands that do not name one.
        workspace_id: text,
        /// The current Deployment, for commands that do not name one.
        deployment_id: text,
    }
    aliases {
        "organization" => "organization_id",
        "org_id" => "organization_id",
        "orgId" => "organization_id",
        "version" => "api_version",
        "url" => "base_url",
    }
}

impl<'a> ApiOptions<'a> {
    /// For the Organization of this id.
    #[must_use]
    pub fn new(organization_id: impl Into<Cow<'a, str>>) -> Self {
        ApiOptions::default().organization_id(organization_id)
    }

    /// The [`Api`] with these settings.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with every problem of the settings.
    pub fn build(&self) -> Result<Api, ValidationError> {
        self.checked(Report::new(Spelling::Snake, false))
    }

    fn checked(&self, mut report: Report) -> Result<Api, ValidationError> {
        let organization_id = report.required_id(Path::field("organization_id"), &self.organization_id);
        let version = report.choice(Path::field("api_version"), &self.api_version, ApiVersion::CHOICES);
        let version = version.value().unwrap_or_default();
        let url_at = Path::field("base_url");
        let base = match report.text(url_at, &self.base_url) {
            Given::Is(url) => base_url::read(&mut report, url_at, url),
            Given::Absent => Some(base_url::DEFAULT),
            Given::Wrong => None,
        };
        let strict = report.boolean(Path::field("strict"), &self.strict);
        let unknown_roles = report.boolean(Path::field("allow_unknown_roles"), &self.allow_unknown_roles);

        let workspace_id = report.id(Path::field("workspace_id"), &self.workspace_id);
        let deployment_id = report.id(Path::field("deployment_id"), &self.deployment_id);

        let spelling = report.spelling;
        let api = organization_id.zip(base).map(|(organization_id, base)| {
            let mut tokens_url = format!("{base}{}/organizations/", version.path());
            push_encoded(&mut tokens_url, organization_id);
            tokens_url.push_str("/tokens");
            Api {
                organization_id: organization_id.to_owned(),
                version,
                base_url: base.to_owned(),
                tokens_url: tokens_url.into(),
                strict: strict.value().unwrap_or_default(),
                allow_unknown_roles: unknown_roles.value().unwrap_or_default(),
                workspace_id: workspace_id.value().map(str::to_owned),
                deployment_id: deployment_id.value().map(str::to_owned),
                spelling,
            }
        });
        report.finish("Api", api).map(|(api, _)| api)
    }
}

/// An Organization, the version of the API, and how strict to be: what all requests share.
///
/// It holds no credential and does nothing to the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Api {
    organization_id: String,
    version: ApiVersion,
    base_url: String,
    /// Where the tokens are; every request starts with it.
    tokens_url: Arc<str>,
    strict: bool,
    allow_unknown_roles: bool,
    workspace_id: Option<String>,
    deployment_id: Option<String>,
    spelling: Spelling,
}

impl Api {
    /// For the Organization of this id, everything else as usual. See [`ApiOptions`] for the rest.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] where this is no id.
    pub fn new(organization_id: &str) -> Result<Self, ValidationError> {
        ApiOptions::new(organization_id).build()
    }

    /// From an object with the fields of [`ApiOptions`] by name, spelt like everything that this `Api` will read.
    /// Bindings to other languages start here.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with every problem, unknown keys among them.
    pub fn from_value(input: Value<'_>, spelling: Spelling) -> Result<Self, ValidationError> {
        let mut report = Report::new(spelling, false);
        let Value::Object(pairs) = input else {
            report.wrong_input(&input);
            return report.finish("Api", None).map(|(api, _)| api);
        };
        let options = ApiOptions::read(&mut report, "", pairs.into_iter());
        options.checked(report)
    }

    /// The id of the Organization.
    #[must_use]
    pub fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// The version of the API.
    #[must_use]
    pub fn version(&self) -> ApiVersion {
        self.version
    }

    /// Where the API is, without the version.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Whether warnings are errors.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether roles that this release does not know are let through.
    #[must_use]
    pub fn allows_unknown_roles(&self) -> bool {
        self.allow_unknown_roles
    }

    /// The id of the current Workspace.
    #[must_use]
    pub fn workspace_id(&self) -> Option<&str> {
        self.workspace_id.as_deref()
    }

    /// The id of the current Deployment.
    #[must_use]
    pub fn deployment_id(&self) -> Option<&str> {
        self.deployment_id.as_deref()
    }

    pub(crate) fn tokens_url(&self) -> &Arc<str> {
        &self.tokens_url
    }

    /// The same Api that lets through what Astro has let through before: warnings are no errors, new roles are welcome.
    pub(crate) fn lenient(self) -> Self {
        Api { strict: false, allow_unknown_roles: true, ..self }
    }

    pub(crate) fn report(&self) -> Report {
        Report::new(self.spelling, self.strict)
    }

    /// Whether the API has what came with v1; where it has not, that is a problem.
    pub(crate) fn has_v1(&self, report: &mut Report, at: Path, what: &str) -> bool {
        let has = self.version == ApiVersion::V1;
        if !has {
            let help = format!("leave it out, or use `v1` as the {}", report.named("api_version"));
            report.add(Code::UnsupportedInVersion, at, format!("v1beta1 has no {what}"), help);
        }
        has
    }
}

impl Report {
    /// Reads a field that came with v1 of the API.
    pub(crate) fn since_v1<'v, 'a, T>(
        &mut self,
        api: &Api,
        at: Path,
        value: &'v Value<'a>,
        read: impl FnOnce(&mut Self, Path, &'v Value<'a>) -> Given<T>,
    ) -> Given<T> {
        match value {
            Value::Absent => Given::Absent,
            _ if !api.has_v1(self, at, &format!("`{}`", at.spell(api.spelling))) => Given::Wrong,
            value => read(self, at, value),
        }
    }
}
