//! Makes a [`Command`] of words: finds the command, its flags and its arguments.

use super::{
    Command,
    grammar::{ALL_FLAGS, Flag, GRAMMARS, GROUPS, Grammar, TOKEN_WORDS, group_name},
    values::{self, FlagValue},
    words::Word,
};
use crate::{
    Code, Span,
    report::Report,
    text::{listed, nearest, shown},
};

/// Typographic quotes around several words that a shell has split.
const OPENING: [char; 4] = ['“', '„', '”', '«'];
const CLOSING: [char; 3] = ['”', '“', '»'];

/// What a word is by its looks.
#[derive(Clone, Copy, PartialEq)]
enum Looks {
    LongFlag,
    ShortFlags,
    /// `--`: everything behind it is an argument.
    EndOfFlags,
    Plain,
}

fn looks(word: &Word) -> Looks {
    match word.text.strip_prefix('-') {
        Some("-") => Looks::EndOfFlags,
        Some(rest) if rest.starts_with('-') => Looks::LongFlag,
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_alphabetic()) => Looks::ShortFlags,
        _ => Looks::Plain,
    }
}

/// Whether the text is a flag of any command: `--role`, `--role=X`, `-r`.
fn is_known_flag(text: &str) -> bool {
    let name = text.split('=').next().unwrap_or_default();
    let short = name.strip_prefix('-').and_then(|rest| rest.chars().next()).filter(|_| !name.starts_with("--"));
    ALL_FLAGS.iter().copied().flatten().any(|flag| flag.long == name || (short.is_some() && flag.short == short))
}

/// Makes a command of words, and mends what is plain to see.
pub(super) struct Reader {
    report: Report,
    words: Vec<Word>,
    is_mended: bool,
    values: Vec<FlagValue>,
    /// The fields whose flags have no value.
    unread: Vec<&'static str>,
    /// The words that are neither part of the command's name nor flags nor values.
    arguments: Vec<usize>,
}

impl Reader {
    pub(super) fn new(report: Report, words: Vec<Word>) -> Self {
        Reader { report, words, is_mended: true, values: Vec::new(), unread: Vec::new(), arguments: Vec::new() }
    }

    /// The command as far as it can be understood, and whether all mistakes were mended on the way. `is_cut`: a part of
    /// the line with flags was left out, so what seems to be missing may be there.
    pub(super) fn read(mut self, is_cut: bool, allow_unknown_roles: bool) -> (Report, Option<Command>, bool) {
        self.straighten_quotes();
        self.straighten_dashes();
        let path = self.path_words();
        let Some((grammar, used)) = self.find_command(&path) else {
            return (self.report, None, false);
        };
        self.read_flags(grammar, &path[..used]);
        let arguments: Vec<&Word> = self.arguments.iter().map(|position| &self.words[*position]).collect();
        let context = values::Context { grammar, is_cut, allow_unknown_roles };
        let checked = values::check(&mut self.report, context, &self.values, &self.unread, &arguments);
        // What a shell would replace cannot be written so that it still would be.
        let is_fixed = self.words.iter().all(|word| !word.expands);
        (self.report, Some(checked.command), self.is_mended && checked.is_mended && is_fixed)
    }

    /// Adds a problem with a mend that goes without saying.
    fn mended(&mut self, code: Code, span: Option<Span>, message: String, help: String) {
        self.report.push(code, None, span, message, help);
    }

    /// Adds a problem that only the author of the line can mend.
    fn unclear(&mut self, code: Code, span: Option<Span>, message: String, help: String) {
        self.is_mended = false;
        self.report.push(code, None, span, message, help);
    }

