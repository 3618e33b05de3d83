//! Rotation with overlap: the old token lives until the secret of its successor is in a safe place.

use super::{
    create::{Creation, create},
    delete::{self, abandon, delete},
    error::{Failure, FailureCode},
    find::{self, Target},
    journal::Deed,
    owner::{Owner, primary_role},
    roles::{Edit, rewrite},
    rotate::{Overlap, Rotation},
    talk::Talk,
    turn::Turn,
};
use crate::{ApiToken, Scope, TokenRole, Word, text::shown};

pub(super) async fn overlap(talk: &Talk, target: &Target, overlap: Overlap) -> Result<Rotation, Failure> {
    let (old, begun, _turn) = stand(talk, target, overlap).await?;
    let (Some(roles), Some(primary)) = (&old.roles, primary_role(&old)) else {
        let message = format!("Astro does not tell the roles of the token {}", shown(&old.id));
        let help = "a successor could not have the same; use a credential that may read its roles";
        return Err(Failure::new(FailureCode::Unverifiable, message, help));
    };
    // A successor that an earlier attempt has left behind may be in somebody's safe place. So it stays until there is a new
    // one in that place, like the old token itself.
    let mut known: Vec<&str> = vec![&old.id];
    known.extend(begun.as_ref().map(|begun| begun.id.as_str()));
    let removals: Vec<Deed> = known.iter().map(|id| delete::deed(id)).collect();
    let store = store_deed(&old);
    // What comes first is planned by who does it.
    let plan_rest = |talk: &Talk| {
        talk.journal(|journal| {
            for deed in [&store].into_iter().chain(&removals) {
                journal.strike(deed);
                if overlap.keep_old_ms == 0 || deed.plan == store.plan {
                    journal.plan(deed);
                }
            }
        });
    };
    plan_rest(talk);
    let successor = create(talk, &Creation::like(&talk.session.api, &old)?.besides(&known)).await?;
    plan_rest(talk);
    let (id, secret) = (successor.id.clone(), successor.token.clone());

    // A create takes one role, so the others come after it.
    let rest: Vec<TokenRole> = roles.iter().filter(|role| *role != primary).cloned().collect();
    let has_all =
        |token: &ApiToken| token.roles.as_ref().is_some_and(|have| rest.iter().all(|role| have.contains(role)));
    let mut current = successor;
    if !has_all(&current) {
        let Some(edit) = Edit::like(primary, rest.clone()) else { return Err(unknown_scope(&old)) };
        let outcome = async {
            let current = find::read(talk, &id).await?;
            rewrite(talk, current, &edit).await
        };
        current = match outcome.await {
            Ok((token, _)) => token,
            Err(failure) => return Err(abandon(talk, &id, failure).await),
        };
    }
    let Some(secret) = secret else { return Err(unknown_scope(&old)) };
    let stored = talk.store(&current, &secret).await.inspect_err(|_| {
        // Whoever was interrupted may have stored it before.
        talk.journal(|journal| journal.lost_track(&store));
    });
    if let Err(reason) = stored? {
        let message = format!("the secret of the successor could not be stored: {reason}");
        let help = format!("the token {} is as it was; mend the store, then rotate again", shown(&old.id));
        let failure = Failure::new(FailureCode::NotStored, message, help);
        return Err(abandon(talk, &id, failure).await);
    }
    talk.journal(|journal| journal.did(&store));
    let old_kept_until_ms = (overlap.keep_old_ms > 0).then(|| current.created_at.unix_millis() + overlap.keep_old_ms);
    let token = ApiToken { token: Some(secret), ..current };
    if old_kept_until_ms.is_none() {
        delete_old(talk, &old.id, &id).await?;
        if let Some(begun) = begun {
            delete_begun(talk, &begun.id, &id).await?;
        }
    }
    Ok(Rotation { token, old_token_id: Some(old.id), old_kept_until_ms })
}

/// Deletes what an earlier attempt has left behind, unless somebody has begun to use it.
async fn delete_begun(talk: &Talk, begun_id: &str, successor_id: &str) -> Result<(), Failure> {
    match find::read(talk, begun_id).await {
        Ok(begun) if begun.last_used_at.is_some() => {
            let message = format!("{}, which an earlier rotation has left behind, is being used", shown(begun_id));
            let help = "the new secret is stored and valid; find out who uses the other one, then delete it";
            Err(Failure::new(FailureCode::Ambiguous, message, help).among([&begun]))
        }
        Err(failure) if failure.code == FailureCode::NotFound => {
            talk.journal(|journal| journal.did(&delete::deed(begun_id)));
            Ok(())
        }
        Err(failure) => Err(later(failure, begun_id, successor_id)),
        Ok(_) => delete_old(talk, begun_id, successor_id).await,
    }
}

