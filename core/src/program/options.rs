//! The flags that this program has and the Astro CLI has not.

use std::ops::Range;

use crate::{
    Code, Problem, Span, Spelling,
    command::is_known_flag,
    report::Report,
    text::{nearest, shown},
};

/// What a flag can be given to, as a set of bits.
pub(super) type Uses = u16;

/// Any command on tokens.
pub(super) const COMMAND: Uses = 1;
pub(super) const ROTATE: Uses = 1 << 1;
pub(super) const REMOVE: Uses = 1 << 2;
pub(super) const FINISH: Uses = 1 << 3;
pub(super) const CHECK: Uses = 1 << 4;
pub(super) const INSPECT: Uses = 1 << 5;
pub(super) const SERVE: Uses = 1 << 6;
pub(super) const DELETE: Uses = 1 << 7;
pub(super) const CREATE: Uses = 1 << 8;
const ANYTHING: Uses = !0;

/// One flag.
pub(super) struct OwnFlag {
    pub(super) long: &'static str,
    pub(super) short: Option<char>,
    /// How its value is called; `None`: it has none.
    pub(super) value: Option<&'static str>,
    pub(super) uses: Uses,
    pub(super) about: &'static str,
}

const fn flag(long: &'static str, value: Option<&'static str>, uses: Uses, about: &'static str) -> OwnFlag {
    OwnFlag { long, short: None, value, uses, about }
}

/// Every flag, in the order in which help lists them.
pub(super) const FLAGS: &[OwnFlag] = &[
    flag("--overlap", None, ROTATE, "make a successor, print its secret, and only then delete the old token"),
    flag("--keep-old", Some("TIME"), ROTATE, "keep the old token for this time: 48h, 7d, 30m or seconds"),
    flag("--now", None, FINISH, "delete the old token although its time is not over"),
    flag(
        "--leftover-after",
        Some("TIME"),
        ROTATE | FINISH,
        "how old an unfinished token of another run must be; default: 1h",
    ),
    flag("--idempotency-key", Some("TEXT"), CREATE, "names this piece of work, so that a repeat knows its token"),
    flag("--allow-lockout", None, ROTATE | DELETE, "even if it is the very token that you authenticate with"),
    flag("--remove-orphans", None, REMOVE, "remove the narrower roles below, too"),
    flag("--old-token-id", Some("ID"), FINISH, "the token that was replaced"),
    flag("--dry-run", None, COMMAND, "print what would be written, one JSON object a line, and write nothing"),
    flag("--json", None, COMMAND | CHECK | INSPECT, "print JSON"),
    flag("--organization-id", Some("ID"), COMMAND, "the Organization (otherwise the credential says)"),
    flag("--base-url", Some("URL"), COMMAND, "where the API is (otherwise ASTRO_DOMAIN says)"),
    flag("--api-version", Some("VERSION"), COMMAND, "v1 or v1beta1"),
    flag("--strict", None, COMMAND | CHECK, "make every warning an error"),
    flag("--allow-unknown-roles", None, COMMAND | CHECK, "let roles through that this release does not know"),
    flag(SANDBOX, Some("FILE"), COMMAND, "try it on an Astro in memory; its state may be kept in a file"),
    flag("--port", Some("N"), SERVE, "the port on 127.0.0.1; 8888 where it is not given, 0 for any"),
    flag("--state", Some("FILE"), SERVE, "where the state is kept"),
    OwnFlag { long: "--help", short: Some('h'), value: None, uses: ANYTHING, about: "say what there is" },
    OwnFlag { long: "--version", short: Some('V'), value: None, uses: ANYTHING, about: "print the version" },
];

/// Its value is optional, and only what ends in `.json` is taken for it.
const SANDBOX: &str = "--sandbox";

/// The arguments, with the flags of this program taken out.
pub(super) struct Options {
    /// What is left, and where it stood.
    pub(super) words: Vec<String>,
    positions: Vec<usize>,
    /// What was taken out, as it was written.
    pub(super) taken: Vec<String>,
    given: Vec<Given>,
    is_check: bool,
    report: Report,
}

struct Given {
    flag: &'static OwnFlag,
    value: Option<String>,
    span: Span,
}

