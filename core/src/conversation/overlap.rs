//! Rotation with overlap: the old token lives until the secret of its successor is in the store.
//!
//! What was done stands in Astro, in the marks of the tokens (see [`Mark`]), so that any other run, and the next one after a
//! crash, can read it. The steps are those of `docs/rotation.md`.

use super::{
    delete::abandon,
    diff::RoleDiff,
    error::{Failure, FailureCode},
    find::{Target, read_if_there},
    line::{Age, Place, at_work, duration},
    marking::{complete, write_mark},
    owner::{Owner, primary_role},
    roles::{apply, set_roles},
    rotate::{Overlap, Rotation},
    settle::Settling,
    stores::{Delivery, Held},
    talk::Talk,
    turn::Turn,
    wanted::Wanted,
};
use crate::{ApiToken, Code, Mark, TokenRole, mark::is_same_description, spelling::Path, text::shown};

pub(super) async fn overlap(talk: &Talk, target: &Target, options: Overlap) -> Result<Rotation, Failure> {
    if !talk.prove().await? {
        return Err(no_store(talk));
    }
    let held = talk.held().await?;
    let Stand { old, place, owner, _turn } = stand(talk, target, &held, options).await?;
    let line = old.line();
    let age = Age::now(talk, options.leftover_after_ms);
    // The store will not tell whose secret it holds, so the second of two runs could not go on.
    let rivals = place.rivals(&line, &old.id, &age);
    if !rivals.is_empty() && !held.is_readable() {
        return Err(at_work(rivals, &held, &age));
    }

    let mark = Mark::Pending { of: old.id.clone(), run: talk.run_id(), line: line.clone() };
    let known: Vec<String> = place.tokens.iter().map(|token| &token.id).chain([&old.id]).cloned().collect();
    let new = Wanted::like(&old)?.create(talk, Some(&mark), &known).await?;
    let id = new.id.clone();
    let (old, new) = match catch_up(talk, old, new).await {
        Ok(both) => both,
        Err(failure) => return Err(abandon(talk, &id, failure).await),
    };

    let Some(secret) = new.token.clone() else {
        let message = format!("Astro did not tell the secret of the token {}", shown(&id));
        let failure = Failure::new(FailureCode::Unverifiable, message, "try again");
        return Err(abandon(talk, &id, failure).await);
    };
    match talk.deliver(&new, &secret).await? {
        Delivery::Stored => {}
        Delivery::NotWritten(failure) => {
            let help = format!("the token {} is as it was; repair the store, then rotate again", shown(&old.id));
            return Err(abandon(talk, &id, Failure { help: Some(help), ..failure }).await);
        }
        Delivery::Unclear(failure) => {
            let help = format!(
                "the store may hold the secret of {} or of {}, and both work; repair the store, then rotate again after {}",
                shown(&old.id),
                shown(&new.id),
                duration(options.leftover_after_ms)
            );
            return Err(Failure { help: Some(help), ..failure }.among([&old, &new]));
        }
    }

    let settling = Settling { talk, line, owner, options };
    let (new, old_kept_until_ms) = settling.settle(&old, new).await.map_err(|failure| stored(failure, &id))?;
    let token = ApiToken { token: Some(secret), ..new };
    Ok(Rotation { token, old_token_id: Some(old.id), old_kept_until_ms, effects: talk.effects() })
}

fn no_store(talk: &Talk) -> Failure {
    let mut report = talk.session.api.report();
    let message = "a rotation with overlap needs a store, which the new secret is written to before the old one dies";
    report.add(Code::Required, Path::field("store"), message, "pass a store; nothing was sent");
    match report.finish("rotate_token", Some(())) {
        Err(error) => Failure::invalid(error),
        Ok(_) => Failure::cancelled(),
    }
}

/// The secret is stored: whatever failed after that does not lose it.
fn stored(failure: Failure, new_id: &str) -> Failure {
    if failure.code == FailureCode::Conflict || failure.help.as_deref().is_some_and(|help| help.contains(new_id)) {
        return failure;
    }
    let help = format!(
        "the secret of {} is stored and works; the next rotation completes this one, and so does finish_rotation",
        shown(new_id)
    );
    Failure { help: Some(help), ..failure }
}

// ---- where a rotation stands -----------------------------------------------------------------------------------------

/// The token to replace, the tokens where it belongs, and the right to change it.
struct Stand {
    old: ApiToken,
    place: Place,
    owner: Owner,
    _turn: Turn,
}

async fn stand(talk: &Talk, target: &Target, held: &Held, options: Overlap) -> Result<Stand, Failure> {
    let (mut old, mut place, turn) = match &target.token_id {
        Some(token_id) => {
            let turn = talk.turn(token_id).await?;
            let (old, place) = by_id(talk, target, token_id).await?;
            (old, place, turn)
        }
        None => by_name(talk, target, held, options).await?,
    };
    if old.roles.is_none() {
        old = target.by_id(talk, &old.id).await?;
    }
    let owner = Owner::of(&old)?;
    let age = Age::now(talk, options.leftover_after_ms);
    match old.mark() {
        Some(mark) if mark.is_pending() => {
            if age.is_young(&old) {
                return Err(at_work([&old], held, &age));
            }
            old = complete(talk, &mut place, &old).await?;
        }
        Some(Mark::Replaced { until, .. }) if !held.names(&old.id) => {
            // Where nothing is left that has replaced it, it is all that there is.
            if let Some(by) = place.replacement(&old) {
                let by_id = shown(&by.id);
                let message = format!("the token {} was replaced by {by_id} and lives until {until}", shown(&old.id));
                let help = format!("rotate {by_id} instead; nothing was changed");
                return Err(Failure::new(FailureCode::Mismatch, message, help).among([by]));
            }
        }
        _ => {}
    }
    Ok(Stand { old, place, owner, _turn: turn })
}

