//! [`RotateToken`] and [`FinishRotation`]: a new secret in the place of the old one.

use super::{
    error::{Failure, FailureCode},
    find::{Target, about},
    finish::Finish,
    journal::{Deed, Effect, EffectAction},
    line::LEFTOVER_AFTER_MS,
    overlap,
    talk::Talk,
    work::Plan,
};
use crate::{
    Api, ApiToken, Code, Mark, Method, Operation, Request, Value,
    fields::fields,
    operations::token_url,
    report::{Given, Report},
    spelling::Path,
    text::shown,
};

/// The longest time that an old token may be kept, or a pending one waited for: a year, in seconds.
const LONGEST: i64 = 366 * 24 * 60 * 60;

fields! {
    /// Replaces the secret of a token.
    ///
    /// By itself the old secret stops working at once. With `overlap` a successor is made (same name, description, roles, kind
    /// and expiration), its secret is written to the store, and only then the old token is deleted, or kept for a while. What
    /// was done stands in the descriptions of both until it is over (see [`Mark`](crate::Mark)), so that it can be run again
    /// after a crash, and beside another run: see `docs/rotation.md`.
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
        /// With `overlap`: for how many seconds the old token stays. The next rotation deletes it when that time is over, and
        /// so does [`FinishRotation`].
        keep_old: integer,
        /// With `overlap`: after how many seconds a token counts as left behind that an earlier run has made and not handed
        /// over. Longer than the longest run of any client of this token, the store included. Default: 3600.
        leftover_after: integer,
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
    /// Cleans up after rotations with overlap: deletes the old token when its time is over, and completes what was
    /// interrupted. Where there is nothing to do, that is a success.
    ///
    /// It reads the store, where there is one that can be read: then it also knows whose secret is in use.
    pub struct FinishRotation {
        /// The id of the token, or of one that replaces it or is replaced by it.
        token_id: text,
        /// The name of the token.
        token_name: text,
        /// The Workspace that the token belongs to.
        workspace_id: text,
        /// The Deployment that the token belongs to.
        deployment_id: text,
        /// Only this old token is deleted.
        old_token_id: text,
        /// Deletes an old token although the time for which it is kept is not over.
        now: boolean,
        /// After how many seconds a token counts as left behind that an earlier run has made and not handed over; see
        /// [`RotateToken::leftover_after`]. Nothing younger is deleted. Default: 3600.
        leftover_after: integer,
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
    /// Every token that was created, marked, deleted or left, in order.
    pub effects: Vec<Effect>,
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
    pub(crate) leftover_after_ms: i64,
}

/// A number of seconds, in milliseconds.
fn seconds(report: &mut Report, field: &'static str, value: &Value<'_>, least: i64) -> Given<i64> {
    let zero = |_: &Report| format!("pass {least} or more seconds");
    report.integer(Path::field(field), value, least..=LONGEST, " seconds", zero).map(|seconds| seconds * 1000)
}

impl RotateToken<'_> {
    pub(crate) fn plan(&self, _: &Api, report: &mut Report) -> Option<Renewal> {
        let target = Target::read(report, &self.token_id, &self.token_name, &self.workspace_id, &self.deployment_id);
        let overlap = report.boolean(Path::field("overlap"), &self.overlap).value().unwrap_or_default();
        let keep_old = seconds(report, "keep_old", &self.keep_old, 0);
        let leftover_after = seconds(report, "leftover_after", &self.leftover_after, 1);
        let allow_lockout = report.boolean(Path::field("allow_lockout"), &self.allow_lockout);
        for (field, is_absent) in [("keep_old", keep_old.is_absent()), ("leftover_after", leftover_after.is_absent())] {
            if !is_absent && !overlap {
                let message = format!("{} is about a rotation with overlap", report.named(field));
                let help = format!("pass {} too, or leave it out", report.named("overlap"));
                report.add(Code::ConflictingArguments, Path::field(field), message, help);
            }
        }
        let overlap = overlap.then_some(Overlap {
            keep_old_ms: keep_old.value().unwrap_or_default(),
            leftover_after_ms: leftover_after.value().unwrap_or(LEFTOVER_AFTER_MS),
        });
        Some(Renewal { target: target?, overlap, allow_lockout: allow_lockout.value().unwrap_or_default() })
    }
}

impl Plan for Renewal {
    type Outcome = Rotation;

    async fn run(self, talk: Talk) -> Result<Rotation, Failure> {
        let Renewal { target, overlap, allow_lockout } = self;
        if let Some(overlap) = overlap {
            return overlap::overlap(&talk, &target, overlap).await;
        }
        let token_id = match target.certain_id() {
            Some(token_id) => token_id.to_owned(),
            None => target.find(&talk).await?.id,
        };
        if talk.session.token_id.as_ref() == Some(&token_id) && !allow_lockout {
            let message = format!("{} is the token that you authenticate with", shown(&token_id));
            let report = talk.session.api.report();
            let help = format!(
                "its old secret would stop working even if the answer with the new one is lost: pass {} or {}",
                report.named("overlap"),
                report.named("allow_lockout")
            );
            return Err(Failure::new(FailureCode::WouldLockOut, message, help));
        }
        let _turn = talk.turn(&token_id).await?;
        let token = replace_secret(&talk, &token_id).await?;
        if let Some(Mark::Replaced { by, until, .. }) = token.mark() {
            let message =
                format!("the token {} was replaced by {} and lives until {until}", shown(&token_id), shown(&by));
            talk.warn(Code::ReplacedToken, message, format!("rotate {} instead, or too", shown(&by)));
        }
        Ok(Rotation { token, old_token_id: None, old_kept_until_ms: None, effects: talk.effects() })
    }
}

/// Replaces the secret of a token. After a lost answer it does so again: the last value that is returned is the valid one.
/// The secret is in the journal too, until the conversation is over.
pub(super) async fn replace_secret(talk: &Talk, token_id: &str) -> Result<ApiToken, Failure> {
    let id = shown(token_id);
    let deed = Deed::new(
        EffectAction::Rotate,
        token_id,
        format!("replace the secret of the token {id}"),
        format!("replaced the secret of the token {id}"),
        format!("whether the secret of the token {id} was replaced: its old secret may not work any more"),
    );
    talk.plan(&deed);
    let request = Request::from_parts(Method::Post, token_url(&talk.session.api, token_id, "/rotate"), None);
    match talk.write(&deed, &request, &about(token_id, crate::RotateToken::parse)).await {
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
        let now = report.boolean(Path::field("now"), &self.now).value().unwrap_or_default();
        let leftover_after_ms = seconds(report, "leftover_after", &self.leftover_after, 1).value();
        let leftover_after_ms = leftover_after_ms.unwrap_or(LEFTOVER_AFTER_MS);
        Some(Finish { target: target?, old_token_id, now, leftover_after_ms })
    }
}
