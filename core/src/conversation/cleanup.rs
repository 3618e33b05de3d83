//! Deletes what earlier runs have left, and names what stays and why.
//!
//! Each token is read right before it is deleted, and left alone where its mark has changed.

use super::{
    delete::delete,
    error::{Failure, FailureCode},
    find::read_if_there,
    journal::Deed,
    line::{Age, CLOCKS, duration},
    overlap::differences,
    talk::Talk,
};
use crate::{ApiToken, text::shown};

/// Deletes a token that an earlier run has made and not handed over, if it is still so.
pub(super) async fn delete_leftover(talk: &Talk, listed: &ApiToken, why: &str) -> Result<(), Failure> {
    delete_unchanged(talk, listed, |now| now.last_used_at.is_none(), |_| format!(": {why}")).await
}

/// Deletes a token whose time is over, and names what is lost with it.
pub(super) async fn delete_replaced(talk: &Talk, listed: &ApiToken, new: &ApiToken) -> Result<(), Failure> {
    delete_unchanged(talk, listed, |_| true, |now| differences(now, new)).await
}

/// Deletes a token if it is still as it was listed.
async fn delete_unchanged(
    talk: &Talk,
    listed: &ApiToken,
    may_go: impl Fn(&ApiToken) -> bool,
    note: impl Fn(&ApiToken) -> String,
) -> Result<(), Failure> {
    let id = listed.id.as_str();
    let Some(now) = read_if_there(talk, id).await? else {
        found_gone(talk, id);
        return Ok(());
    };
    if now.mark() != listed.mark() || !may_go(&now) {
        leave(talk, id, "it has changed since");
        return Ok(());
    }
    match delete(talk, id).await {
        Err(failure) if failure.has_status(404) => found_gone(talk, id),
        outcome => {
            outcome?;
            talk.journal(|journal| journal.note(&Deed::delete(id), &note(&now)));
        }
    }
    Ok(())
}

/// What is cleaned up on the way must not keep the work from its end: what could not be is named.
pub(super) fn attempt(talk: &Talk, token_id: &str, outcome: Result<(), Failure>) -> Result<(), Failure> {
    match outcome {
        Err(failure) if failure.code != FailureCode::Cancelled => {
            // Where it may have taken effect, that stands in the journal already.
            if !talk.journal(|journal| journal.is_unclear(token_id)) {
                leave(talk, token_id, &failure.message);
            }
            Ok(())
        }
        outcome => outcome,
    }
}

/// Why a token stays because of its age.
pub(super) fn why_young<'w>(age: &Age, why: &'w str) -> &'w str {
    if age.is_known() { why } else { CLOCKS }
}

/// Why a replaced token whose time is over stays all the same.
pub(super) fn too_young(age: &Age) -> String {
    let least = duration(age.leftover_after_ms);
    format!(
        "it is younger than {least}, so another run may be at work with it; if it must end now, delete it by its id"
    )
}

pub(super) fn leave(talk: &Talk, token_id: &str, why: &str) {
    talk.journal(|journal| journal.left(token_id, why));
}

/// Somebody else has deleted it.
pub(super) fn found_gone(talk: &Talk, token_id: &str) {
    talk.journal(|journal| {
        let deed = Deed::delete(token_id);
        journal.strike(&deed);
        let done = format!("the token {} is gone: somebody else deleted it", shown(token_id));
        journal.did(&Deed { done, ..deed });
    });
}
