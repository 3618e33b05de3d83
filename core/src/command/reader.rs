//! Makes a [`Command`] of words: its flags and its arguments.

use super::{
    Command,
    grammar::{ALL_FLAGS, Flag, Grammar},
    values::{self, FlagValue},
    word::Word,
};
use crate::{
    Code, Span,
    report::Report,
    roles::misspelt_role,
    text::{listed, nearest, shown},
};

/// Flags that people expect, and the ones of Astro that they stand for.
const EXPECTED_FLAGS: &[(&str, &str)] = &[
    ("--exp", "--expiration"),
    ("--expires", "--expiration"),
    ("--expiry", "--expiration"),
    ("--days", "--expiration"),
    ("--desc", "--description"),
    ("--token-name", "--name"),
    ("--organization", "--organization-id"),
    ("--workspace", "--workspace-id"),
    ("--deployment", "--deployment-id"),
];

/// What a word is by its looks.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Looks {
    LongFlag,
    ShortFlags,
    /// `--`: everything behind it is an argument.
    EndOfFlags,
    Plain,
}

pub(super) fn looks(word: &Word) -> Looks {
    match word.text.strip_prefix('-') {
        Some("-") => Looks::EndOfFlags,
        Some(rest) if rest.starts_with('-') => Looks::LongFlag,
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_alphabetic()) => Looks::ShortFlags,
        _ => Looks::Plain,
    }
}

/// Whether the text is a flag of any command: `--role`, `--role=X`, `-r`.
pub(crate) fn is_known_flag(text: &str) -> bool {
    let name = text.split('=').next().unwrap_or_default();
    let short = name.strip_prefix('-').and_then(|rest| rest.chars().next()).filter(|_| !name.starts_with("--"));
    ALL_FLAGS.iter().copied().flatten().any(|flag| flag.long == name || (short.is_some() && flag.short == short))
}

/// Makes a command of words, and mends what is plain to see.
pub(super) struct Reader {
    pub(super) report: Report,
    pub(super) words: Vec<Word>,
    pub(super) is_mended: bool,
    cut_behind: Option<usize>,
    values: Vec<FlagValue>,
    /// The fields whose flags have no value.
    unread: Vec<&'static str>,
    /// The words that are neither part of the command's name nor flags nor values.
    arguments: Vec<usize>,
}

impl Reader {
    /// `cut_behind`: how many words stood before the first place where a shell would have ended the command.
    pub(super) fn new(report: Report, words: Vec<Word>, cut_behind: Option<usize>) -> Self {
        Reader {
            report,
            words,
            cut_behind,
            is_mended: true,
            values: Vec::new(),
            unread: Vec::new(),
            arguments: Vec::new(),
        }
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
        (self.report, Some(checked.command), self.is_mended && checked.is_mended && is_fixed && !is_cut)
    }

    /// Adds a problem with a mend that goes without saying.
    pub(super) fn mended(&mut self, code: Code, span: Option<Span>, message: String, help: String) {
        self.report.push(code, None, span, message, help);
    }

    /// Adds a problem that only the author of the line can mend.
    pub(super) fn unclear(&mut self, code: Code, span: Option<Span>, message: String, help: String) {
        self.is_mended = false;
        self.report.push(code, None, span, message, help);
    }

