//! [`DeleteToken`]: a token and its secret.

use super::{
    error::{Failure, FailureCode},
    find::{Target, read_if_there},
    journal::Deed,
    talk::Talk,
    work::Plan,
};
use crate::{
    Api, Method, Operation, Request, fields::fields, operations::token_url, report::Report, spelling::Path, text::shown,
};

fields! {
    /// Deletes a token. Its secret stops working at once, and it cannot be brought back.
    ///
    /// With a name, a Workspace or a Deployment it is read before, and must be the one that they say. While a rotation
    /// keeps an old token of the same name, a name is ambiguous: pass the id.
    pub struct DeleteToken {
        /// The id of the token.
        token_id: text,
        /// The name of the token.
        token_name: text,
        /// The Workspace that the token belongs to.
        workspace_id: text,
        /// The Deployment that the token belongs to.
        deployment_id: text,
        /// Deletes the token that the caller itself authenticates with, which nothing is accepted from afterwards.
        allow_lockout: boolean,
    }
    aliases {
        "id" => "token_id",
        "token" => "token_id",
        "name" => "token_name",
    }
}

impl DeleteToken<'_> {
    pub(crate) fn plan(&self, _: &Api, report: &mut Report) -> Option<Deletion> {
        let target = Target::read(report, &self.token_id, &self.token_name, &self.workspace_id, &self.deployment_id);
        let allow_lockout = report.boolean(Path::field("allow_lockout"), &self.allow_lockout);
        Some(Deletion { target: target?, allow_lockout: allow_lockout.value().unwrap_or_default() })
    }
}

/// Which token is to be deleted.
pub(crate) struct Deletion {
    pub(crate) target: Target,
    allow_lockout: bool,
}

impl Plan for Deletion {
    type Outcome = ();

    async fn run(self, talk: Talk) -> Result<(), Failure> {
        let token_id = match self.target.certain_id() {
            Some(token_id) => token_id.to_owned(),
            None => self.find(&talk).await?,
        };
        if talk.session.token_id.as_ref() == Some(&token_id) && !self.allow_lockout {
            let message = format!("{} is the token that you authenticate with", shown(&token_id));
            let help = format!(
                "pass {} to delete it all the same: nothing is accepted from you afterwards",
                talk.session.api.report().named("allow_lockout")
            );
            return Err(Failure::new(FailureCode::WouldLockOut, message, help));
        }
        delete(&talk, &token_id).await
    }
}

impl Deletion {
    /// The id of the token, and nobody else's: by its name only where no other token of that name is left.
    async fn find(&self, talk: &Talk) -> Result<String, Failure> {
        if let Some(token_id) = &self.target.token_id {
            return Ok(self.target.by_id(talk, token_id).await?.id);
        }
        let place = self.target.place(talk).await?;
        match self.target.of_name(&place).as_slice() {
            [] => Err(self.target.not_found(&place)),
            [token] => Ok(self.target.by_id(talk, &token.id).await?.id),
            // What a rotation keeps or has left may be meant too.
            several => Err(self.target.ambiguous(several.iter().copied())),
        }
    }
}

/// Deletes a token. After an attempt that nobody knows the end of, a token that is not there any more was deleted by it, and
/// so was the caller's own token where it is not accepted any more.
pub(super) async fn delete(talk: &Talk, token_id: &str) -> Result<(), Failure> {
    let deed = Deed::delete(token_id);
    talk.plan(&deed);
    let request = Request::from_parts(Method::Delete, token_url(&talk.session.api, token_id, ""), None);
    let Err(trouble) = talk.write(&deed, &request, &crate::DeleteToken::parse).await else { return Ok(()) };
    let is_own = talk.session.token_id.as_deref() == Some(token_id);
    let is_gone = trouble.status() == Some(404) || (is_own && trouble.status() == Some(401));
    if trouble.unclear && is_gone {
        talk.journal(|journal| journal.did(&deed));
        return Ok(());
    }
    let (is_missing, unclear, is_cancelled) = (trouble.status() == Some(404), trouble.unclear, trouble.is_cancelled());
    let failure = Failure::from(trouble);
    if is_missing {
        let message = format!("there is no token with the id {}", shown(token_id));
        return Err(Failure { code: FailureCode::NotFound, message, ..failure });
    }
    // An answer that says nothing of a deletion: the token itself does.
    if unclear && !is_cancelled && matches!(read_if_there(talk, token_id).await, Ok(None)) {
        talk.journal(|journal| journal.did(&deed));
        return Ok(());
    }
    Err(failure)
}

/// Deletes a token that was just made and whose secret nobody has, so that nothing is left of an attempt. The failure that
/// led to it stays what it was.
pub(super) async fn abandon(talk: &Talk, token_id: &str, mut failure: Failure) -> Failure {
    if failure.code == FailureCode::Cancelled || delete(talk, token_id).await.is_err() {
        return failure;
    }
    talk.journal(|journal| {
        // Its secret opens nothing any more, and what was not known about it does not matter.
        journal.secret = None;
        journal.forget(token_id);
    });
    if failure.code != FailureCode::NotStored && failure.code != FailureCode::Conflict {
        failure.help = Some("nothing is left of the attempt; try again".to_owned());
    }
    failure
}
