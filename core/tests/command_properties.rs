//! Properties of reading and writing command lines, over generated values and real POSIX shells.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    io::Write,
    process::{Command as Process, Stdio},
    time::{Duration, Instant},
};

use astro_tokens::{Command, CommandOperation, CommandParser, Scope, Shell, Units, format_command, parse_command};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{RngSeed, TestRunner},
};

/// The same cases in every run; another seed explores others.
const SEED: u64 = 2026;

const LINEAR: Duration = Duration::from_secs(10);

/// What breaks quoting: the characters that mean something to a shell, to Windows or to a reader.
const NASTY: &[&str] = &[
    "'",
    "\"",
    "\\",
    "`",
    "$",
    "$HOME",
    "${x}",
    "$(id)",
    "%",
    "%PATH%",
    "!",
    "^",
    "&",
    "&&",
    "|",
    ";",
    "<",
    ">",
    "(",
    ")",
    "#",
    "*",
    "?",
    "[",
    "]",
    "{",
    "}",
    "~",
    " ",
    "  ",
    "\t",
    "-",
    "--",
    "--role",
    "=",
    ",",
    "“",
    "”",
    "‘",
    "’",
    "‚",
    "‛",
    "„",
    "«",
    "–",
    "—",
    "<name>",
    "é",
    "e\u{301}",
    "🚀",
    "👩‍👩‍👧",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "a",
    "CI",
    "My token",
    "True",
    "0",
];

/// Any text, with nasty pieces in it; `newlines`: with line breaks too.
fn text(newlines: bool) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => proptest::sample::select(NASTY).prop_map(str::to_owned),
        2 => any::<char>().prop_map(move |character| {
            let allowed = !character.is_control() || (newlines && matches!(character, '\n' | '\t'));
            if allowed { character.to_string() } else { "x".to_owned() }
        }),
        1 => Just(if newlines { "\n" } else { "x" }.to_owned()),
    ];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

/// At least everything that the core takes for a placeholder.
fn is_placeholder(text: &str) -> bool {
    text.trim().starts_with('<') && text.trim().ends_with('>')
}

/// A name or role that obeys the rules: not blank, no tab, no placeholder.
fn name() -> impl Strategy<Value = String> {
    text(false).prop_map(|text| {
        let text = text.replace('\t', " ");
        let is_visible = text.chars().any(|character| character.is_alphanumeric() || character.is_ascii_graphic());
        if !is_visible || is_placeholder(&text) { format!("x{text}") } else { text }
    })
}

fn create() -> impl Strategy<Value = Command> {
    (name(), name(), proptest::option::of(text(true)), proptest::option::of(1..=3650i64), any::<bool>()).prop_map(
        |(name, role, description, days, clean_output)| {
            let mut command = Command::new(CommandOperation::CreateToken, Scope::Deployment);
            command.name = Some(name);
            command.role = Some(format!("custom {role}"));
            command.description = description.filter(|text| !is_placeholder(text));
            command.expiration_days = days;
            command.clean_output = clean_output.then_some(true);
            command
        },
    )
}