    /// In a list of arguments a typographic quote has quoted nothing: `“My` and `token”` are two arguments.
    fn straighten_quotes(&mut self) {
        let mut position = 0;
        while position < self.words.len() {
            let word = &self.words[position];
            let from = if word.text.starts_with('-') { word.text.find('=').map_or(0, |equals| equals + 1) } else { 0 };
            let opens = word.argument.is_some() && word.text[from..].starts_with(OPENING);
            let closes = |word: &Word| word.text.ends_with(CLOSING);
            if opens && !closes(word) {
                let end = self.words[position..].iter().position(closes).map(|offset| position + offset);
                if let Some(end) = end {
                    let span = self.words[position].span_from(from);
                    let joined: Vec<&str> = self.words[position..=end].iter().map(|word| word.text.as_str()).collect();
                    let joined = joined.join(" ");
                    let inner = joined[from..].trim_start_matches(OPENING).trim_end_matches(CLOSING);
                    let text = format!("{}{inner}", &joined[..from]);
                    let message = format!("{} is quoted with typographic quotes", shown(inner));
                    self.mended(Code::SmartQuote, Some(span), message, "use the straight quotes ' or \"".to_owned());
                    self.words[position].text = text;
                    self.words.drain(position + 1..=end);
                } else {
                    // Nothing closes it, nor any other: looking again would take quadratic time.
                    return;
                }
            }
            position += 1;
        }
    }

    /// `–name` and `—name` for `--name`.
    fn straighten_dashes(&mut self) {
        let is_dash = |character: char| matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
        for position in 0..self.words.len() {
            let word = &self.words[position];
            let name = word.text.trim_start_matches(is_dash);
            let dashes = word.text.len() - name.len();
            if word.text[..dashes].is_ascii() || word.is_quoted_at_start() {
                continue;
            }
            let long = name.split('=').next().is_some_and(|name| name.chars().count() > 1);
            let straight = format!("{}{name}", if long { "--" } else { "-" });
            if is_known_flag(&straight) {
                let span = word.span_to(dashes);
                let message = format!("{} is not a dash", shown(&word.text[..dashes]));
                self.mended(Code::NotADash, Some(span), message, format!("write {}", shown(&straight)));
                self.words[position].replace_start(dashes, if long { "--" } else { "-" });
            }
        }
    }

    /// The first words that are neither flags nor their values: the name of the command and what follows it.
    fn path_words(&self) -> Vec<usize> {
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

    /// Whether the word may be the value of the flag before it.
    fn can_be_value(&self, position: usize) -> bool {
        self.words
            .get(position)
            .is_some_and(|word| word.quoted || (looks(word) != Looks::EndOfFlags && !is_known_flag(&word.text)))
    }

    /// Finds the command by its name, and how many of the words are its name.
    fn find_command(&mut self, path: &[usize]) -> Option<(&'static Grammar, usize)> {
        let names: Vec<(String, Span)> =
            path.iter().map(|position| (self.words[*position].text.clone(), self.words[*position].span())).collect();
        let mut rest = names.iter().peekable();

        let is_group = |name: &str| GROUPS.iter().find(|(_, names)| names.contains(&name)).map(|(scope, _)| *scope);
        if let Some((name, span)) = rest.next_if(|(name, _)| is_group(name).is_none() && is_program(name))
            && name != "astro"
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

    /// Reads the flags of the command and collects its arguments. `path`: the words of its name.
    fn read_flags(&mut self, grammar: &'static Grammar, path: &[usize]) {
        let mut position = 0;
        let mut flags_end = false;
        while position < self.words.len() {
            let here = position;
            position += 1;
            if path.contains(&here) {
                continue;
            }
            match looks(&self.words[here]) {
                _ if flags_end => self.arguments.push(here),
                Looks::EndOfFlags => flags_end = true,
                Looks::LongFlag => position = self.long_flag(grammar, here, path),
                Looks::ShortFlags => position = self.short_flags(grammar, here, path),
                Looks::Plain => self.arguments.push(here),
            }
        }
    }

    /// `--name value` or `--name=value`; the position behind it.
    fn long_flag(&mut self, grammar: &'static Grammar, here: usize, path: &[usize]) -> usize {
        let word = &self.words[here];
        let (name, value) = match word.text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some((value.to_owned(), word.span_from(name.len() + 1)))),
            None => (word.text.clone(), None),
        };
        let flag = grammar.flags().find(|flag| flag.long == name);
        let span = word.span_to(name.len());
        match flag.or_else(|| self.unknown_flag(grammar, &name, span)) {
            Some(flag) => self.flag_value(flag, here, value, path),
            None if value.is_none() => self.skip_value(here, path),
            None => here + 1,
        }
    }