/// Deletes the old token; one that somebody else has deleted meanwhile is just as well.
async fn delete_old(talk: &Talk, old_id: &str, successor_id: &str) -> Result<(), Failure> {
    match delete(talk, old_id).await {
        Err(failure) if failure.has_status(404) => {
            talk.journal(|journal| journal.did(&delete::deed(old_id)));
            Ok(())
        }
        outcome => outcome.map_err(|failure| later(failure, old_id, successor_id)),
    }
}

/// Everything but the end of a rotation is done.
fn later(failure: Failure, old_id: &str, successor_id: &str) -> Failure {
    let help = format!("the secret of {} is stored and valid; delete {} later", shown(successor_id), shown(old_id));
    Failure { help: Some(help), ..failure }
}

fn store_deed(old: &ApiToken) -> Deed {
    let id = shown(&old.id);
    Deed {
        plan: format!("store the secret of the successor of {id}"),
        done: format!("stored the secret of the successor of {id}"),
        unclear: format!("whether the secret of the successor of {id} was stored"),
    }
}

fn unknown_scope(token: &ApiToken) -> Failure {
    let message =
        format!("the token {} has the scope {}, which this release does not know", shown(&token.id), token.scope);
    Failure::new(FailureCode::Unverifiable, message, "use a newer release of this library")
}

// ---- where a rotation stands -----------------------------------------------------------------------------------------

/// The token to replace, the successor of it that an earlier attempt has left behind, if there is one, and the right to change
/// the token.
async fn stand(talk: &Talk, target: &Target, overlap: Overlap) -> Result<(ApiToken, Option<ApiToken>, Turn), Failure> {
    let (old, others, turn) = match &target.token_id {
        Some(_) => {
            let (old, turn) = target.find_to_change(talk).await?;
            let namesakes = namesakes(talk, &old).await?;
            (old, namesakes, turn)
        }
        None => {
            let mut tokens = target.all(talk).await?;
            let others = tokens.split_off(1);
            let oldest = Target { token_id: Some(tokens.remove(0).id), ..target.clone() };
            let (old, turn) = oldest.find_to_change(talk).await?;
            (old, others, turn)
        }
    };
    let by_name = target.token_id.is_none();
    let twins = twins(talk, &old, &others).await?;
    if by_name && twins.len() != others.len() {
        let mut all = vec![old];
        all.extend(others);
        return Err(target.ambiguous(&all));
    }
    // Where the old token is to be kept, a successor that nobody has used yet may just be young.
    let is_left_behind = |twin: &Twin| twin.is_mine && twin.token.last_used_at.is_none() && overlap.keep_old_ms == 0;
    match twins.as_slice() {
        [] => Ok((old, None, turn)),
        _ if overlap.anew && !by_name => Ok((old, None, turn)),
        [twin] if is_left_behind(twin) => Ok((old, Some(twin.token.clone()), turn)),
        _ => {
            let message = format!("there are tokens that look like a successor of {}", shown(&old.id));
            let report = talk.session.api.report();
            let help = format!(
                "finish that rotation (finish_rotation), delete them, or give {} and {} to make another",
                report.named("token_id"),
                report.named("anew")
            );
            Err(Failure::new(FailureCode::Ambiguous, message, help).among(twins.iter().map(|twin| &twin.token)))
        }
    }
}

/// The other tokens of the same name that belong to the same entity.
async fn namesakes(talk: &Talk, token: &ApiToken) -> Result<Vec<ApiToken>, Failure> {
    let scope = token.scope.known();
    let entity_id =
        primary_role(token).map(|role| role.entity_id.clone()).filter(|_| scope != Some(Scope::Organization));
    let target = Target {
        token_id: None,
        token_name: Some(token.name.clone()),
        owner: scope.map(|scope| Owner { scope, entity_id }),
        scope: None,
    };
    let mut tokens = match target.all(talk).await {
        Err(failure) if failure.code == FailureCode::NotFound => Vec::new(),
        tokens => tokens?,
    };
    tokens.retain(|other| other.id != token.id);
    Ok(tokens)
}

/// A token that looks like a successor.
struct Twin {
    token: ApiToken,
    /// Whether this very caller made it.
    is_mine: bool,
}

