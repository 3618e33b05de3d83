//! [`Journal`]: what a conversation has done, meant to do and does not know, for the case that it fails.

use crate::{Problem, Secret};

/// Sentences for people, with ids in backticks, in the order in which things happened.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// What was done: "created the token `clnew`".
    pub(super) done: Vec<String>,
    /// What is still to be done: "delete the token `clold`".
    pub(super) planned: Vec<String>,
    /// What nobody knows: "whether the token `clold` was deleted".
    pub(super) unclear: Vec<String>,
    /// A secret that was received and not handed over yet.
    pub(super) secret: Option<Secret>,
    pub(super) warnings: Vec<Problem>,
}

/// One change of something at Astro, in words.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    /// "delete the token `clold`"
    pub(super) plan: String,
    /// "deleted the token `clold`"
    pub(super) done: String,
    /// "whether the token `clold` was deleted"
    pub(super) unclear: String,
}

impl Journal {
    /// Says that this is going to be done.
    pub(super) fn plan(&mut self, deed: &Deed) {
        if !self.planned.contains(&deed.plan) {
            self.planned.push(deed.plan.clone());
        }
    }

    /// Says that this was done.
    pub(super) fn did(&mut self, deed: &Deed) {
        self.strike(deed);
        if !self.done.contains(&deed.done) {
            self.done.push(deed.done.clone());
        }
    }

    /// Says that somebody else has undone this, and that it is still to be done.
    pub(super) fn undone(&mut self, deed: &Deed) {
        self.done.retain(|done| *done != deed.done);
        self.plan(deed);
    }

    /// Says that nobody knows whether this was done.
    pub(super) fn lost_track(&mut self, deed: &Deed) {
        self.strike(deed);
        self.unclear.push(deed.unclear.clone());
    }

    /// Takes back that this is going to be done, or that nobody knows whether it was.
    pub(super) fn strike(&mut self, deed: &Deed) {
        self.planned.retain(|plan| *plan != deed.plan);
        self.unclear.retain(|unclear| *unclear != deed.unclear);
    }
}