    /// `-n value`, `-nvalue`, `-n=value`, `-cf`; the position behind it.
    fn short_flags(&mut self, grammar: &'static Grammar, here: usize, path: &[usize]) -> usize {
        let text = self.words[here].text.clone();
        for (offset, short) in text.char_indices().skip(1) {
            let rest = &text[offset + short.len_utf8()..];
            let Some(flag) = grammar.flags().find(|flag| flag.short == Some(short)) else {
                let word = &self.words[here];
                // The first one with its dash, the others of a group alone.
                let start = if offset == 1 { 0 } else { offset };
                let span = Span { end: word.span_to(offset + short.len_utf8()).end, ..word.span_from(start) };
                self.unknown_flag(grammar, &format!("-{short}"), span);
                return if rest.is_empty() { self.skip_value(here, path) } else { here + 1 };
            };
            let value = rest.strip_prefix('=').unwrap_or(rest);
            let given = (value.to_owned(), self.words[here].span_from(text.len() - value.len()));
            if !flag.is_boolean() {
                return self.flag_value(flag, here, Some(given).filter(|_| !rest.is_empty()), path);
            }
            if rest.is_empty() || rest.starts_with('=') {
                return self.flag_value(flag, here, Some(given).filter(|_| !rest.is_empty()), path);
            }
            self.set(flag, "true".to_owned(), self.words[here].span(), here, false);
        }
        here + 1
    }

    /// The flag that was meant, if one is near.
    fn unknown_flag(&mut self, grammar: &'static Grammar, name: &str, span: Span) -> Option<Flag> {
        let near = nearest(name, grammar.flags().map(|flag| flag.long)).filter(|_| name.len() > 2);
        let message = format!("{} is not a flag of this command", shown(name));
        match near.and_then(|near| grammar.flags().find(|flag| flag.long == near)) {
            Some(flag) => {
                self.mended(Code::UnknownFlag, Some(span), message, did_you_mean(flag.long));
                Some(flag)
            }
            None => {
                let flags = listed(grammar.flags().map(|flag| flag.long)).replace(" or ", " and ");
                self.unclear(Code::UnknownFlag, Some(span), message, format!("its flags are {flags}"));
                None
            }
        }
    }

    /// The position behind the value that an unknown flag seems to have.
    fn skip_value(&self, here: usize, path: &[usize]) -> usize {
        let has_value = self.words.get(here + 1).is_some_and(|word| looks(word) == Looks::Plain && !is_id(&word.text));
        if has_value && !path.contains(&(here + 1)) { here + 2 } else { here + 1 }
    }

    /// Reads the value of a flag, from the same word or the next ones; the position behind it.
    fn flag_value(&mut self, flag: Flag, here: usize, given: Option<(String, Span)>, path: &[usize]) -> usize {
        if flag.is_boolean() {
            let next = self.words.get(here + 1).filter(|_| !path.contains(&(here + 1)));
            let is_word =
                |word: &&Word| word.text.eq_ignore_ascii_case("true") || word.text.eq_ignore_ascii_case("false");
            return match (given, next.filter(is_word)) {
                (Some((value, span)), _) => {
                    self.boolean(flag, &value, span, here);
                    here + 1
                }
                (None, Some(word)) => {
                    let (value, span) = (word.text.clone(), word.span());
                    self.boolean(flag, &value, span, here);
                    here + 2
                }
                (None, None) => {
                    self.set(flag, "true".to_owned(), self.words[here].span(), here, false);
                    here + 1
                }
            };
        }
        let (value, span, last) = match given {
            Some((value, span)) => (value, span, here),
            None if self.can_be_value(here + 1) && !path.contains(&(here + 1)) => {
                let word = &self.words[here + 1];
                (word.text.clone(), word.span(), here + 1)
            }
            None => {
                let span = self.words[here].span();
                let message = format!("`{}` needs a value", flag.long);
                let help = format!("write the value behind it, `{}=` before one that begins with a dash", flag.long);
                self.is_mended = false;
                self.unread.push(flag.field);
                self.report.push(Code::MissingValue, Some(flag.long.to_owned()), Some(span), message, help);
                return here + 1;
            }
        };
        let expands = self.words[last].expands;
        // Bare words belong to a value of free text, unless they are part of the command's name.
        let mut end = last + 1;
        while flag.is_free_text()
            && self.words.get(end).is_some_and(|word| looks(word) == Looks::Plain)
            && !path.contains(&end)
            && !path.iter().any(|name| *name > end)
        {
            end += 1;
        }
        if end - (last + 1) == 1 && is_id(&self.words[last + 1].text) {
            end = last + 1;
        }
        let value = if end > last + 1 { self.join(flag, &value, span, last + 1..end) } else { value };
        self.set(flag, value, span, here, expands);
        end
    }

