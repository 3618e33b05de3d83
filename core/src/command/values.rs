//! Checks the values of a command by the rules of the operations, as far as the command alone tells.

use super::{
    Command, CommandOperation,
    grammar::{Flag, Grammar},
    word::Word,
};
use crate::{
    Code, Span, Value,
    operations::expiration,
    report::{Given, Place, Report},
    roles::misspelt_role,
    spelling::Path,
    text::{is_placeholder, shown},
};

/// How the argument that is a token's id is called in problems.
const TOKEN_ID: &str = "<token-id>";

/// A flag with its value.
#[derive(Debug)]
pub(super) struct FlagValue {
    pub(super) flag: Flag,
    pub(super) text: String,
    pub(super) span: Span,
    /// Whether a shell would have replaced a part of it, so that nothing can be said about it.
    pub(super) expands: bool,
}

/// What the values are checked against.
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) grammar: &'static Grammar,
    /// Whether a part of the line was left out that seems to hold flags.
    pub(super) is_cut: bool,
    pub(super) allow_unknown_roles: bool,
}

/// The command as far as it could be understood.
pub(super) struct Checked {
    pub(super) command: Command,
    /// Whether every mistake was mended.
    pub(super) is_mended: bool,
}

/// `unread`: the fields whose flags have no value, which was said before.
pub(super) fn check(
    report: &mut Report,
    context: Context,
    values: &[FlagValue],
    unread: &[&'static str],
    arguments: &[&Word],
) -> Checked {
    let grammar = context.grammar;
    let (token_id, extra) =
        if grammar.takes_id { arguments.split_at(arguments.len().min(1)) } else { (&[][..], arguments) };
    place_fields(report, grammar, values, token_id.first().copied());
    let mut checker = Checker { report, context, values, unread, is_mended: true };
    checker.unexpected(extra);

    let mut command = Command::new(grammar.operation, grammar.scope);
    command.token_scope = grammar.token_scope;
    command.organization_id = checker.id("organization_id");
    command.workspace_id = checker.id("workspace_id");
    command.deployment_id = checker.id("deployment_id");
    command.token_id = token_id.first().map(|word| checker.token_id(word));
    command.token_name = checker.name("token_name");
    command.name = checker.name("name");
    command.new_name = checker.name("new_name");
    command.description = checker.description();
    command.role = checker.role();
    if !context.is_cut {
        checker.required(&command);
    }
    command.expiration_days = checker.expiration();
    command.clean_output = checker.boolean("clean_output");
    command.force = checker.boolean("force");
    Checked { command, is_mended: checker.is_mended }
}

/// Tells the report how this command calls its fields and where they stand.
fn place_fields(report: &mut Report, grammar: &Grammar, values: &[FlagValue], token_id: Option<&Word>) {
    for flag in grammar.flags() {
        let span = values.iter().find(|value| value.flag.field == flag.field).map(|value| value.span);
        report.place(Place { field: flag.field, spelt: flag.long, span });
    }
    report.place(Place { field: "token_id", spelt: TOKEN_ID, span: token_id.map(Word::span) });
}

struct Checker<'c> {
    report: &'c mut Report,
    context: Context,
    values: &'c [FlagValue],
    unread: &'c [&'static str],
    is_mended: bool,
}