impl Options {
    pub(super) fn read(arguments: &[String]) -> Self {
        let mut options = Options {
            words: Vec::new(),
            positions: Vec::new(),
            taken: Vec::new(),
            given: Vec::new(),
            is_check: false,
            report: Report::new(Spelling::Snake, false),
        };
        // The line that is checked may be about flags of the same names.
        options.is_check =
            arguments.iter().find(|argument| !argument.starts_with('-')).is_some_and(|word| word == "check");
        let mut position = 0;
        while position < arguments.len() {
            let argument = &arguments[position];
            if argument == "--" {
                options.leave(arguments, position..arguments.len());
                break;
            }
            position += options.argument(arguments, position);
        }
        options
    }

    /// Reads the argument at `position`; how many of them it took.
    fn argument(&mut self, arguments: &[String], position: usize) -> usize {
        let argument = &arguments[position];
        let (name, value) =
            argument.split_once('=').map_or((argument.as_str(), None), |(name, value)| (name, Some(value)));
        let is_short =
            |flag: &OwnFlag| flag.short.is_some_and(|short| name.strip_prefix('-') == Some(&short.to_string()));
        let is_taken = |flag: &&OwnFlag| !self.is_check || flag.uses & CHECK != 0;
        let found = FLAGS.iter().find(|flag| flag.long == name || is_short(flag));
        let Some(flag) = found.filter(is_taken) else {
            if let Some(meant) = meant(name).filter(|_| !self.is_check) {
                let span = Span { argument: Some(position), start: 0, end: name.len() };
                let message = format!("{} is not a flag", shown(name));
                self.report.push(Code::UnknownFlag, None, Some(span), message, format!("did you mean `{meant}`?"));
                self.taken.push(argument.clone());
                return 1;
            }
            self.leave(arguments, position..position + 1);
            return 1;
        };
        let next = arguments.get(position + 1).filter(|next| match flag.long {
            SANDBOX => next.ends_with(".json"),
            _ => !next.starts_with("--"),
        });
        let (value, count) = match (flag.value, value) {
            (_, Some(value)) => (Some(value.to_owned()), 1),
            (None, None) => (None, 1),
            (Some(_), None) => (next.cloned(), 1 + usize::from(next.is_some())),
        };
        let span = Span { argument: Some(position + count - 1), start: 0, end: arguments[position + count - 1].len() };
        self.taken.extend_from_slice(&arguments[position..position + count]);
        self.take(flag, value, span);
        count
    }

    fn take(&mut self, flag: &'static OwnFlag, value: Option<String>, span: Span) {
        let mut push = |code, message: String, help: String| {
            self.report.push(code, Some(flag.long.to_owned()), Some(span), message, help);
        };
        let value = match (flag.value, value) {
            (None, None) => None,
            (None, Some(value)) => match value.as_str() {
                "true" => None,
                "false" => return,
                _ => {
                    let help = format!("write `{}` alone, or `{}=false`", flag.long, flag.long);
                    push(Code::NotABoolean, format!("{} is neither true nor false", shown(&value)), help);
                    return;
                }
            },
            (Some(_), None) if flag.long == SANDBOX => None,
            (Some(kind), None) => {
                let help = format!("write `{} {kind}`", flag.long);
                push(Code::MissingValue, format!("`{}` needs a value", flag.long), help);
                return;
            }
            (Some(_), Some(value)) => Some(value),
        };
        if self.given.iter().any(|given| given.flag.long == flag.long && given.value != value) {
            push(Code::DuplicateFlag, format!("`{}` is given twice", flag.long), "leave one of them out".to_owned());
        }
        self.given.push(Given { flag, value, span });
    }

    fn leave(&mut self, arguments: &[String], range: Range<usize>) {
        self.words.extend_from_slice(&arguments[range.clone()]);
        self.positions.extend(range);
    }

    pub(super) fn has(&self, long: &str) -> bool {
        self.given.iter().any(|given| given.flag.long == long)
    }

    pub(super) fn value(&self, long: &str) -> Option<&str> {
        self.given.iter().find(|given| given.flag.long == long)?.value.as_deref()
    }

