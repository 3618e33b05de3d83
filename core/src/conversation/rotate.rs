//! [`RotateToken`] and [`FinishRotation`]: a new secret in the place of the old one.

use super::{
    error::{Failure, FailureCode},
    find::Target,
    journal::Deed,
    successor,
    talk::Talk,
    work::Plan,
};
use crate::{
    Api, ApiToken, Code, Method, Operation, Request, Value,
    fields::fields,
    operations::token_url,
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

/// The longest time that an old token may be kept: a year, in seconds.
const LONGEST_KEPT: i64 = 366 * 24 * 60 * 60;

fields! {
    /// Replaces the secret of a token.
    ///
    /// By itself the old secret stops working at once. With `overlap` a successor is made (same name, description, roles, kind
    /// and expiration), its secret is handed over to be stored, and only then the old token is deleted; where storing fails,
    /// the successor is deleted and the old token is as it was. Run again after a crash it goes on where it stood.
    pub struct RotateToken {
        /// The id of the token.
        token_id: text,
        /// The name of the token.
        token_name: text,
        /// The Workspace that the token belongs to.
        workspace_id: text,
        /// The Deployment that the token belongs to.
        deployment_id: text,
        /// Makes a successor, and deletes the old token when the secret of the successor is stored.
        overlap: boolean,
        /// With `overlap`: for how many seconds the old token stays, to be deleted by [`FinishRotation`] then.
        keep_old: integer,
        /// With `overlap`: makes a new successor even where a token looks like one.
        anew: boolean,
        /// Rotates the token that the caller itself authenticates with, although a lost answer would lock it out.
        allow_lockout: boolean,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "name" => "token_name",
    }
}

fields! {
    /// Ends a rotation whose old token was kept: deletes it now, or with `keep_old` only if that time is over.
    pub struct FinishRotation {
        /// The id of the successor.
        token_id: text,
        /// The name of both.
        token_name: text,
        /// The Workspace that the tokens belong to.
        workspace_id: text,
        /// The Deployment that the tokens belong to.
        deployment_id: text,
        /// The id of the old token; not given: the one that the successor looks like.
        old_token_id: text,
        /// For how many seconds since the creation of the successor the old token stays.
        keep_old: integer,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "name" => "token_name",
    }
}

/// A new secret.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Rotation {
    /// The token with its new secret: the same token, or its successor.
    ///
    /// After [`FinishRotation`] it has no secret: that was stored before.
    pub token: ApiToken,
    /// The id of the token that the successor replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_token_id: Option<String>,
    /// Until when the old token stays, in milliseconds since 1970; not given: it is gone, or there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_kept_until_ms: Option<i64>,
}

/// What is to be rotated, and how.
pub(crate) struct Renewal {
    pub(crate) target: Target,
    pub(crate) overlap: Option<Overlap>,
    pub(crate) allow_lockout: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Overlap {
    pub(crate) keep_old_ms: i64,
    pub(crate) anew: bool,
}

fn keep_old_ms(report: &mut Report, value: &Value<'_>) -> Given<i64> {
    let none = |_: &Report| String::new();
    report.integer(Path::field("keep_old"), value, 0..=LONGEST_KEPT, " seconds", none).map(|seconds| seconds * 1000)
}

impl RotateToken<'_> {
    pub(crate) fn plan(&self, _: &Api, report: &mut Report) -> Option<Renewal> {
        let target = Target::read(report, &self.token_id, &self.token_name, &self.workspace_id, &self.deployment_id);
        let overlap = report.boolean(Path::field("overlap"), &self.overlap).value().unwrap_or_default();
        let keep_old = keep_old_ms(report, &self.keep_old);
        let anew = report.boolean(Path::field("anew"), &self.anew);
        let allow_lockout = report.boolean(Path::field("allow_lockout"), &self.allow_lockout);
        for (field, is_given) in [("keep_old", !keep_old.is_absent()), ("anew", anew.value() == Some(true))] {
            if is_given && !overlap {
                let message = format!("{} is about a rotation with overlap", report.named(field));
                let help = format!("give {} too, or leave it out", report.named("overlap"));
                report.add(Code::ConflictingArguments, Path::field(field), message, help);
            }
        }
        let overlap = overlap.then_some(Overlap {
            keep_old_ms: keep_old.value().unwrap_or_default(),
            anew: anew.value().unwrap_or_default(),
        });
        Some(Renewal { target: target?, overlap, allow_lockout: allow_lockout.value().unwrap_or_default() })
    }
}