impl<'c> Checker<'c> {
    fn get(&self, field: &str) -> Option<&'c FlagValue> {
        self.values.iter().find(|value| value.flag.field == field)
    }

    /// The text of a flag, checked by a reader of the report unless a shell would have replaced a part of it.
    fn text(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Report, Path, &Value<'_>) -> bool,
    ) -> Option<String> {
        let given = self.get(field)?;
        if !given.expands {
            self.is_mended &= read(self.report, Path::field(field), &Value::from(given.text.as_str()));
        }
        Some(given.text.clone())
    }

    fn id(&mut self, field: &'static str) -> Option<String> {
        self.text(field, |report, at, value| report.id(at, value) != Given::Wrong)
    }

    fn name(&mut self, field: &'static str) -> Option<String> {
        self.text(field, |report, at, value| report.name(at, value).is_some())
    }

    fn description(&mut self) -> Option<String> {
        self.text("description", |report, at, value| report.description(at, value) != Given::Wrong)
    }

    fn token_id(&mut self, word: &Word) -> String {
        if !word.expands {
            let value = Value::from(word.text.as_str());
            self.is_mended &= self.report.id(Path::field("token_id"), &value) != Given::Wrong;
        }
        word.text.clone()
    }

    fn role(&mut self) -> Option<String> {
        let given = self.get("role")?;
        let entity = self.context.grammar.scope.entity_type();
        if given.expands {
            return Some(given.text.clone());
        }
        let value = Value::from(given.text.as_str());
        let read = self.report.role(Path::field("role"), &value, Some(entity), self.context.allow_unknown_roles);
        let role = read.map(str::to_owned).or_else(|| misspelt_role(&given.text, entity).map(str::to_owned));
        self.is_mended &= role.is_some();
        role
    }

    /// Source of the notation: `IntVarP` of the Astro CLI, less what it takes by accident (`030` as octal 24).
    fn expiration(&mut self) -> Option<i64> {
        let at = Path::field("expiration_days");
        let is_create = self.context.grammar.operation == CommandOperation::CreateToken;
        let Some(given) = self.get("expiration_days") else {
            if is_create && !self.context.is_cut && !self.unread.contains(&"expiration_days") {
                expiration(self.report, &Value::Absent, Some(self.context.grammar.scope));
            }
            return None;
        };
        let digits = given.text.strip_prefix('-').unwrap_or(&given.text);
        let is_plain = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        if !is_plain {
            return self.not_an_integer(at, given);
        }
        let value = given.text.parse().map_or(Value::HugeInteger, Value::Integer);
        let days = expiration(self.report, &value, Some(self.context.grammar.scope)).value();
        self.is_mended &= days.is_some();
        days
    }

    /// Anything but plain digits. Help and mend only where one number can have been meant.
    fn not_an_integer(&mut self, at: Path, given: &FlagValue) -> Option<i64> {
        if is_placeholder(&given.text) {
            let message = format!("{} is a placeholder from an example", shown(&given.text));
            self.report.add(Code::Placeholder, at, message, "put the days in its place, such as `90`");
            self.is_mended = false;
            return None;
        }
        let text = given.text.trim().trim_start_matches('+').trim_start_matches('0');
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let unit = text[digits..].trim_start();
        let days_in_unit = match unit {
            "" | "d" | "day" | "days" => Some(1),
            "w" | "week" | "weeks" => Some(7),
            "y" | "year" | "years" => Some(365),
            _ => None,
        };
        let count: Option<i64> = text[..digits].parse().ok().filter(|count| *count > 0);
        let meant = count.zip(days_in_unit).and_then(|(count, days)| count.checked_mul(days));
        let help = match meant {
            Some(days) => format!("write `{days}`, in days"),
            None if given.expands => "nothing is replaced here: write the days as digits, such as `90`".to_owned(),
            None => "write the days as digits, such as `90`".to_owned(),
        };
        let message = format!("{} is not a whole number", shown(&given.text));
        self.report.add(Code::NotAnInteger, at, message, help);
        self.is_mended &= meant.is_some();
        meant
    }

    fn boolean(&self, field: &str) -> Option<bool> {
        self.get(field).map(|value| value.text == "true")
    }

    /// Arguments that the command does not take: one problem, however many there are.
    fn unexpected(&mut self, extra: &[&Word]) {
        let Some(first) = extra.first() else { return };
        let span = match extra.last() {
            Some(last) if last.argument == first.argument => Span { end: last.range.end, ..first.span() },
            _ => first.span(),
        };
        let grammar = self.context.grammar;
        let help = match grammar.flag_of("token_name") {
            _ if !grammar.takes_id => {
                "the command takes no arguments; put values of several words in quotes".to_owned()
            }
            Some(flag) => {
                format!("the command takes one argument, the id of a token; a name goes behind `{}`", flag.long)
            }
            None => "the command takes one argument, the id of a token".to_owned(),
        };
        self.is_mended = false;
        let message = format!("{} is not expected here", shown(&first.text));
        self.report.push(Code::UnexpectedArgument, None, Some(span), message, help);
    }

    /// What no current Workspace or Deployment can fill in.
    fn required(&mut self, command: &Command) {
        let unread = self.unread;
        let grammar = self.context.grammar;
        let mut missing = |report: &mut Report, field: &'static str, help: &str| {
            report.missing(Path::field(field), help);
            self.is_mended = false;
        };
        match grammar.operation {
            CommandOperation::CreateToken => {
                if command.name.is_none() && !unread.contains(&"name") {
                    missing(self.report, "name", "give the token a name, at most 256 characters");
                }
            }
            CommandOperation::ListTokens => {}
            _ => {
                if command.token_id.is_none() && command.token_name.is_none() && !unread.contains(&"token_name") {
                    let help = match grammar.flag_of("token_name") {
                        Some(flag) => format!("write the id of the token, or its name with `{}`", flag.long),
                        None => "write the id of the token".to_owned(),
                    };
                    missing(self.report, "token_id", &help);
                }
            }
        }
        let needs_role = matches!(
            grammar.operation,
            CommandOperation::CreateToken | CommandOperation::AddTokenRole | CommandOperation::UpdateTokenRole
        );
        if needs_role && !unread.contains(&"role") && self.values.iter().all(|value| value.flag.field != "role") {
            let entity = Some(grammar.scope.entity_type());
            self.report.role(Path::field("role"), &Value::Absent, entity, false);
            self.is_mended = false;
        }
    }
}
