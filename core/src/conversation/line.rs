//! [`Place`]: the tokens of one place as one list showed them, and which of them replace one another.

use super::{
    error::{Failure, FailureCode},
    owner::Owner,
    pages::Filter,
    stores::Held,
    talk::Talk,
};
use crate::{ApiToken, Mark, Timestamp, text::shown};

/// After how many milliseconds a pending token counts as left behind, unless the caller says otherwise: longer than the
/// longest run of any client of that token takes, store included.
pub(super) const LEFTOVER_AFTER_MS: i64 = 60 * 60 * 1000;

/// Why nothing is deleted because of its age.
pub(super) const CLOCKS: &str = "the clocks of Astro and of this machine differ by more than 5 minutes, or Astro does not tell the time, so its age is not known";

/// How old tokens are, by Astro's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    /// `None`: the time is not certain, so everything is young and no time is over.
    now_ms: Option<i64>,
    pub(super) leftover_after_ms: i64,
}

impl Age {
    /// As it is known now.
    pub(super) fn now(talk: &Talk, leftover_after_ms: i64) -> Self {
        Age { now_ms: talk.astro_now_ms(), leftover_after_ms }
    }

    /// Whether the time is certain.
    pub(super) fn is_known(&self) -> bool {
        self.now_ms.is_some()
    }

    /// Whether another run may still be at work with it.
    pub(super) fn is_young(&self, token: &ApiToken) -> bool {
        self.now_ms.is_none_or(|now_ms| now_ms - token.created_at.unix_millis() < self.leftover_after_ms)
    }

    pub(super) fn is_over(&self, until: &Timestamp) -> bool {
        self.now_ms.is_some_and(|now_ms| until.unix_millis() <= now_ms)
    }
}

/// The tokens of one place, or of the whole Organization.
pub(super) struct Place {
    pub(super) tokens: Vec<ApiToken>,
}

impl Place {
    pub(super) async fn list(talk: &Talk, owner: Option<&Owner>) -> Result<Self, Failure> {
        Ok(Place { tokens: Filter::oldest_first(&talk.session.api, owner).all(talk).await? })
    }

    pub(super) fn get(&self, token_id: &str) -> Option<&ApiToken> {
        self.tokens.iter().find(|token| token.id == token_id)
    }

    /// Takes note of what became of a token since.
    pub(super) fn put(&mut self, token: ApiToken) {
        if let Some(place) = self.tokens.iter_mut().find(|known| known.id == token.id) {
            *place = token;
        }
    }

    /// The tokens of a line: those whose mark has its name, the first one, which the name is the id of, and those that a
    /// member without a mark has replaced.
    pub(super) fn line(&self, line: &str) -> Vec<&ApiToken> {
        let mut lines = vec![line.to_owned()];
        loop {
            let is_member = |token: &&ApiToken| match token.mark() {
                Some(Mark::Replaced { by, line, .. }) => lines.contains(&line) || lines.contains(&by),
                _ => lines.contains(&token.line()) || lines.contains(&token.id),
            };
            let members: Vec<&ApiToken> = self.tokens.iter().filter(is_member).collect();
            let known = lines.len();
            for member in &members {
                for name in [member.line(), member.id.clone()] {
                    // A token that is its own line joins others only by what it has replaced.
                    if !lines.contains(&name) {
                        lines.push(name);
                    }
                }
            }
            if lines.len() == known {
                return members;
            }
        }
    }

    /// The token that has replaced another one: the one that its mark names, or where that is gone, what has replaced that:
    /// the newest of the line whose secret was handed over.
    pub(super) fn replacement(&self, token: &ApiToken) -> Option<&ApiToken> {
        let Some(Mark::Replaced { by, line, .. }) = token.mark() else { return None };
        let is_later =
            |other: &&ApiToken| matches!(other.mark(), Some(Mark::Settled { .. })) && by_age(other, token).is_gt();
        self.get(&by).or_else(|| self.line(&line).into_iter().filter(is_later).max_by(|one, other| by_age(one, other)))
    }

    /// Whether the secret of a pending token is known to be in somebody's hands: its predecessor names it as its
    /// replacement, or the store does.
    pub(super) fn is_handed_over(&self, token: &ApiToken, held: &Held) -> bool {
        let is_named = |other: &ApiToken| matches!(other.mark(), Some(Mark::Replaced { by, .. }) if by == token.id);
        held.names(&token.id) || self.tokens.iter().any(is_named)
    }

    /// The pending tokens of a line, other than one, that another run may still be at work with.
    pub(super) fn rivals(&self, line: &str, token_id: &str, age: &Age) -> Vec<&ApiToken> {
        let is_rival = |token: &&ApiToken| {
            token.id != token_id && matches!(token.mark(), Some(Mark::Pending { .. })) && age.is_young(token)
        };
        self.line(line).into_iter().filter(is_rival).collect()
    }
}

