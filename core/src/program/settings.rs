//! Who is asking, and where: from flags, the environment and the claims of the credential.

use super::{Ended, options::Options, problems, world::World};
use crate::{
    ApiOptions, Claims, Code, Command, CommandOperation, Problem, Sandbox, Secret, Spelling, base_url_of_domain,
    base64url, conversation::Session, inspect, report::Report, spelling::Path,
};

/// Everything that a command needs besides itself.
pub(super) struct Settings {
    pub(super) session: Session,
    /// `None` where nothing is sent.
    pub(super) credential: Option<Secret>,
}

impl World {
    /// The settings of a command; `found` gets what is worth a look.
    pub(super) async fn settings(
        &self,
        options: &Options,
        command: &Command,
        sandbox: bool,
        found: &mut Vec<Problem>,
    ) -> Ended<Settings> {
        let host = &self.host;
        let sends = !(options.has("--dry-run") && command.operation == CommandOperation::CreateToken);
        let (credential, claims) = match self.credential(sandbox, sends) {
            Ok((credential, warnings)) => {
                problems::add(found, warnings);
                let claims = credential.as_ref().map(|token| self.claims(token, sends)).transpose();
                (credential, self.valid(claims).await?)
            }
            Err(error) => {
                problems::add(found, error.problems);
                (None, None)
            }
        };
        self.judge(found).await?;

        let known = claims.as_ref();
        let organization_id = options
            .value("--organization-id")
            .or(known.map(|claims| claims.organization_id.as_str()))
            .or_else(|| host.variable("ASTRO_ORGANIZATION_ID"));
        let of_claims = |id: fn(&Claims) -> &Option<String>| known.and_then(|claims| id(claims).as_deref());
        let workspace_id = host.variable("ASTRO_WORKSPACE_ID").or_else(|| of_claims(|claims| &claims.workspace_id));
        let deployment_id = host.variable("ASTRO_DEPLOYMENT_ID").or_else(|| of_claims(|claims| &claims.deployment_id));
        let base_url = match (options.value("--base-url"), host.variable("ASTRO_DOMAIN")) {
            (Some(url), _) => Some(url.to_owned()),
            (None, Some(domain)) if !sandbox => Some(self.valid(base_url_of_domain(domain)).await?),
            _ => None,
        };
        if organization_id.is_none() {
            let mut report = Report::new(Spelling::Snake, false);
            let help = "give `--organization-id`, or set `ASTRO_ORGANIZATION_ID`; a credential says it too";
            report.missing(Path::field("organization_id"), help);
            problems::add(found, std::mem::take(report.problems()));
            self.judge(found).await?;
        }
        let api = ApiOptions {
            organization_id: organization_id.into(),
            api_version: options.value("--api-version").into(),
            base_url: base_url.into(),
            strict: options.has("--strict").into(),
            allow_unknown_roles: options.has("--allow-unknown-roles").into(),
            workspace_id: workspace_id.into(),
            deployment_id: deployment_id.into(),
        };
        let session = Session::new(self.valid(api.build()).await?);
        let token_id = claims.and_then(|claims| claims.token_id);
        let session = match token_id {
            Some(token_id) => session.token_id(token_id),
            None => session,
        };
        Ok(Settings { session, credential })
    }

    /// The credential of the environment, and what else is set; in the sandbox its owner's, unless it is one of its own.
    fn credential(&self, sandbox: bool, sends: bool) -> Result<(Option<Secret>, Vec<Problem>), crate::ValidationError> {
        let credential = self.host.credential();
        if sandbox {
            let own = credential.ok().map(|credential| credential.token).filter(is_of_sandbox);
            return Ok((Some(own.unwrap_or_else(Sandbox::owner_secret)), Vec::new()));
        }
        match credential {
            Ok(credential) => Ok((Some(credential.token), credential.warnings)),
            Err(error) if !sends && error.problems.iter().all(|problem| problem.code == Code::Required) => {
                Ok((None, Vec::new()))
            }
            Err(error) => Err(error),
        }
    }

    /// What the credential says; it matters only where it is sent whether it has expired.
    fn claims(&self, token: &Secret, sends: bool) -> Result<Claims, crate::ValidationError> {
        let claims = if sends { inspect(token.expose(), self.now_ms()) } else { Claims::read(token.expose()) };
        claims.map_err(|mut error| {
            error.problems.iter_mut().for_each(|problem| problem.field = Some("ASTRO_API_TOKEN".to_owned()));
            error
        })
    }
}

/// Whether a token was made by a sandbox: the others must not be sent to one by mistake, nor shadow its owner.
fn is_of_sandbox(token: &Secret) -> bool {
    let header = token.expose().split('.').next().and_then(base64url::decode).unwrap_or_default();
    serde_json::from_slice(&header).is_ok_and(|header: serde_json::Value| header["kid"] == "sandbox")
}
