//! [`Journal`]: what a conversation has done, meant to do and does not know.

use serde::Serialize;

use crate::{Problem, Secret, text::shown};

/// What an [`Effect`] does to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectAction {
    /// It is created.
    Create,
    /// Its name or description is changed.
    Update,
    /// Its roles are changed.
    SetRoles,
    /// Its secret is replaced.
    Rotate,
    /// Its secret is stored.
    Store,
    /// The mark at the end of its description is written: see [`Mark`](crate::Mark).
    Mark,
    /// It is deleted.
    Delete,
    /// It is left as it is, although it belongs to the work.
    Leave,
}

impl EffectAction {
    /// Every action.
    pub const ALL: &'static [EffectAction] = &[
        EffectAction::Create,
        EffectAction::Update,
        EffectAction::SetRoles,
        EffectAction::Rotate,
        EffectAction::Store,
        EffectAction::Mark,
        EffectAction::Delete,
        EffectAction::Leave,
    ];
}

/// How far an [`Effect`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectState {
    /// It was done, or found to be so.
    Done,
    /// It was not done.
    NotDone,
    /// Whether it was done is not known.
    Unclear,
}

impl EffectState {
    /// Every state.
    pub const ALL: &'static [EffectState] = &[EffectState::Done, EffectState::NotDone, EffectState::Unclear];
}

/// One thing that work of several requests has done to a token, has not done, or does not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Effect {
    /// What is done.
    pub action: EffectAction,
    /// The token; `None`: it was to be created, and its id is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// How far it is.
    pub state: EffectState,
    /// The same for people: "deleted the token `clold`".
    pub text: String,
}

/// What a conversation has done, meant to do and does not know, in the order in which it happened.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Vec<(Deed, EffectState)>,
    /// A secret that was received and not handed over yet.
    pub(super) secret: Option<Secret>,
    pub(super) warnings: Vec<Problem>,
}

/// One change of something at Astro, in words.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) action: EffectAction,
    pub(super) token_id: Option<String>,
    /// "delete the token `clold`"
    pub(super) plan: String,
    /// "deleted the token `clold`"
    pub(super) done: String,
    /// "whether the token `clold` was deleted"
    pub(super) unclear: String,
}

impl Deed {
    /// A change of the token of this id.
    pub(super) fn new(action: EffectAction, token_id: &str, plan: String, done: String, unclear: String) -> Self {
        Deed { action, token_id: Some(token_id.to_owned()), plan, done, unclear }
    }

    /// "delete the token `clold`"
    pub(super) fn delete(token_id: &str) -> Self {
        let id = shown(token_id);
        Deed::new(
            EffectAction::Delete,
            token_id,
            format!("delete the token {id}"),
            format!("deleted the token {id}"),
            format!("whether the token {id} was deleted"),
        )
    }

    fn effect(self, state: EffectState) -> Effect {
        let text = match state {
            EffectState::Done => self.done,
            EffectState::NotDone => self.plan,
            EffectState::Unclear => self.unclear,
        };
        Effect { action: self.action, token_id: self.token_id, state, text }
    }
}

impl Journal {
    /// One that begins with warnings.
    pub(super) fn new(warnings: Vec<Problem>) -> Self {
        Journal { warnings, ..Journal::default() }
    }

    /// Says that this is going to be done.
    pub(super) fn plan(&mut self, deed: &Deed) {
        let is_planned =
            self.entries.iter().any(|(known, state)| *state == EffectState::NotDone && known.plan == deed.plan);
        if !is_planned {
            self.entries.push((deed.clone(), EffectState::NotDone));
        }
    }

    /// Says that this was done.
    pub(super) fn did(&mut self, deed: &Deed) {
        self.strike(deed);
        if !self.entries.iter().any(|(known, state)| *state == EffectState::Done && known.done == deed.done) {
            self.entries.push((deed.clone(), EffectState::Done));
        }
    }

    /// Says that a token stays as it is, and why.
    pub(super) fn left(&mut self, token_id: &str, why: &str) {
        let text = format!("left the token {}: {why}", shown(token_id));
        let (plan, unclear) = (text.clone(), text.clone());
        self.did(&Deed::new(EffectAction::Leave, token_id, plan, text, unclear));
    }

    /// Says more about something that was done.
    pub(super) fn note(&mut self, deed: &Deed, note: &str) {
        for (known, state) in &mut self.entries {
            if *state == EffectState::Done && known.done == deed.done {
                known.done.push_str(note);
            }
        }
    }

    /// Says that somebody else has undone this, and that it is still to be done.
    pub(super) fn undone(&mut self, deed: &Deed) {
        self.entries.retain(|(known, state)| *state != EffectState::Done || known.done != deed.done);
        self.plan(deed);
    }

    /// Says that nobody knows whether this was done.
    pub(super) fn lost_track(&mut self, deed: &Deed) {
        self.strike(deed);
        self.entries.push((deed.clone(), EffectState::Unclear));
    }

    /// Takes back that this is going to be done, or that nobody knows whether it was.
    pub(super) fn strike(&mut self, deed: &Deed) {
        self.entries.retain(|(known, state)| *state == EffectState::Done || known.plan != deed.plan);
    }

    /// Takes back all that is planned for a token, or not known about it: the token is gone.
    pub(super) fn forget(&mut self, token_id: &str) {
        let id = Some(token_id);
        self.entries.retain(|(known, state)| *state == EffectState::Done || known.token_id.as_deref() != id);
    }

    /// Whether something about a token is not known.
    pub(super) fn is_unclear(&self, token_id: &str) -> bool {
        self.entries
            .iter()
            .any(|(deed, state)| *state == EffectState::Unclear && deed.token_id.as_deref() == Some(token_id))
    }

    /// Everything that was done, was not, or is not known, in the order in which it happened.
    pub(super) fn effects(&self) -> Vec<Effect> {
        self.entries.iter().map(|(deed, state)| deed.clone().effect(*state)).collect()
    }
}
