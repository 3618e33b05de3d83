//! [`BatchProgress`]: how far a [`Batch`] has come, told while it is filled.

use std::{convert::Infallible, fmt, ops::ControlFlow};

use crate::{Batch, CreateToken};

/// How many entries, or bytes of text, are read before progress is told.
const ENTRIES_AT_ONCE: usize = 1000;
const BYTES_AT_ONCE: usize = 128 * 1024;

/// How far a [`Batch`] has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchProgress {
    /// How many entries were read, wrong ones too.
    pub entries: usize,
    /// How many of them made no request.
    pub failures: usize,
}

impl fmt::Display for BatchProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.entries == 1 { "entry" } else { "entries" };
        write!(f, "{} {noun}, {} of them wrong", self.entries, self.failures)
    }
}

impl Batch {
    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> BatchProgress {
        BatchProgress { entries: self.total(), failures: self.failures().len() }
    }

    /// Takes many tokens, and tells how far it is: about every thousand of them, and at the end. Where `on_progress` breaks
    /// off, the rest is not looked at, and what was broken off with is returned.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use astro_tokens::{Api, Batch, CreateToken};
    ///
    /// let mut batch = Batch::new(&Api::new("clorg")?);
    /// let tokens = (0..5000).map(|team| CreateToken::new(format!("team {team}"), "ORGANIZATION_MEMBER"));
    /// let outcome = batch.extend_with_progress(tokens, |progress| {
    ///     eprintln!("{progress}");
    ///     if progress.failures > 100 { ControlFlow::Break("too many are wrong") } else { ControlFlow::Continue(()) }
    /// });
    /// assert_eq!((outcome, batch.len()), (ControlFlow::Continue(()), 5000));
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    pub fn extend_with_progress<'a, B>(
        &mut self,
        tokens: impl IntoIterator<Item = CreateToken<'a>>,
        on_progress: impl FnMut(BatchProgress) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let push = |batch: &mut Batch, token| {
            batch.push(&token);
            ControlFlow::Continue(())
        };
        self.push_each_with_progress(tokens, push, on_progress)
    }

    /// Takes lines of NDJSON as [`Batch::push_ndjson`] does, and tells how far it is: after every 128 KiB, which is about
    /// a thousand entries, and at the end. Where `on_progress` breaks off, the rest is not looked at, and what was broken
    /// off with is returned.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use astro_tokens::{Api, Batch};
    ///
    /// let text = r#"{"name": "CI", "role": "ORGANIZATION_MEMBR", "expiration_days": 90}"#;
    /// let mut batch = Batch::new(&Api::new("clorg")?).stop_on_error(true);
    /// let _ = batch.push_ndjson_with_progress(text, |progress| {
    ///     assert_eq!(progress.to_string(), "1 entry, 1 of them wrong");
    ///     ControlFlow::<()>::Continue(())
    /// });
    /// # Ok::<(), astro_tokens::ValidationError>(())
    /// ```
    pub fn push_ndjson_with_progress<B>(
        &mut self,
        text: impl AsRef<[u8]>,
        on_progress: impl FnMut(BatchProgress) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let push = |batch: &mut Batch, lines| {
            batch.push_ndjson(lines);
            ControlFlow::Continue(())
        };
        let text = text.as_ref();
        self.reserve(text.len());
        self.fill(stretches(text), 1, push, on_progress)
    }

    /// Takes each item as `push` does, which may break off, too. Bindings to other languages use this.
    pub fn push_each_with_progress<T, B>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        push: impl FnMut(&mut Batch, T) -> ControlFlow<B>,
        on_progress: impl FnMut(BatchProgress) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        self.fill(items, ENTRIES_AT_ONCE, push, on_progress)
    }

    fn fill<T, B>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        at_once: usize,
        mut push: impl FnMut(&mut Batch, T) -> ControlFlow<B>,
        mut on_progress: impl FnMut(BatchProgress) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let mut told = None;
        for (position, item) in items.into_iter().enumerate() {
            push(self, item)?;
            if self.is_stopped() {
                break;
            }
            // Also where nothing but blank lines was read: hosts look there whether somebody wants to end the work.
            if (position + 1) % at_once == 0 {
                on_progress(*told.insert(self.progress()))?;
            }
        }
        let progress = self.progress();
        if told == Some(progress) { ControlFlow::Continue(()) } else { on_progress(progress) }
    }
}

impl<'a> Extend<CreateToken<'a>> for Batch {
    /// Takes many tokens.
    fn extend<T: IntoIterator<Item = CreateToken<'a>>>(&mut self, tokens: T) {
        let _ = self.extend_with_progress(tokens, |_| ControlFlow::<Infallible>::Continue(()));
    }
}

/// The text in pieces of whole lines.
fn stretches(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let near = BYTES_AT_ONCE.min(rest.len());
        let newline = rest[near..].iter().position(|byte| *byte == b'\n');
        let (lines, behind) = rest.split_at(newline.map_or(rest.len(), |newline| near + newline + 1));
        rest = behind;
        (!lines.is_empty()).then_some(lines)
    })
}
