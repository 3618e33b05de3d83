//! [`FinishRotation`](super::FinishRotation): cleans up after rotations with overlap.

use super::{
    cleanup::{delete_leftover, delete_replaced, leave, too_young, why_young},
    error::{Failure, FailureCode},
    find::Target,
    line::{Age, Choice, Place, by_age, sort_by_age},
    marking::complete,
    owner::Owner,
    rotate::Rotation,
    stores::Held,
    talk::Talk,
    work::Plan,
};
use crate::{ApiToken, Mark, text::shown};

/// Which rotations are to be ended.
pub(crate) struct Finish {
    pub(crate) target: Target,
    pub(crate) old_token_id: Option<String>,
    pub(crate) now: bool,
    pub(crate) leftover_after_ms: i64,
}

impl Plan for Finish {
    type Outcome = Rotation;

    async fn run(self, talk: Talk) -> Result<Rotation, Failure> {
        let held = talk.held().await?;
        let (token, mut place) = self.find(&talk, &held).await?;
        let _turn = talk.turn(&token.id).await?;
        let age = Age::now(&talk, self.leftover_after_ms);
        let mut members: Vec<String> = {
            let mut members = place.line(&token.line());
            sort_by_age(&mut members);
            // Who authenticates with one of them goes last.
            let is_own = |member: &&ApiToken| talk.session.token_id.as_ref() == Some(&member.id);
            let (own, others): (Vec<_>, Vec<_>) = members.into_iter().partition(is_own);
            others.into_iter().chain(own).map(|member| member.id.clone()).collect()
        };
        self.check_old(&place, &members)?;

        for id in &members {
            let pending = place.get(id).filter(|token| token.mark().is_some_and(|mark| mark.is_pending())).cloned();
            if let Some(token) = pending
                && !age.is_young(&token)
                && place.is_handed_over(&token, &held)
            {
                complete(&talk, &mut place, &token).await?;
            }
        }
        let (mut old_token_id, mut old_kept_until_ms) = (None, None);
        // One that cannot be deleted keeps none of the others, and is an error in the end.
        let mut failed = None;
        members.retain(|id| place.get(id).is_some());
        for token in members.iter().filter_map(|id| place.get(id)) {
            match token.mark() {
                Some(Mark::Replaced { until, .. }) if self.is_about(&token.id) => {
                    old_token_id.get_or_insert_with(|| token.id.clone());
                    match self.reason_to_stay(&talk, &place, &age, token, &held).await? {
                        Some(why) => {
                            leave(&talk, &token.id, &why);
                            old_kept_until_ms.get_or_insert(until.unix_millis());
                        }
                        None => {
                            let new = place.replacement(token).unwrap_or(token);
                            failed = first(failed, delete_replaced(&talk, token, new).await)?;
                        }
                    }
                }
                Some(mark) if mark.is_pending() => {
                    failed = first(failed, self.judge_pending(&talk, &place, &age, token, &held).await)?;
                }
                _ => {}
            }
        }
        if let Some(failure) = failed {
            return Err(failure);
        }
        let token = current(&place, &members).cloned().unwrap_or(token);
        Ok(Rotation { token, old_token_id, old_kept_until_ms, effects: talk.effects() })
    }
}

impl Finish {
    /// One token of the line, and the tokens of its place.
    async fn find(&self, talk: &Talk, held: &Held) -> Result<(ApiToken, Place), Failure> {
        let target = &self.target;
        if let Some(token_id) = &target.token_id {
            let token = target.by_id(talk, token_id).await?;
            let place = Place::list(talk, Some(&Owner::of(&token)?)).await?;
            return Ok((token, place));
        }
        let place = target.place(talk).await?;
        let age = Age::now(talk, self.leftover_after_ms);
        let named = target.of_name(&place);
        let token = match place.choose(&named, held, &age) {
            _ if named.is_empty() => return Err(target.not_found(&place)),
            Choice::One(token) => token.clone(),
            Choice::Several(tokens) => return Err(target.ambiguous(tokens)),
            // There may be nothing to do yet, which is well.
            Choice::AtWork(tokens) | Choice::Elsewhere(tokens) => match tokens.last() {
                Some(token) => (*token).clone(),
                None => return Err(target.not_found(&place)),
            },
        };
        Ok((token, place))
    }

    /// That the old token that the caller names belongs to the line. One that is gone is as well.
    fn check_old(&self, place: &Place, members: &[String]) -> Result<(), Failure> {
        let Some(old) = self.old_token_id.as_ref().filter(|id| !members.contains(id)).and_then(|id| place.get(id))
        else {
            return Ok(());
        };
        let message = format!("the token {} was not replaced in this rotation", shown(&old.id));
        let help = "only marks make one token the successor of another; nothing was changed";
        Err(Failure::new(FailureCode::Mismatch, message, help).among([old]))
    }

    fn is_about(&self, token_id: &str) -> bool {
        self.old_token_id.as_ref().is_none_or(|id| id == token_id)
    }

    /// Why a replaced token is not deleted; `None`: it goes.
    async fn reason_to_stay(
        &self,
        talk: &Talk,
        place: &Place,
        age: &Age,
        token: &ApiToken,
        held: &Held,
    ) -> Result<Option<String>, Failure> {
        let Some(Mark::Replaced { by, until, .. }) = token.mark() else { return Ok(None) };
        let by_id = shown(&by);
        Ok(match place.replacement(token).map(ApiToken::mark) {
            _ if !age.is_over(&until) && !self.now => {
                Some(why_young(age, &format!("it is kept until {until}")).to_owned())
            }
            _ if age.is_young(token) => Some(why_young(age, &too_young(age)).to_owned()),
            None => Some(format!("its replacement {by_id} is gone")),
            Some(Some(mark)) if mark.is_pending() => {
                Some(format!("the secret of its replacement {by_id} is not known to be stored"))
            }
            _ if held.is_readable() && talk.held().await?.names(&token.id) => {
                Some("the store holds its secret".to_owned())
            }
            _ => None,
        })
    }

    /// What becomes of a token that was made and not handed over.
    async fn judge_pending(
        &self,
        talk: &Talk,
        place: &Place,
        age: &Age,
        token: &ApiToken,
        held: &Held,
    ) -> Result<(), Failure> {
        let names_another = match held {
            Held::Names(id) => *id != token.id && place.get(id).is_some(),
            _ => false,
        };
        if age.is_young(token) {
            leave(talk, &token.id, why_young(age, "another run may be at work with it"));
        } else if token.last_used_at.is_some() {
            leave(talk, &token.id, "an earlier run has left it, and it is being used");
        } else if names_another {
            delete_leftover(talk, token, "an earlier run has left it").await?;
        } else {
            leave(talk, &token.id, "an earlier run has left it, and the store may hold its secret");
        }
        Ok(())
    }
}

/// The first of two failures; an interrupt is one at once.
fn first(failed: Option<Failure>, outcome: Result<(), Failure>) -> Result<Option<Failure>, Failure> {
    match outcome {
        Err(failure) if failure.code == FailureCode::Cancelled => Err(failure),
        outcome => Ok(failed.or(outcome.err())),
    }
}

/// The token that the others of its line were replaced by.
fn current<'p>(place: &'p Place, members: &[String]) -> Option<&'p ApiToken> {
    let tokens = members.iter().filter_map(|id| place.get(id));
    let is_current = |token: &&ApiToken| matches!(token.mark(), Some(Mark::Settled { .. }) | None);
    tokens.filter(is_current).max_by(|one, other| by_age(one, other))
}
