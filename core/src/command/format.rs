//! Writes commands, quoted for a shell.

use super::{
    Command,
    grammar::{Flag, Grammar, find, group_name},
};
use crate::{
    Code, Spelling, ValidationError, Value,
    report::{Given, Report},
    spelling::Path,
};

/// A shell that a command can be written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shell {
    /// `sh`, `bash`, `zsh` and their like.
    #[default]
    Posix,
    /// PowerShell 7.3 and newer; older ones lose quotes on the way to a program.
    PowerShell,
    /// The command prompt of Windows.
    Cmd,
}

impl Shell {
    pub(crate) const CHOICES: &'static [(&'static str, Shell)] =
        &[("posix", Shell::Posix), ("powershell", Shell::PowerShell), ("cmd", Shell::Cmd)];

    /// The shell of this name: `posix`, `powershell` or `cmd`. Nothing given: `posix`.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] with `invalid_value` or `wrong_type`.
    pub fn from_value(name: &Value<'_>, spelling: Spelling) -> Result<Self, ValidationError> {
        let mut report = Report::new(spelling, false);
        let shell = match report.choice(Path::field("shell"), name, Shell::CHOICES) {
            Given::Absent => Some(Shell::default()),
            given => given.value(),
        };
        report.finish("the command", shell).map(|(shell, _)| shell)
    }

    /// The word as this shell has to be given it; the reason where it cannot be.
    fn quote(self, word: &str) -> Result<String, &'static str> {
        if word.contains('\0') {
            return Err("NUL ends a value in every shell");
        }
        match self {
            Shell::Posix => Ok(quoted(word)),
            Shell::PowerShell => Ok(powershell(word)),
            Shell::Cmd => cmd(word),
        }
    }
}

/// Writes a command. For POSIX shells it reads back as the same command.
///
/// ```
/// use astro_tokens::{Shell, format_command, parse_command};
///
/// let command = parse_command("astro org token rotate --name \"Bob's token\"")?;
/// assert_eq!(format_command(&command, Shell::Posix)?, r"astro organization token rotate --name 'Bob'\''s token'");
/// assert_eq!(format_command(&command, Shell::PowerShell)?, "astro organization token rotate --name 'Bob''s token'");
/// assert_eq!(format_command(&command, Shell::Cmd)?, r#"astro organization token rotate --name "Bob's token""#);
/// # Ok::<(), astro_tokens::ValidationError>(())
/// ```
///
/// # Errors
///
/// [`ValidationError`] with [`unquotable_value`](Code::UnquotableValue) where the shell cannot carry a value, with
/// [`conflicting_arguments`](Code::ConflictingArguments) where there is no such command, and with
/// [`unknown_flag`](Code::UnknownFlag) for a field that the command has no flag for.
pub fn format_command(command: &Command, shell: Shell) -> Result<String, ValidationError> {
    command.format(shell, Spelling::Snake)
}

impl Command {
    /// What [`format_command`] does, with the fields in problems spelt for another language.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn format(&self, shell: Shell, spelling: Spelling) -> Result<String, ValidationError> {
        let mut report = Report::new(spelling, false);
        let line = write(self, shell, &mut report);
        report.finish("the command", line).map(|(line, _)| line)
    }
}

fn write(command: &Command, shell: Shell, report: &mut Report) -> Option<String> {
    let Some(grammar) = find(command.operation, command.scope, command.token_scope) else {
        let (operation, group) = (command.operation.as_str(), group_name(command.scope));
        let message = format!("there is no command for `{operation}` in the group `{group}`");
        let help = "change the operation, the scope or the token scope";
        report.add(Code::ConflictingArguments, Path::field("operation"), message, help);
        return None;
    };
    let mut line = format!("astro {} token {}", group_name(grammar.scope), grammar.path.join(" "));
    let mut push = |report: &mut Report, field: &'static str, word: &str| match shell.quote(word) {
        Ok(quoted) => {
            line.push(' ');
            line.push_str(&quoted);
        }
        Err(reason) => {
            let help = if word.contains('\0') { "change the value" } else { "use another shell, or change the value" };
            report.add(Code::UnquotableValue, Path::field(field), reason, help);
        }
    };
    let token_id = command.token_id.as_deref();
    // The argument stands before the flags, where no flag can take it for its value; behind `--` only if it has to.
    if let Some(token_id) = token_id.filter(|token_id| !token_id.starts_with('-')) {
        push(report, "token_id", token_id);
    }
    for (field, value) in values(command) {
        match grammar.flag_of(field) {
            Some(flag) => flag_words(flag, &value).iter().for_each(|word| push(report, field, word)),
            None => unknown(report, grammar, field),
        }
    }
    if let Some(token_id) = token_id.filter(|token_id| token_id.starts_with('-')) {
        push(report, "token_id", "--");
        push(report, "token_id", token_id);
    }
    if token_id.is_some() && !grammar.takes_id {
        unknown(report, grammar, "token_id");
    }
    Some(line)
}