impl Plan for Renewal {
    type Outcome = Rotation;

    async fn run(self, talk: Talk) -> Result<Rotation, Failure> {
        let Renewal { target, overlap, allow_lockout } = self;
        if let Some(overlap) = overlap {
            return successor::overlap(&talk, &target, overlap).await;
        }
        let token_id = match target.certain_id() {
            Some(token_id) => token_id.to_owned(),
            None => target.find(&talk).await?.id,
        };
        if talk.session.token_id.as_ref() == Some(&token_id) && !allow_lockout {
            let message = format!("{} is the token that you authenticate with", shown(&token_id));
            let report = talk.session.api.report();
            let help = format!(
                "its old secret would stop working even if the answer with the new one is lost: give {} or {}",
                report.named("overlap"),
                report.named("allow_lockout")
            );
            return Err(Failure::new(FailureCode::WouldLockOut, message, help));
        }
        let _turn = talk.turn(&token_id).await?;
        let token = replace_secret(&talk, &token_id).await?;
        Ok(Rotation { token, old_token_id: None, old_kept_until_ms: None })
    }
}

/// Replaces the secret of a token. After a lost answer it does so again: the last value that is returned is the valid one.
/// The secret is in the journal too, until the conversation is over.
pub(super) async fn replace_secret(talk: &Talk, token_id: &str) -> Result<ApiToken, Failure> {
    let id = shown(token_id);
    let deed = Deed {
        plan: format!("replace the secret of the token {id}"),
        done: format!("replaced the secret of the token {id}"),
        unclear: format!("whether the secret of the token {id} was replaced: its old secret may not work any more"),
    };
    talk.plan(&deed);
    let request = Request::from_parts(Method::Post, token_url(&talk.session.api, token_id, "/rotate"), None);
    match talk.write(&deed, &request, crate::RotateToken::parse).await {
        Ok(token) => {
            talk.journal(|journal| journal.secret.clone_from(&token.token));
            Ok(token)
        }
        Err(trouble) => {
            let (is_missing, unclear) = (trouble.status() == Some(404), trouble.unclear);
            let mut failure = Failure::from(trouble);
            if unclear {
                failure.help =
                    Some(format!("rotate {id} again as soon as Astro answers; the last secret is the valid one"));
            } else if is_missing {
                failure.code = FailureCode::NotFound;
                failure.message = format!("there is no token with the id {id}");
            }
            Err(failure)
        }
    }
}

impl FinishRotation<'_> {
    pub(crate) fn plan(&self, _: &Api, report: &mut Report) -> Option<Finish> {
        let target = Target::read(report, &self.token_id, &self.token_name, &self.workspace_id, &self.deployment_id);
        let old_token_id = report.id(Path::field("old_token_id"), &self.old_token_id).value().map(str::to_owned);
        let keep_old_ms = keep_old_ms(report, &self.keep_old).value().unwrap_or_default();
        Some(Finish { target: target?, old_token_id, keep_old_ms })
    }
}

/// Which rotation is to be ended.
pub(crate) struct Finish {
    target: Target,
    old_token_id: Option<String>,
    keep_old_ms: i64,
}

impl Plan for Finish {
    type Outcome = Rotation;

    async fn run(self, talk: Talk) -> Result<Rotation, Failure> {
        successor::finish(&talk, &self.target, self.old_token_id.as_deref(), self.keep_old_ms).await
    }
}