    /// The value with the bare words behind it, as it was meant.
    fn join(&mut self, flag: Flag, value: &str, span: Span, bare: std::ops::Range<usize>) -> String {
        let (first, last) = (self.words[bare.start - 1].span(), self.words[bare.end - 1].span());
        let words: Vec<&str> = self.words[bare].iter().map(|word| word.text.as_str()).collect();
        let spoken = format!("{value} {}", words.join(" "));
        let role = if flag.field == "role" { predefined_role(&spoken) } else { None };
        let (message, help) = match role {
            Some(role) => (format!("{} is one word", shown(role)), format!("write `{role}`")),
            None => (
                format!("{} is more than one word and not quoted", shown(&spoken)),
                format!("put it in quotes: {} {}", flag.long, super::format::quoted(&spoken)),
            ),
        };
        // In a list of arguments the span ends with the argument that it begins in.
        let span = Span { end: if last.argument == span.argument { last.end } else { first.end }, ..span };
        self.report.push(Code::UnquotedValue, Some(flag.long.to_owned()), Some(span), message, help);
        role.map_or(spoken, str::to_owned)
    }

    fn boolean(&mut self, flag: Flag, value: &str, span: Span, here: usize) {
        // Source: `strconv.ParseBool` of Go, which the Astro CLI reads booleans with.
        let is_boolean = matches!(value, "1" | "t" | "T" | "0" | "f" | "F")
            || value.eq_ignore_ascii_case("true")
            || value.eq_ignore_ascii_case("false");
        if is_boolean {
            let is_true = value.starts_with(['1', 't', 'T']);
            self.set(flag, is_true.to_string(), span, here, false);
        } else {
            let message = format!("{} is neither true nor false", shown(value));
            let help = format!("write `{}` alone, or `{}=false`", flag.long, flag.long);
            self.is_mended = false;
            self.report.push(Code::NotABoolean, Some(flag.long.to_owned()), Some(span), message, help);
        }
    }

    fn set(&mut self, flag: Flag, text: String, span: Span, here: usize, expands: bool) {
        let value = FlagValue { flag, text, span, expands };
        let Some(first) = self.values.iter_mut().find(|first| first.flag.field == flag.field) else {
            self.values.push(value);
            return;
        };
        let is_same = first.text == value.text;
        *first = value;
        let span = self.words[here].span();
        let message = format!("`{}` is given twice", flag.long);
        self.is_mended &= is_same;
        let help = "leave one of them out".to_owned();
        self.report.push(Code::DuplicateFlag, Some(flag.long.to_owned()), Some(span), message, help);
    }
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// `astro`, a near miss, or what was copied with it: `1astro` from a numbered listing.
fn is_program(name: &str) -> bool {
    name.trim_start_matches(|first: char| first.is_ascii_digit() || matches!(first, '$' | '%' | '>')) == "astro"
        || nearest(name, ["astro"]).is_some()
}

/// Whether the word has the shape of an id of Astro, a cuid: `clm8q7f6q000008lcgyougpsk`.
fn is_id(word: &str) -> bool {
    (20..=32).contains(&word.len())
        && word.starts_with('c')
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_digit())
}

/// The predefined role that was written in several words.
fn predefined_role(spoken: &str) -> Option<&'static str> {
    let written = spoken.to_ascii_uppercase().replace([' ', '-'], "_");
    crate::EntityType::ALL.iter().flat_map(|entity| entity.roles()).copied().find(|role| *role == written)
}