/// Those of the tokens that are younger and like this one, and were not certainly made by somebody else. One that was made
/// and is not complete yet may lack some roles.
async fn twins(talk: &Talk, old: &ApiToken, others: &[ApiToken]) -> Result<Vec<Twin>, Failure> {
    let mut twins = Vec::new();
    for other in others.iter().filter(|other| is_like(old, other)) {
        let creator = other.created_by.as_ref().map(|creator| creator.id.as_str());
        let own = talk.session.token_id.as_deref();
        if creator.is_some() && own.is_some() && creator != own {
            continue;
        }
        // A list may leave the roles out.
        let token = find::read(talk, &other.id).await?;
        let roles = old.roles.as_deref().unwrap_or_default();
        let fits = token.roles.as_ref().is_some_and(|have| have.iter().all(|role| roles.contains(role)));
        if fits && primary_role(&token) == primary_role(old) {
            twins.push(Twin { token, is_mine: creator.is_some() && creator == own });
        }
    }
    Ok(twins)
}

fn is_like(old: &ApiToken, other: &ApiToken) -> bool {
    other.created_at.unix_millis() > old.created_at.unix_millis()
        && other.name == old.name
        && other.description == old.description
        && other.scope == old.scope
        && other.kind == old.kind
        && other.expiry_period_in_days == old.expiry_period_in_days
}

// ---- later -----------------------------------------------------------------------------------------------------------

/// Deletes the old token of a rotation whose successor stands, if its time is over.
pub(super) async fn finish(
    talk: &Talk,
    target: &Target,
    old_token_id: Option<&str>,
    keep_old_ms: i64,
) -> Result<Rotation, Failure> {
    let successor = match &target.token_id {
        Some(_) => target.find(talk).await?,
        None => {
            let tokens = target.all(talk).await?;
            // The youngest is the successor; whether the other is its old token is looked at below.
            match tokens.last() {
                Some(youngest) => find::read(talk, &youngest.id).await?,
                None => return Err(target.ambiguous(&tokens)),
            }
        }
    };
    let old = match old_token_id {
        Some(old_id) => match find::read(talk, old_id).await {
            Err(failure) if failure.code == FailureCode::NotFound => None,
            old => Some(certain_old(&successor, old?)?),
        },
        None => {
            let mut olds = Vec::new();
            for namesake in namesakes(talk, &successor).await? {
                let old = find::read(talk, &namesake.id).await?;
                if twins(talk, &old, std::slice::from_ref(&successor)).await?.first().is_some_and(|twin| twin.is_mine) {
                    olds.push(old);
                }
            }
            if olds.len() > 1 {
                let message = format!("{} tokens look like the old one of {}", olds.len(), shown(&successor.id));
                let help = format!("give {}", talk.session.api.report().named("old_token_id"));
                return Err(Failure::new(FailureCode::Ambiguous, message, help).among(&olds));
            }
            olds.pop()
        }
    };
    let Some(old) = old else {
        return Ok(Rotation {
            token: successor,
            old_token_id: old_token_id.map(str::to_owned),
            old_kept_until_ms: None,
        });
    };
    let kept_until_ms = successor.created_at.unix_millis() + keep_old_ms;
    // The server's clock is known to a second, and too late does less harm than not at all.
    let server_now_ms = talk.server_time_ms(talk.now_ms()).map_or_else(|| talk.now_ms(), |now_ms| now_ms + 1000);
    let is_kept = keep_old_ms > 0 && server_now_ms < kept_until_ms;
    let old_kept_until_ms = is_kept.then_some(kept_until_ms);
    if old_kept_until_ms.is_none() {
        delete_old(talk, &old.id, &successor.id).await?;
    }
    Ok(Rotation { token: successor, old_token_id: Some(old.id), old_kept_until_ms })
}

/// That this can be the old token of the successor.
fn certain_old(successor: &ApiToken, old: ApiToken) -> Result<ApiToken, Failure> {
    let is_same = old.name == successor.name
        && old.scope == successor.scope
        && matches!(old.scope, Word::Known(_))
        && primary_role(&old).map(|role| &role.entity_id) == primary_role(successor).map(|role| &role.entity_id)
        && old.id != successor.id
        && old.created_at.unix_millis() <= successor.created_at.unix_millis();
    if is_same {
        return Ok(old);
    }
    let message = format!("{} cannot be the old token of {}", shown(&old.id), shown(&successor.id));
    let help =
        "the two have the same name and belong to the same entity, and the successor is younger; nothing was changed";
    Err(Failure::new(FailureCode::Mismatch, message, help))
}