/// The fields that flags set, with their values, in the order in which they are written.
fn values(command: &Command) -> Vec<(&'static str, String)> {
    let text = |field, value: &Option<String>| value.as_ref().map(|value| (field, value.clone()));
    let boolean = |field, value: Option<bool>| value.map(|value| (field, value.to_string()));
    [
        text("token_name", &command.token_name),
        text("name", &command.name),
        text("new_name", &command.new_name),
        text("description", &command.description),
        text("role", &command.role),
        command.expiration_days.map(|days| ("expiration_days", days.to_string())),
        text("organization_id", &command.organization_id),
        text("workspace_id", &command.workspace_id),
        text("deployment_id", &command.deployment_id),
        boolean("clean_output", command.clean_output),
        boolean("force", command.force),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A flag and its value: one word where the value could be taken for a flag.
fn flag_words(flag: Flag, value: &str) -> Vec<String> {
    match value {
        "true" if flag.is_boolean() => vec![flag.long.to_owned()],
        _ if flag.is_boolean() || value.starts_with('-') => vec![format!("{}={value}", flag.long)],
        _ => vec![flag.long.to_owned(), value.to_owned()],
    }
}

fn unknown(report: &mut Report, grammar: &Grammar, field: &'static str) {
    let message = format!("the command for `{}` has nothing for {}", grammar.operation.as_str(), report.named(field));
    report.add(Code::UnknownFlag, Path::field(field), message, "leave it out");
}

/// Characters that mean nothing to any of the shells, wherever they stand.
fn is_plain(word: &str) -> bool {
    // At the beginning of a word `=` means something to zsh.
    !word.is_empty()
        && !word.starts_with('=')
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'='))
}

/// In single quotes, where a POSIX shell changes nothing; a single quote itself is written outside of them.
pub(crate) fn quoted(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    crate::request::single_quoted(word)
}

/// In single quotes, which are doubled inside, typographic ones too: PowerShell takes them for the same.
///
/// Source: about_Quoting_Rules of PowerShell, and its language specification, section 2.3.5.2.
fn powershell(word: &str) -> String {
    if is_plain(word) && !word.starts_with('-') {
        return word.to_owned();
    }
    if is_plain(word) && word.starts_with("--") && !word.contains(['.', ':', '=']) && word.len() > 2 {
        return word.to_owned();
    }
    let mut quoted = String::from("'");
    for character in word.chars() {
        quoted.push(character);
        if matches!(character, '\'' | '‘' | '’' | '‚' | '‛') {
            quoted.push(character);
        }
    }
    quoted.push('\'');
    quoted
}

/// In double quotes; a quote inside has a backslash before it, and backslashes before a quote are doubled. `cmd` itself
/// knows no such quote and would end its quoting there, so in that case a caret keeps it from seeing any of them.
///
/// Sources: "Parsing C++ command-line arguments" of Microsoft, and `os.Args` of Go on Windows, which the Astro CLI gets
/// its arguments from; they agree on this form alone. `cmd` replaces `%NAME%` inside quotes too, and nothing in a line
/// escapes that.
fn cmd(word: &str) -> Result<String, &'static str> {
    if word.contains(['\n', '\r']) {
        return Err("a line break ends the command in cmd, inside quotes too");
    }
    if word.contains('%') {
        return Err("cmd replaces `%NAME%` inside quotes too");
    }
    if is_plain(word) && !word.contains('=') {
        return Ok(word.to_owned());
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for character in word.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                quoted.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(character);
    }
    quoted.extend(std::iter::repeat_n('\\', backslashes));
    quoted.push('"');
    if !word.contains('"') {
        return Ok(quoted);
    }
    let is_special = |character: char| matches!(character, '"' | '^' | '&' | '|' | '<' | '>' | '(' | ')' | '!');
    Ok(quoted
        .chars()
        .flat_map(|character| is_special(character).then_some('^').into_iter().chain([character]))
        .collect())
}
