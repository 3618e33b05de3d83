//! The end of a rotation with overlap: the marks that say who replaces whom, and what is deleted because of them.
//!
//! Each token is read right before it is deleted, and left alone where its mark has changed. Nothing that is younger than the
//! longest run is deleted, but for the old token of this very run.

use super::{
    cleanup::{attempt, delete_leftover, delete_replaced, found_gone, leave, too_young, why_young},
    delete::delete,
    error::{Failure, FailureCode},
    find::read_if_there,
    journal::Deed,
    line::{Age, Place, sort_by_age},
    marking::{mark_unchanged, whole, whole_seconds, write_mark},
    overlap::{carry_over, is_alike, with_roles},
    owner::Owner,
    rotate::Overlap,
    stores::Held,
    talk::Talk,
};
use crate::{ApiToken, Mark, Timestamp, text::shown};

/// How often what others change about the old token meanwhile is carried over, before it is left alone.
const ROUNDS: usize = 3;

/// The end of one rotation, when the secret of the successor is stored.
pub(super) struct Settling<'t> {
    pub(super) talk: &'t Talk,
    /// The line that both tokens belong to.
    pub(super) line: String,
    pub(super) owner: Owner,
    pub(super) options: Overlap,
}

impl Settling<'_> {
    /// Marks the old token as replaced and the new one as settled, cleans up their line, and deletes the old token unless it
    /// is kept. The new token as it is then, and until when the old one stays.
    pub(super) async fn settle(&self, old: &ApiToken, new: ApiToken) -> Result<(ApiToken, Option<i64>), Failure> {
        let talk = self.talk;
        let until = self.kept_until(old, &new);
        let is_kept = until.unix_millis() > self.now_ms(&new);
        if !is_kept {
            talk.plan(&Deed::delete(&old.id));
        }
        let place = Place::list(talk, Some(&self.owner)).await?;
        let Some(listed) = place.get(&new.id) else { return Err(gone(&new.id)) };
        let age = Age::now(talk, self.options.leftover_after_ms);
        let mut now = self.still_there(&place, old, &new, &age).await?;
        let mut new = ApiToken { roles: listed.roles.clone().or(new.roles), ..listed.clone() };
        let mut seen = old.clone();

        // Whether nothing was sent since the list that showed both of them.
        let mut is_fresh = now.as_ref().is_none_or(|now| now.roles.is_some() && is_alike(now, &seen));
        if let Some(token) = now.take() {
            now = self.caught_up(with_roles(talk, &token).await?, &mut seen, &mut new).await?;
        }
        let skipped = place.get(&old.id).filter(|_| now.is_some()).map(|old| old.id.as_str());
        if self.clean(&place, &new, skipped, &until, &age).await? {
            is_fresh = false;
            if now.is_some() {
                now = self.caught_up(read_if_there(talk, &old.id).await?, &mut seen, &mut new).await?;
            }
        }
        let is_marked = match now {
            Some(now) => self.mark_old(&now, &new, &until).await?,
            None => false,
        };
        if skipped.is_some() && !is_marked {
            self.must_be_stored(&new, []).await?;
            found_gone(talk, &old.id);
        }
        if !is_fresh {
            new = self.still_ours(&place, new).await?;
        }
        let settled = write_mark(talk, &whole(&new, &seen), &Mark::Settled { line: self.line.clone() }).await;
        new = match settled {
            Ok(written) => ApiToken { roles: written.roles.clone().or(new.roles), ..written },
            Err(failure) if failure.code == FailureCode::NotFound => return Err(gone(&new.id)),
            Err(failure) => return Err(failure),
        };
        let is_left = is_marked && (is_kept || !self.delete_old(seen, &mut new).await?);
        Ok((new, is_left.then(|| until.unix_millis())))
    }

    /// The old token as the list shows it; `None`: somebody else has deleted or replaced it. Where that is so, or another run
    /// of this line is at work, the store decides whether this one goes on.
    async fn still_there(
        &self,
        place: &Place,
        old: &ApiToken,
        new: &ApiToken,
        age: &Age,
    ) -> Result<Option<ApiToken>, Failure> {
        let rivals = place.rivals(&self.line, &new.id, age);
        let listed = place.get(&old.id);
        let replaced_by = match listed.and_then(ApiToken::mark) {
            Some(Mark::Replaced { by, .. }) if listed.and_then(ApiToken::mark) != old.mark() => Some(by),
            _ => None,
        };
        if rivals.is_empty() && replaced_by.is_none() && listed.is_some() {
            return Ok(listed.cloned());
        }
        let replacement = replaced_by.as_ref().and_then(|by| place.get(by));
        let mut others: Vec<&ApiToken> = rivals;
        others.extend(replacement.filter(|by| !others.iter().any(|other| other.id == by.id)));
        others.extend(listed);
        self.must_be_stored(new, others).await?;
        if listed.is_none() {
            found_gone(self.talk, &old.id);
        }
        if replaced_by.is_some() {
            // It is one of the line from here on, kept for as long as the other run has said.
            self.talk.journal(|journal| journal.strike(&Deed::delete(&old.id)));
            return Ok(None);
        }
        Ok(listed.cloned())
    }

    /// The old token as it was read last, when what was changed about it is carried over to the new one; `None`: it is gone.
    async fn caught_up(
        &self,
        mut now: Option<ApiToken>,
        seen: &mut ApiToken,
        new: &mut ApiToken,
    ) -> Result<Option<ApiToken>, Failure> {
        let talk = self.talk;
        for _ in 0..ROUNDS {
            let Some(token) = now else { return Ok(None) };
            let is_alike = is_alike(&token, seen);
            if !is_alike {
                let current = self.read_new(&new.id).await?;
                *new = carry_over(talk, current, seen, &token).await?;
            }
            *seen = ApiToken { roles: token.roles.clone().or(seen.roles.take()), ..token };
            if is_alike {
                return Ok(Some(seen.clone()));
            }
            now = read_if_there(talk, &seen.id).await?;
        }
        let message = format!("the token {} is changed by somebody else all the time", shown(&seen.id));
        let help = "the new secret is stored and works; find who changes the old token, then run finish_rotation";
        Err(Failure::new(FailureCode::LostUpdate, message, help))
    }

    /// Marks the old token as replaced; `false`: it is gone.
    async fn mark_old(&self, now: &ApiToken, new: &ApiToken, until: &Timestamp) -> Result<bool, Failure> {
        let mark = Mark::Replaced { by: new.id.clone(), until: until.clone(), line: self.line.clone() };
        match write_mark(self.talk, now, &mark).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.code == FailureCode::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// The new token as it is now, some requests after it was listed, if no other run has replaced it.
    async fn still_ours(&self, place: &Place, new: ApiToken) -> Result<ApiToken, Failure> {
        let now = self.read_new(&new.id).await?;
        if now.mark() != new.mark() {
            let by = match now.mark() {
                Some(Mark::Replaced { by, .. }) => place.get(&by),
                _ => None,
            };
            self.must_be_stored(&now, by).await?;
        }
        Ok(now)
    }

    async fn read_new(&self, new_id: &str) -> Result<ApiToken, Failure> {
        read_if_there(self.talk, new_id).await?.ok_or_else(|| gone(new_id))
    }

    /// The time by Astro's clock. Where it is not certain, the new token was created a moment ago.
    fn now_ms(&self, new: &ApiToken) -> i64 {
        self.talk.astro_now_ms().unwrap_or_default().max(new.created_at.unix_millis())
    }

    /// Until when the old token stays: as long as this run or an earlier one has said.
    fn kept_until(&self, old: &ApiToken, new: &ApiToken) -> Timestamp {
        let until_ms = new.created_at.unix_millis() + self.options.keep_old_ms;
        // A time that was asked for is not cut.
        let until_ms = if self.options.keep_old_ms > 0 { until_ms + 999 } else { until_ms };
        let earlier_ms = match old.mark() {
            Some(Mark::Replaced { until, .. }) => until.unix_millis(),
            _ => i64::MIN,
        };
        whole_seconds(until_ms.max(earlier_ms))
    }

    /// Another run stores secrets of this line too, or has made another of its tokens the current one: only where the store
    /// says that it holds the new secret, this run is the one that counts.
    async fn must_be_stored<'t>(
        &self,
        new: &'t ApiToken,
        others: impl IntoIterator<Item = &'t ApiToken>,
    ) -> Result<(), Failure> {
        if self.talk.held().await?.names(&new.id) {
            return Ok(());
        }
        let mut tokens = vec![new];
        tokens.extend(others);
        let ids: Vec<String> = tokens.iter().map(|token| shown(&token.id)).collect();
        let (message, help) = match ids.as_slice() {
            [id] => (
                format!("the token that {id} replaces is gone: somebody else deleted it meanwhile"),
                format!("{id} works, and its secret is stored; delete it too if that was the intention"),
            ),
            _ => (
                format!("another run rotates the same token: the store may hold the secret of {}", ids.join(" or ")),
                "all of them work, and nothing was deleted; when no other run is at work, rotate the token again from \
                 one place"
                    .to_owned(),
            ),
        };
        Err(Failure::new(FailureCode::Conflict, message, help).among(tokens))
    }

    /// Cleans up the rest of the line: what earlier runs have left goes, and everything that still may be in use is marked as
    /// replaced, to go later. Whether anything was sent.
    async fn clean(
        &self,
        place: &Place,
        new: &ApiToken,
        skipped: Option<&str>,
        until: &Timestamp,
        age: &Age,
    ) -> Result<bool, Failure> {
        let talk = self.talk;
        let mut members = place.line(&self.line);
        members.retain(|member| member.id != new.id && Some(member.id.as_str()) != skipped);
        sort_by_age(&mut members);
        // Long enough for a run that may be at work with it to see the mark.
        let later_ms = self.now_ms(new) + 2 * self.options.leftover_after_ms;
        let later = whole_seconds(later_ms.max(until.unix_millis()));
        let mut has_sent = false;
        for member in members {
            if talk.session.token_id.as_ref() == Some(&member.id) {
                leave(talk, &member.id, "it is the token that you authenticate with");
                continue;
            }
            match member.mark() {
                Some(Mark::Pending { .. })
                    if member.last_used_at.is_none() && !place.is_handed_over(member, &Held::Nothing) =>
                {
                    if age.is_young(member) {
                        leave(talk, &member.id, why_young(age, "another run may be at work with it"));
                        continue;
                    }
                    let outcome = delete_leftover(talk, member, "an earlier run has left it").await;
                    attempt(talk, &member.id, outcome)?;
                }
                Some(Mark::Replaced { until, .. }) if !age.is_over(&until) => {
                    leave(talk, &member.id, why_young(age, &format!("it is kept until {until}")));
                    continue;
                }
                Some(Mark::Replaced { .. }) if age.is_young(member) => {
                    leave(talk, &member.id, &too_young(age));
                    continue;
                }
                Some(Mark::Replaced { .. }) => attempt(talk, &member.id, delete_replaced(talk, member, new).await)?,
                _ => {
                    let mark = Mark::Replaced { by: new.id.clone(), until: later.clone(), line: self.line.clone() };
                    attempt(talk, &member.id, mark_unchanged(talk, member, &mark).await)?;
                }
            }
            has_sent = true;
        }
        Ok(has_sent)
    }

    /// Deletes the old token, when what somebody has changed about it meanwhile is carried over. Whether it is gone.
    async fn delete_old(&self, mut seen: ApiToken, new: &mut ApiToken) -> Result<bool, Failure> {
        let talk = self.talk;
        let deed = Deed::delete(&seen.id);
        for _ in 0..ROUNDS {
            let Some(now) = read_if_there(talk, &seen.id).await? else {
                found_gone(talk, &seen.id);
                return Ok(true);
            };
            let mark = match now.mark() {
                Some(Mark::Replaced { by, .. }) if by == new.id => None,
                // Somebody has written its description at the same moment, and the mark with it.
                None => Some(Mark::Replaced {
                    by: new.id.clone(),
                    until: whole_seconds(self.now_ms(new)),
                    line: self.line.clone(),
                }),
                Some(_) => {
                    talk.journal(|journal| journal.strike(&deed));
                    leave(talk, &now.id, "another run has marked it since");
                    return Ok(false);
                }
            };
            if mark.is_none() && is_alike(&now, &seen) {
                match delete(talk, &now.id).await {
                    Err(failure) if failure.has_status(404) => found_gone(talk, &now.id),
                    outcome => outcome?,
                }
                return Ok(true);
            }
            let current = self.read_new(&new.id).await?;
            *new = carry_over(talk, current, &seen, &now).await?;
            if let Some(mark) = mark {
                write_mark(talk, &now, &mark).await?;
            }
            seen = now;
        }
        talk.journal(|journal| journal.strike(&deed));
        leave(talk, &seen.id, "somebody else changes it all the time");
        Ok(false)
    }
}

fn gone(new_id: &str) -> Failure {
    let message = format!("the new token {} was deleted by somebody else meanwhile", shown(new_id));
    let help = "the secret that is stored does not work: rotate the token again, by its name, from one place";
    Failure::new(FailureCode::Conflict, message, help)
}
