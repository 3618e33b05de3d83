//! Finds the command that is meant by its name: `astro deployment token workspace-token add`.

use super::{
    grammar::{ALL_FLAGS, GRAMMARS, GROUPS, Grammar, TOKEN_WORDS, group_name},
    reader::{Looks, Reader, did_you_mean, looks},
};
use crate::{
    Code, Span,
    text::{listed, nearest, shown},
};

impl Reader {
    /// The first words that are neither flags nor their values: the name of the command and what follows it.
    pub(super) fn path_words(&self) -> Vec<usize> {
        /// `astro`, group, `token`, subgroup, verb.
        const LONGEST: usize = 5;
        let mut path = Vec::with_capacity(LONGEST);
        let mut position = 0;
        while position < self.words.len() && path.len() < LONGEST {
            let word = &self.words[position];
            match looks(word) {
                Looks::EndOfFlags => break,
                Looks::Plain => path.push(position),
                Looks::LongFlag | Looks::ShortFlags => {
                    let takes_value = ALL_FLAGS.iter().copied().flatten().any(|flag| {
                        let is_short = looks(word) == Looks::ShortFlags && word.text.chars().nth(1) == flag.short;
                        !flag.is_boolean() && (flag.long == word.text || (is_short && word.text.len() == 2))
                    });
                    if takes_value && self.can_be_value(position + 1) {
                        position += 1;
                    }
                }
            }
            position += 1;
        }
        path
    }

    /// Finds the command by its name, and how many of the words are its name.
    pub(super) fn find_command(&mut self, path: &[usize]) -> Option<(&'static Grammar, usize)> {
        let names: Vec<(String, Span)> =
            path.iter().map(|position| (self.words[*position].text.clone(), self.words[*position].span())).collect();
        let mut rest = names.iter().peekable();

        let is_group = |name: &str| GROUPS.iter().find(|(_, names)| names.contains(&name)).map(|(scope, _)| *scope);
        if let Some((name, span)) =
            rest.next_if(|(name, _)| is_group(name).is_none() && (is_astro(name) || is_program(name)))
            && !is_astro(name)
        {
            self.mended(
                Code::UnknownCommand,
                Some(*span),
                format!("{} is not a program", shown(name)),
                did_you_mean("astro"),
            );
        }

        let groups = || GROUPS.iter().map(|(scope, _)| group_name(*scope));
        let Some((name, span)) = rest.next() else {
            return self.incomplete(&format!("begin with {}", listed(groups())));
        };
        let scope = match is_group(name) {
            Some(scope) => scope,
            None => {
                let near = nearest(name, groups());
                self.unknown(name, *span, near, groups());
                near.and_then(is_group)?
            }
        };

        let in_group = || GRAMMARS.iter().filter(move |grammar| grammar.scope == scope);
        let verbs = || in_group().map(|grammar| grammar.path[0]);
        let is_known = |name: &str| {
            in_group()
                .any(|grammar| grammar.path[0] == name || (grammar.path.len() == 1 && grammar.alias == Some(name)))
        };
        let mut has_token = rest.next_if(|(name, _)| TOKEN_WORDS.contains(&name.as_str())).is_some();
        if !has_token
            && let Some((name, span)) = rest.next_if(|(name, _)| !is_known(name) && nearest(name, ["token"]).is_some())
        {
            self.unknown(name, *span, Some("token"), ["token"].into_iter());
            has_token = true;
        }

        let mut names_of_commands: Vec<&str> = verbs().collect();
        names_of_commands.dedup();
        let Some((name, span)) = rest.next() else {
            return self
                .incomplete(&format!("the commands are {}", listed(names_of_commands).replace(" or ", " and ")));
        };
        let first = match is_known(name) {
            true => name.as_str(),
            false => {
                let near = nearest(name, verbs());
                self.unknown(name, *span, near, names_of_commands.into_iter());
                near?
            }
        };
        let verb = |grammar: &&Grammar, name: &str, depth: usize| {
            grammar.path.len() == depth && (grammar.path[depth - 1] == name || grammar.alias == Some(name))
        };
        if let Some(grammar) = in_group().find(|grammar| verb(grammar, first, 1)) {
            if !has_token && grammar.token_scope.is_none() {
                // Without `token` this is another command of the Astro CLI, on Workspaces or Deployments themselves.
                let group = group_name(scope);
                let message = format!("`astro {group} {}` is not a command on tokens", grammar.path[0]);
                let help = format!("write `astro {group} token {}`", grammar.path[0]);
                self.mended(Code::UnknownCommand, Some(*span), message, help);
            }
            return Some((grammar, names.len() - rest.len()));
        }

        let in_subgroup = || in_group().filter(move |grammar| grammar.path.len() == 2 && grammar.path[0] == first);
        let verbs = || in_subgroup().map(|grammar| grammar.path[1]);
        let Some((name, span)) = rest.next() else {
            return self.incomplete(&format!("the commands are {}", listed(verbs()).replace(" or ", " and ")));
        };
        let found = in_subgroup().find(|grammar| verb(grammar, name, 2)).or_else(|| {
            let near = nearest(name, verbs());
            self.unknown(name, *span, near, verbs());
            in_subgroup().find(|grammar| near == Some(grammar.path[1]))
        });
        Some((found?, names.len() - rest.len()))
    }

    fn unknown(&mut self, name: &str, span: Span, near: Option<&str>, known: impl Iterator<Item = &'static str>) {
        let help = near.map_or_else(|| format!("use {}", listed(known)), did_you_mean);
        self.is_mended &= near.is_some();
        self.report.push(Code::UnknownCommand, None, Some(span), format!("{} is not a command", shown(name)), help);
    }

    fn incomplete<T>(&mut self, help: &str) -> Option<T> {
        let end = self.words.last().map(|word| Span { start: word.range.end, ..word.span() });
        let message = if end.is_some() { "the command is not complete" } else { "there is no command" };
        self.unclear(Code::UnknownCommand, end, message.to_owned(), help.to_owned());
        None
    }
}

/// `astro`, wherever it is installed.
pub(super) fn is_astro(name: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(file, "astro" | "astro.exe")
}

/// `astro`, a near miss, or what was copied with it: `1astro` from a numbered listing.
fn is_program(name: &str) -> bool {
    name.trim_start_matches(|first: char| first.is_ascii_digit() || matches!(first, '$' | '%' | '>')) == "astro"
        || nearest(name, ["astro"]).is_some()
}