/// The token, and the list of the place where it belongs: one request where the caller names the place.
async fn by_id(talk: &Talk, target: &Target, token_id: &str) -> Result<(ApiToken, Place), Failure> {
    if let Some(owner) = &target.owner {
        let place = Place::list(talk, Some(owner)).await?;
        if let Some(token) = place.get(token_id).filter(|token| token.roles.is_some()) {
            target.check(token)?;
            return Ok((token.clone(), place));
        }
        return Ok((target.by_id(talk, token_id).await?, place));
    }
    let token = target.by_id(talk, token_id).await?;
    let place = Place::list(talk, Some(&Owner::of(&token)?)).await?;
    Ok((token, place))
}

async fn by_name(
    talk: &Talk,
    target: &Target,
    held: &Held,
    options: Overlap,
) -> Result<(ApiToken, Place, Turn), Failure> {
    loop {
        let place = target.place(talk).await?;
        let age = Age::now(talk, options.leftover_after_ms);
        let chosen = target.choose(&place, held, &age)?.clone();
        let Some(turn) = talk.turn_at_once(&chosen.id) else {
            // When the other conversation of this session has ended, all of this may be different.
            drop(talk.turn(&chosen.id).await?);
            continue;
        };
        return Ok((chosen, place, turn));
    }
}

// ---- what happens to the old token meanwhile -------------------------------------------------------------------------

/// Completes the successor, and brings it up to what the old token is by now.
async fn catch_up(talk: &Talk, old: ApiToken, new: ApiToken) -> Result<(ApiToken, ApiToken), Failure> {
    let primary = primary_role(&old).cloned();
    let further: Vec<TokenRole> =
        old.roles.iter().flatten().filter(|role| Some(*role) != primary.as_ref()).cloned().collect();
    let new = set_roles(talk, new, &further).await?;
    let Some(now) = read_if_there(talk, &old.id).await? else {
        let message = format!("the token {} was deleted by somebody else meanwhile", shown(&old.id));
        let help = "nothing is left of this attempt; create a new token if one is still needed";
        return Err(Failure::new(FailureCode::Conflict, message, help));
    };
    if let (Some(Mark::Replaced { by, .. }), true) = (now.mark(), now.mark() != old.mark()) {
        let message = format!("another run has replaced the token {} by {} meanwhile", shown(&old.id), shown(&by));
        let help = "nothing is left of this attempt; nothing has to be done unless another rotation is wanted";
        return Err(Failure::new(FailureCode::Conflict, message, help));
    }
    let new = carry_over(talk, new, &old, &now).await?;
    Ok((now, new))
}

/// What somebody has changed about the old token since it was seen is changed about the new one too, as it was read last.
pub(super) async fn carry_over(
    talk: &Talk,
    new: ApiToken,
    seen: &ApiToken,
    now: &ApiToken,
) -> Result<ApiToken, Failure> {
    let new = match (&seen.roles, &now.roles) {
        (Some(before), Some(after)) => apply(talk, new, RoleDiff::between(before, after)).await?,
        _ => new,
    };
    let name = if now.name == seen.name { &new.name } else { &now.name };
    let is_same = is_same_description(&now.description, &seen.description);
    let description = if is_same { new.plain_description() } else { now.plain_description() };
    if *name == new.name && description == new.plain_description() {
        return Ok(new);
    }
    // Where there was no room for it, a settled token has none.
    let mark = new.mark().unwrap_or_else(|| Mark::Settled { line: new.line() });
    let changed = ApiToken { name: name.clone(), description: description.to_owned(), ..new.clone() };
    let written = write_mark(talk, &changed, &mark).await?;
    Ok(ApiToken { token: new.token, roles: new.roles, ..written })
}

/// Whether two tokens, or one at two times, have the same name, description and roles, as far as is known.
pub(super) fn is_alike(one: &ApiToken, other: &ApiToken) -> bool {
    one.name == other.name && is_same_description(&one.description, &other.description) && has_same_roles(one, other)
}

fn has_same_roles(one: &ApiToken, other: &ApiToken) -> bool {
    match (&one.roles, &other.roles) {
        (Some(these), Some(those)) => RoleDiff::between(these, those).is_empty(),
        _ => true,
    }
}

/// How an old token differs from its replacement, in words: "; unlike `X`: its name was `CI`, …". Empty: not at all.
pub(super) fn differences(old: &ApiToken, new: &ApiToken) -> String {
    let mut parts = Vec::new();
    if old.name != new.name {
        parts.push(format!("its name was {}", shown(&old.name)));
    }
    if !is_same_description(&old.description, &new.description) {
        parts.push(format!("its description was {}", shown(old.plain_description())));
    }
    if let (Some(these), Some(those)) = (&old.roles, &new.roles) {
        let diff = RoleDiff::between(those, these);
        let role = |role: &TokenRole| format!("{} on {}", shown(&role.role), shown(&role.entity_id));
        let had = diff.added.iter().chain(diff.changed.iter().map(|(_, had)| had));
        parts.extend(had.map(|had| format!("it had the role {}", role(had))));
        parts.extend(diff.removed.iter().map(|lacked| format!("it lacked the role {}", role(lacked))));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!("; unlike {}: {}", shown(&new.id), parts.join(", ")),
    }
}

/// Reads a token whose roles a list has left out.
pub(super) async fn with_roles(talk: &Talk, token: &ApiToken) -> Result<Option<ApiToken>, Failure> {
    match token.roles {
        Some(_) => Ok(Some(token.clone())),
        None => read_if_there(talk, &token.id).await,
    }
}