    /// The words that are no flags: the name of the command, and what follows it.
    pub(super) fn plain(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).filter(|word| !word.starts_with('-'))
    }

    /// What is wrong with the flags when they are given to this.
    pub(super) fn problems(&mut self, here: Uses) -> Vec<Problem> {
        for given in &self.given {
            if given.flag.uses & here == 0 {
                let message = format!("`{}` means nothing to this command", given.flag.long);
                let field = Some(given.flag.long.to_owned());
                self.report.push(Code::UnknownFlag, field, Some(given.span), message, "leave it out".to_owned());
            }
        }
        for long in ["--keep-old", "--leftover-after"] {
            if here & ROTATE != 0 && self.has(long) && !self.has("--overlap") {
                let message = format!("`{long}` is about a rotation with overlap");
                let (field, help) = (Some(long.to_owned()), "pass `--overlap` too, or leave it out".to_owned());
                self.report.push(Code::ConflictingArguments, field, None, message, help);
            }
        }
        std::mem::take(self.report.problems())
    }

    /// A problem with a flag of this program.
    pub(super) fn problem(&mut self, code: Code, long: &str, message: String, help: &str) {
        let span = self.given.iter().find(|given| given.flag.long == long).map(|given| given.span);
        self.report.push(code, Some(long.to_owned()), span, message, help.to_owned());
    }

    /// The time that a flag says, in seconds.
    pub(super) fn seconds(&mut self, long: &'static str) -> Option<i64> {
        let value = self.value(long)?.to_owned();
        let seconds = seconds(&value);
        if seconds.is_none() {
            let message = format!("{} is not a time", shown(&value));
            self.problem(Code::InvalidValue, long, message, "write `48h`, `7d`, `30m`, or a number of seconds");
        }
        seconds
    }

    /// The port of the local server.
    pub(super) fn port(&mut self) -> Option<u16> {
        let Some(value) = self.value("--port").map(str::to_owned) else { return Some(8888) };
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        let port = value.parse().ok().filter(|_| is_number);
        if port.is_none() {
            self.problem(
                Code::InvalidValue,
                "--port",
                format!("{} is not a port", shown(&value)),
                "give a number from 0 to 65535",
            );
        }
        port
    }

    /// Problems of the words that are left, with their spans as they stand among all arguments.
    pub(super) fn placed(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let mut problems = problems;
        for span in problems.iter_mut().filter_map(|problem| problem.span.as_mut()) {
            span.argument = span.argument.and_then(|position| self.positions.get(position)).copied();
        }
        problems
    }
}

/// The flag of this program that a word was meant to be, if it is none that Astro has.
fn meant(name: &str) -> Option<&'static str> {
    if !name.starts_with("--") || is_known_flag(name) || name.starts_with("--no-") {
        return None;
    }
    // What is nearer to a flag of a command is left to its parser.
    const OTHERS: [&str; 7] =
        ["--name", "--role", "--force", "--expiration", "--description", "--workspace-id", "--deployment-id"];
    let near = nearest(name, FLAGS.iter().map(|flag| flag.long).chain(OTHERS))?;
    FLAGS.iter().find(|flag| flag.long == near).map(|flag| flag.long)
}

/// `48h` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|last: char| last.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<i64>().ok().filter(|_| is_number)?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Options {
        Options::read(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn own_flags_are_taken_out_anywhere() {
        let options =
            read("--json org token --dry-run rotate X --keep-old 48h --overlap --base-url=http://localhost -f");
        assert_eq!(options.words, ["org", "token", "rotate", "X", "-f"]);
        assert!(options.has("--json") && options.has("--dry-run") && !options.has("--strict"));
        assert_eq!(options.value("--base-url"), Some("http://localhost"));
        assert_eq!(read("check -- --json").words, ["check", "--", "--json"]);
    }

    #[test]
    fn only_a_file_is_the_value_of_sandbox() {
        for (line, value, words) in [
            ("--sandbox org", None, 1),
            ("--sandbox state.json org", Some("state.json"), 1),
            ("--sandbox=state org", Some("state"), 1),
        ] {
            let options = read(line);
            assert_eq!((options.value("--sandbox"), options.words.len()), (value, words), "{line}");
            assert!(options.has("--sandbox"));
        }
    }

    #[test]
    fn mistakes_in_flags_are_problems() {
        for (line, code) in [
            ("--dryrun", "unknown_flag"),
            ("--json=maybe", "not_a_boolean"),
            ("--base-url", "missing_value"),
            ("--base-url a --base-url b", "duplicate_flag"),
            ("--port 1", "unknown_flag"),
            ("--leftover-after 2h", "conflicting_arguments"),
        ] {
            let problems = read(line).problems(COMMAND | ROTATE);
            assert_eq!(problems.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), [code], "{line}");
        }
    }

    #[test]
    fn times_are_read() {
        for (text, time) in [("48h", Some(172_800)), ("7d", Some(604_800)), ("30m", Some(1800)), ("5", Some(5))] {
            assert_eq!(seconds(text), time);
        }
        for text in ["", "h", "1.5h", "-1h", "1 h", "1w", "99999999999999999d"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