fn update() -> impl Strategy<Value = Command> {
    (name(), name(), proptest::option::of("[A-Za-z0-9_-]{1,30}"), text(true)).prop_map(
        |(name, new_name, id, description)| {
            let mut command = Command::new(CommandOperation::UpdateToken, Scope::Workspace);
            command.token_name = Some(name);
            command.new_name = Some(new_name);
            command.token_id = id;
            command.description = Some(description).filter(|text| !is_placeholder(text));
            command
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, rng_seed: RngSeed::Fixed(SEED), ..ProptestConfig::default() })]

    /// What is written for POSIX shells reads back as the same command.
    #[test]
    fn posix_lines_read_back(command in prop_oneof![create(), update()]) {
        let line = format_command(&command, Shell::Posix).unwrap();
        match parse_command(line.as_str()) {
            Ok(read) => prop_assert_eq!(read, command),
            Err(error) => prop_assert!(false, "{}\n{}", line, error),
        }
    }

    /// A program on Windows gets the values from PowerShell and from `cmd`, by their documented rules.
    #[test]
    fn windows_lines_carry_the_values(command in create()) {
        let expected = windows::arguments_of(&command);
        let line = format_command(&command, Shell::PowerShell).unwrap();
        prop_assert_eq!(windows::powershell(&line), expected.clone(), "{}", line);
        match format_command(&command, Shell::Cmd) {
            Ok(line) => {
                for stays_quoted in [true, false] {
                    let handed = windows::argv(&windows::cmd(&line), stays_quoted);
                    prop_assert_eq!(&handed, &expected, "{}", line);
                }
            }
            Err(error) => {
                let values = expected.concat();
                prop_assert!(values.contains(['\n', '%']), "{}", error);
            }
        }
    }

    /// Whatever stands in a line, it is read, explained and corrected without a panic, in any units, and every span
    /// lies within the line.
    #[test]
    fn nothing_panics(pieces in proptest::collection::vec(prop_oneof![
        proptest::sample::select(NASTY).prop_map(str::to_owned),
        proptest::sample::select(&["astro ", "organization ", "token ", "create ", "rotate ", "--name ", "--name=", "-e", "-cf", "\\\n", "\n", " "][..])
            .prop_map(str::to_owned),
        any::<String>(),
    ], 0..30)) {
        let line = pieces.concat();
        for units in [Units::Bytes, Units::CodePoints, Units::Utf16] {
            let parser = CommandParser::default().units(units);
            let length = match units {
                Units::Bytes => line.len(),
                Units::CodePoints => line.chars().count(),
                Units::Utf16 => line.encode_utf16().count(),
            };
            if let Err(error) = parser.parse(&line) {
                for problem in &error.problems {
                    if let Some(span) = problem.span {
                        prop_assert!(span.start <= span.end && span.end <= length, "{:?}", problem);
                        prop_assert!(units != Units::Bytes || line.get(span.start..span.end).is_some(), "{:?}", problem);
                    }
                }
            }
        }
        CommandParser::default().explain(&line, true);
        CommandParser::default().correct(&line);
        CommandParser::default().parse(pieces.as_slice()).ok();
        CommandParser::default().explain(pieces.as_slice(), false);
    }
}

/// A hundred thousand bytes of any piece are read in time that grows with their number alone. That takes hundredths of a
/// second; the bound is a hundred times as much and no measure of speed: quadratic time, once found this way, took a minute.
#[test]
fn long_lines_take_no_longer_per_byte() {
    let pieces = NASTY.iter().copied().chain([
        "\n",
        "\\\n",
        "\"'",
        "'\"'",
        "$(\"",
        "`\"",
        "<a",
        "--x ",
        "-x ",
        "--name a b ",
        "--name x ",
        "--rol x ",
        "“a ",
        "a=“",
        "eyJ",
        "eyJhbGciOiJ.",
        "a|b ",
        "–n ",
        "a\u{301}",
        "-- ",
        "--clean-output ",
    ]);
    for piece in pieces {
        for start in ["", "astro organization token create --name "] {
            let line = format!("{start}{}", piece.repeat(100_000 / piece.len()));
            let begun = Instant::now();
            CommandParser::default().units(Units::Utf16).explain(&line, false);
            assert!(begun.elapsed() < LINEAR, "{start}{piece:?} took {:?}", begun.elapsed());
        }
    }
    let arguments: Vec<&str> = ["--name", "a", "b", "“x", "–n"].iter().copied().cycle().take(50_000).collect();
    CommandParser::default().explain(arguments.as_slice(), false);
}

/// Real shells hand a program exactly the values that were meant. `bash` is asked where there is one.
#[test]
fn real_shells_agree() {
    let mut runner = TestRunner::deterministic();
    let strategy = prop_oneof![create(), update()];
    let commands: Vec<Command> = (0..4000).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    // The function prints how many arguments it got, and then each, with a NUL behind it.
    let mut script = String::from("astro() { printf '%s\\0' $# \"$@\"; }\n");
    for command in &commands {
        script.push_str(&format_command(command, Shell::Posix).unwrap());
        script.push('\n');
    }
    for shell in ["sh", "bash"] {
        let Ok(mut process) = Process::new(shell).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            assert_ne!(shell, "sh", "there is no POSIX shell to ask");
            continue;
        };
        let mut input = process.stdin.take().unwrap();
        let script = script.clone();
        let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
        let output = process.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let mut printed = printed.split_terminator('\0');
        for command in &commands {
            let count: usize = printed.next().unwrap().parse().unwrap();
            let handed: Vec<&str> = printed.by_ref().take(count).collect();
            assert_eq!(handed, windows::arguments_of(command)[1..], "{shell}: {command:?}");
        }
        assert_eq!(printed.next(), None, "{shell}");
    }
}

/// The documented quoting rules of Windows, written down a second time and backwards.
mod windows {
    use super::*;

