//! Writes the marks of tokens: see [`Mark`].

use super::{
    cleanup::{found_gone, leave},
    error::{Failure, FailureCode},
    find::read_if_there,
    journal::{Deed, EffectAction},
    line::Place,
    talk::Talk,
    update::write_texts,
};
use crate::{ApiToken, Mark, Timestamp, mark::is_same_description, text::shown};

/// Writes a mark behind the description of a token as it was read last.
pub(super) async fn write_mark(talk: &Talk, token: &ApiToken, mark: &Mark) -> Result<ApiToken, Failure> {
    let deed = mark_deed(&token.id, mark);
    talk.plan(&deed);
    let description = mark.after(token.plain_description());
    let written = write_texts(talk, &deed, &token.id, &token.name, Some(&description)).await;
    written.map_err(|trouble| {
        let is_missing = trouble.status() == Some(404);
        let failure = Failure::from(trouble);
        if is_missing {
            talk.journal(|journal| journal.strike(&deed));
            let message = format!("there is no token with the id {}", shown(&token.id));
            return Failure { code: FailureCode::NotFound, message, ..failure };
        }
        failure
    })
}

/// Writes a mark on a token that is still as it was listed.
pub(super) async fn mark_unchanged(talk: &Talk, listed: &ApiToken, mark: &Mark) -> Result<(), Failure> {
    let Some(token) = read_if_there(talk, &listed.id).await? else {
        found_gone(talk, &listed.id);
        return Ok(());
    };
    if token.mark() != listed.mark() {
        leave(talk, &token.id, "another run has marked it since");
        return Ok(());
    }
    write_mark(talk, &token, mark).await.map(|_| ())
}

fn mark_deed(token_id: &str, mark: &Mark) -> Deed {
    let id = shown(token_id);
    let what = match mark {
        Mark::Replaced { by, until, .. } => format!("as replaced by {} until {until}", shown(by)),
        Mark::Pending { of, .. } => format!("as made to replace {}", shown(of)),
        Mark::Settled { .. } | Mark::Keyed { .. } => "as handed over".to_owned(),
    };
    Deed::new(
        EffectAction::Mark,
        token_id,
        format!("mark the token {id} {what}"),
        format!("marked the token {id} {what}"),
        format!("whether the token {id} is marked {what}"),
    )
}

/// Completes what an earlier run has not: the secret of this pending token was handed over, or is going to be replaced. The
/// token as it is then.
pub(super) async fn complete(talk: &Talk, place: &mut Place, pending: &ApiToken) -> Result<ApiToken, Failure> {
    let written = match pending.mark() {
        Some(Mark::Pending { of, line, .. }) => {
            let old = place.get(&of).filter(|old| !matches!(old.mark(), Some(Mark::Replaced { .. }))).cloned();
            if let Some(old) = &old {
                let now_ms = talk.astro_now_ms().unwrap_or_default().max(pending.created_at.unix_millis());
                let mark = Mark::Replaced { by: pending.id.clone(), until: whole_seconds(now_ms), line: line.clone() };
                match write_mark(talk, old, &mark).await {
                    Ok(written) => place.put(written),
                    Err(failure) if failure.code == FailureCode::NotFound => found_gone(talk, &old.id),
                    Err(failure) => return Err(failure),
                }
            }
            let whole = old.map_or_else(|| pending.clone(), |old| whole(pending, &old));
            write_mark(talk, &whole, &Mark::Settled { line }).await?
        }
        _ => {
            let deed = mark_deed(&pending.id, &Mark::Settled { line: pending.id.clone() });
            talk.plan(&deed);
            write_texts(talk, &deed, &pending.id, &pending.name, Some(pending.plain_description())).await?
        }
    };
    let written = ApiToken { roles: written.roles.clone().or_else(|| pending.roles.clone()), ..written };
    place.put(written.clone());
    Ok(written)
}

/// The token with its description whole, where it was cut to make room for a mark, as another one has it.
pub(super) fn whole(cut: &ApiToken, other: &ApiToken) -> ApiToken {
    let is_same = is_same_description(&cut.description, &other.description);
    let is_longer = other.plain_description().len() > cut.plain_description().len();
    let description = if is_same && is_longer { &other.description } else { &cut.description };
    ApiToken { description: description.clone(), ..cut.clone() }
}

/// A time without its fraction, as marks have it.
pub(super) fn whole_seconds(unix_millis: i64) -> Timestamp {
    let time = Timestamp::from_unix_millis(unix_millis - unix_millis.rem_euclid(1000));
    time.as_str().replace(".000Z", "Z").parse().unwrap_or(time)
}