    /// Whether the word may be the value of the flag before it.
    pub(super) fn can_be_value(&self, position: usize) -> bool {
        self.words
            .get(position)
            .is_some_and(|word| word.quoted || (looks(word) != Looks::EndOfFlags && !is_known_flag(&word.text)))
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
        let name = text.split('=').next().unwrap_or_default();
        if let Some(flag) = grammar.flags().find(|flag| flag.long[1..] == *name) {
            // `-name`, which by the letter is `-n ame`, is nothing that anybody means.
            let word = &self.words[here];
            let value = text.split_once('=').map(|(_, value)| (value.to_owned(), word.span_from(name.len() + 1)));
            let (span, help) = (word.span_to(name.len()), format!("write `{}`, with two dashes", flag.long));
            self.mended(Code::UnknownFlag, Some(span), format!("{} is not a flag of this command", shown(name)), help);
            return self.flag_value(flag, here, value, path);
        }
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
        // `--no-force` is near `--force` and means the opposite.
        let is_candidate = name.len() > 2 && !name.starts_with("--no-");
        let known = || grammar.flags().map(|flag| flag.long);
        let called = EXPECTED_FLAGS.iter().find(|(expected, _)| *expected == name).map(|(_, long)| *long);
        let called = called.filter(|long| known().any(|flag| flag == *long));
        let near = called.or_else(|| nearest(name, known()).filter(|_| is_candidate));
        if matches!(name, "--help" | "-h") {
            // Who asks for help has not forgotten the rest.
            self.unread.extend(grammar.flags().map(|flag| flag.field));
        }
        let message = format!("{} is not a flag of this command", shown(name));
        match near.and_then(|near| grammar.flags().find(|flag| flag.long == near)) {
            Some(flag) => {
                self.mended(Code::UnknownFlag, Some(span), message, did_you_mean(flag.long));
                Some(flag)
            }
            None => {
                let known = listed(grammar.flags().map(|flag| flag.long)).replace(" or ", " and ");
                let help = if grammar.flags().count() == 1 { "its only flag is" } else { "its flags are" };
                self.unclear(Code::UnknownFlag, Some(span), message, format!("{help} {known}"));
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
            return self.boolean_value(flag, here, given, path);
        }
        let (mut value, mut span, last) = match given {
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
        // `--name = CI` and `--name =CI` are seldom meant as they stand.
        self.is_mended &= !(last > here && self.words[last].text.starts_with('=') && !self.words[last].quoted);
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
        if end > last + 1 {
            value = self.join(flag, &value, span, last + 1..end);
        } else if flag.field == "expiration_days"
            && let Some(unit) = self.words.get(end).filter(|word| matches!(word.text.as_str(), "d" | "day" | "days"))
        {
            // `90 days`: one value with one mistake, its unit.
            value = format!("{value} {}", unit.text);
            span.end = if unit.argument == span.argument { unit.range.end } else { span.end };
            end += 1;
        }
        // Where the line was cut right behind text of the user's own, the rest of it may have been cut off.
        let is_predefined = flag.field == "role" && predefined_role(&value).is_some();
        if flag.is_free_text() && !is_predefined && self.cut_behind == Some(end) {
            self.is_mended = false;
        }
        self.set(flag, value, span, here, expands);
        end
    }

    /// Reads a boolean: alone it is true, and the next word is its value only if it cannot be anything else.
    fn boolean_value(&mut self, flag: Flag, here: usize, given: Option<(String, Span)>, path: &[usize]) -> usize {
        const WORDS: [&str; 6] = ["true", "false", "yes", "no", "on", "off"];
        let next = self.words.get(here + 1).filter(|_| !path.contains(&(here + 1)));
        let next = next.filter(|word| WORDS.iter().any(|name| word.text.eq_ignore_ascii_case(name)));
        match (given, next.map(|word| (word.text.clone(), word.span()))) {
            (Some((value, span)), _) => {
                self.boolean(flag, &value, span, here);
                here + 1
            }
            (None, Some((value, span))) => {
                self.boolean(flag, &value, span, here);
                here + 2
            }
            (None, None) => {
                self.set(flag, "true".to_owned(), self.words[here].span(), here, false);
                here + 1
            }
        }
    }

    /// The value with the bare words behind it, as it was meant.
    fn join(&mut self, flag: Flag, value: &str, span: Span, bare: std::ops::Range<usize>) -> String {
        let (first, last) = (self.words[bare.start - 1].span(), self.words[bare.end - 1].span());
        // Who quoted one of the words meant it to end there; and `-nCI` is seldom what was meant with words behind it.
        let (before, behind) = (&self.words[bare.start - 1], &self.words[bare.clone()]);
        let is_plain = behind.iter().chain([before]).all(|word| !word.quoted && !word.text.contains('^'))
            && looks(before) != Looks::ShortFlags;
        self.is_mended &= is_plain;
        let words: Vec<&str> = behind.iter().map(|word| word.text.as_str()).collect();
        let spoken = format!("{value} {}", words.join(" "));
        let predefined = || crate::EntityType::ALL.iter().find_map(|entity| misspelt_role(&spoken, *entity));
        let role = if flag.field == "role" { predefined() } else { None };
        let (message, help) = match role {
            Some(role) => (format!("`{role}` is one word"), format!("write `{role}`")),
            None => (
                format!("{} is more than one word and not quoted", shown(&spoken)),
                // Only what a message may show as it stands can be shown quoted.
                if shown(&spoken) == format!("`{spoken}`") {
                    format!("put it in quotes: {} {}", flag.long, super::format::quoted(&spoken))
                } else {
                    "put the whole value in quotes".to_owned()
                },
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

pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
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