/// Of two tokens the newer one is last; of two of one time, that with the greater id.
pub(super) fn by_age(one: &ApiToken, other: &ApiToken) -> std::cmp::Ordering {
    let key = |token: &ApiToken| token.created_at.unix_millis();
    key(one).cmp(&key(other)).then_with(|| one.id.cmp(&other.id))
}

/// Oldest first. Not generic, as each kind of sort takes some kilobytes of WebAssembly.
pub(super) fn sort_by_age(tokens: &mut [&ApiToken]) {
    tokens.sort_by(|one, other| by_age(one, other));
}

/// What tokens of one name come to.
pub(super) enum Choice<'p> {
    One(&'p ApiToken),
    /// Several that have nothing to do with each other.
    Several(Vec<&'p ApiToken>),
    /// None but pending ones, and another run may be at work with these.
    AtWork(Vec<&'p ApiToken>),
    /// None but tokens that have been replaced, or were made to replace one, which has another name.
    Elsewhere(Vec<&'p ApiToken>),
}

impl Place {
    /// Which of these tokens of one name is meant: the one that the store names; else the one that is neither pending nor
    /// replaced, and of a line the newest.
    pub(super) fn choose<'p>(&'p self, named: &[&'p ApiToken], held: &Held, age: &Age) -> Choice<'p> {
        if let Some(token) = named.iter().find(|token| held.names(&token.id)) {
            return Choice::One(token);
        }
        let current = |token: &&&ApiToken| match token.mark() {
            Some(Mark::Settled { .. }) | None => true,
            Some(Mark::Pending { .. }) => self.is_handed_over(token, held),
            Some(_) => false,
        };
        let newest = newest_of_each_line(named.iter().filter(current));
        match newest.as_slice() {
            [] => {}
            [token] => return Choice::One(token),
            _ => return Choice::Several(newest),
        }
        let pending = named.iter().filter(|token| token.mark().is_some_and(|mark| mark.is_pending()));
        let (young, old): (Vec<&ApiToken>, Vec<&ApiToken>) = pending.partition(|token| age.is_young(token));
        let is_alone = |token: &&&ApiToken| match token.mark() {
            Some(Mark::Pending { of, .. }) => self.get(&of).is_none(),
            _ => true,
        };
        let alone = newest_of_each_line(old.iter().filter(is_alone));
        match alone.as_slice() {
            [token] => Choice::One(token),
            [] if young.is_empty() => Choice::Elsewhere(named.to_vec()),
            [] => Choice::AtWork(young),
            _ => Choice::Several(alone),
        }
    }
}

/// A line has one current token. Its first one counts as a member although it has no mark, or has lost it.
fn newest_of_each_line<'p: 'i, 'i>(tokens: impl Iterator<Item = &'i &'p ApiToken>) -> Vec<&'p ApiToken> {
    let mut newest: Vec<&ApiToken> = Vec::new();
    let mut tokens: Vec<&ApiToken> = tokens.copied().collect();
    sort_by_age(&mut tokens);
    for token in tokens {
        match newest.iter_mut().find(|known| known.line() == token.line()) {
            Some(known) => *known = token,
            None => newest.push(token),
        }
    }
    newest
}

/// Another run may be at work with these.
pub(super) fn at_work<'t>(tokens: impl IntoIterator<Item = &'t ApiToken>, held: &Held, age: &Age) -> Failure {
    let tokens: Vec<&ApiToken> = tokens.into_iter().collect();
    let ids: Vec<String> = tokens.iter().map(|token| shown(&token.id)).collect();
    let (subject, its) = if ids.len() == 1 { ("token", "its secret is") } else { ("tokens", "their secrets are") };
    let state = if tokens.iter().any(|token| held.names(&token.id)) {
        "the store holds its secret, but that run may not have ended".to_owned()
    } else {
        format!("{its} not known to be stored")
    };
    let message = format!("another run may be at work: it made the {subject} {}, and {state}", ids.join(" and "));
    let help = match age.is_known() {
        true => format!(
            "wait until that run has ended, then try again; if it was killed, {} after {}",
            if ids.len() == 1 { "this token counts as left behind" } else { "these tokens count as left behind" },
            duration(age.leftover_after_ms)
        ),
        false => format!("{CLOCKS}; check the clock of this machine, then try again"),
    };
    Failure::new(FailureCode::Conflict, message, help).among(tokens)
}

/// "1 hour", "90 minutes", "5 seconds"
pub(super) fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let (count, unit) = match seconds {
        _ if seconds >= 3600 && seconds % 3600 == 0 => (seconds / 3600, "hour"),
        _ if seconds >= 60 && seconds % 60 == 0 => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