    /// What the program has to get: the program's name first.
    pub(super) fn arguments_of(command: &Command) -> Vec<String> {
        let group = match command.scope {
            Scope::Organization => "organization",
            Scope::Workspace => "workspace",
            Scope::Deployment => "deployment",
        };
        let verb = match command.operation {
            CommandOperation::CreateToken => "create",
            CommandOperation::UpdateToken => "update",
            other => panic!("{other:?}"),
        };
        let mut arguments: Vec<String> = ["astro", group, "token", verb].map(str::to_owned).to_vec();
        let id = command.token_id.clone();
        arguments.extend(id.clone().filter(|id| !id.starts_with('-')));
        let days = command.expiration_days.map(|days| days.to_string());
        let own_name = command.name.clone().or(command.token_name.clone());
        let values = [
            ("--name", own_name),
            ("--new-name", command.new_name.clone()),
            ("--description", command.description.clone()),
            ("--role", command.role.clone()),
            ("--expiration", days),
        ];
        for (flag, value) in values {
            match value {
                Some(value) if value.starts_with('-') => arguments.push(format!("{flag}={value}")),
                Some(value) => arguments.extend([flag.to_owned(), value]),
                None => {}
            }
        }
        arguments.extend(command.clean_output.map(|_| "--clean-output".to_owned()));
        if let Some(id) = id.filter(|id| id.starts_with('-')) {
            arguments.extend(["--".to_owned(), id]);
        }
        arguments
    }

    /// What PowerShell makes of a line: bare words, and single-quoted strings with doubled quotes inside.
    ///
    /// Source: about_Quoting_Rules; the typographic single quotes are quotes to it (language specification, 2.3.5.2).
    pub(super) fn powershell(line: &str) -> Vec<String> {
        let is_quote = |character: char| matches!(character, '\'' | '‘' | '’' | '‚' | '‛');
        let mut words = Vec::new();
        let mut characters = line.chars().peekable();
        while let Some(first) = characters.next() {
            let mut word = String::new();
            if is_quote(first) {
                while let Some(character) = characters.next() {
                    if is_quote(character) {
                        match characters.next_if(|next| is_quote(*next)) {
                            Some(quote) => {
                                assert_eq!(quote, character, "the same quote is doubled");
                                word.push(character);
                            }
                            None => break,
                        }
                    } else {
                        word.push(character);
                    }
                }
            } else {
                word.push(first);
                while let Some(character) = characters.next_if(|next| *next != ' ') {
                    word.push(character);
                }
                let special = |character: char| !(character.is_ascii_alphanumeric() || "-_./:=".contains(character));
                assert!(!word.contains(special), "a bare word holds nothing special: {word}");
            }
            words.push(word);
            let next = characters.next();
            assert!(next.is_none() || next == Some(' '), "words are apart: {line}");
        }
        words
    }

    /// What `cmd` leaves of a line for the program: outside of quotes a caret goes and what follows it stays, and nothing
    /// special may stand there without one.
    ///
    /// Source: "cmd" in the documentation of Windows commands, on special characters and quotes.
    pub(super) fn cmd(line: &str) -> String {
        let mut left = String::new();
        let mut quoted = false;
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            assert!(!matches!(character, '\n' | '\r' | '%' | '\0'), "{line}");
            if !quoted && character == '^' {
                left.extend(characters.next());
                continue;
            }
            quoted ^= character == '"';
            assert!(quoted || !"&|<>()^!".contains(character), "outside of quotes: {line}");
            left.push(character);
        }
        assert!(!quoted, "quotes are closed: {line}");
        left
    }

    /// Source: "Parsing C++ command-line arguments": 2n backslashes and a quote are n and a delimiter, 2n + 1 are n and
    /// a quote; two quotes inside of quotes are one, behind which `stays_quoted` or not: Microsoft's runtime says so since
    /// 2008, Go's does not.
    pub(super) fn argv(line: &str, stays_quoted: bool) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut word: Option<String> = None;
        let mut quoted = false;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' => {
                    let mut backslashes = 1;
                    while characters.next_if_eq(&'\\').is_some() {
                        backslashes += 1;
                    }
                    let is_quote = characters.peek() == Some(&'"');
                    let kept = if is_quote { backslashes / 2 } else { backslashes };
                    let word = word.get_or_insert_default();
                    word.push_str(&"\\".repeat(kept));
                    if is_quote && backslashes % 2 == 1 {
                        characters.next();
                        word.push('"');
                    }
                }
                '"' if quoted && characters.peek() == Some(&'"') => {
                    characters.next();
                    word.get_or_insert_default().push('"');
                    quoted = stays_quoted;
                }
                '"' => {
                    quoted = !quoted;
                    word.get_or_insert_default();
                }
                ' ' | '\t' if !quoted => words.extend(word.take()),
                other => word.get_or_insert_default().push(other),
            }
        }
        words.extend(word);
        words
    }
}
