//! `--help` on every level, made of the grammar of the commands.

use std::fmt::Write;

use super::{
    commands::FINISH_ROTATION,
    options::{CHECK, COMMAND, CREATE, DELETE, FINISH, FLAGS, INSPECT, REMOVE, ROTATE, SERVE, Uses},
};
use crate::{
    CommandOperation, EntityType, Scope,
    command::{Flag, GRAMMARS, GROUPS, Grammar, TOKEN_WORDS, group_name},
    text::listed_plainly,
};

const EXAMPLES: &[&str] = &[
    "astro-tokens organization token create --name CI --role ORGANIZATION_MEMBER --expiration 90",
    "astro-tokens workspace token list --workspace-id clws",
    "astro-tokens workspace token add --org-token-name CI --role WORKSPACE_AUTHOR --workspace-id clws",
    "astro-tokens organization token rotate --name CI --overlap",
    "astro-tokens check 'astro organization token create --name My token --role ORGANIZATION OWNER'",
];

/// What is longer is wrapped.
const COLUMNS: usize = 110;

const CODES: &str = "\
exit codes: 0 done, 2 invalid and nothing sent, 3 Astro refused, 4 unknown whether it happened, 1 anything else
";

/// Commands that the Astro CLI has not.
const OTHERS: &[(&str, &str, &str, Uses)] = &[
    ("check", "'<line>'", "say what is wrong with a command line of the Astro CLI, offline", CHECK),
    ("inspect", "[-]", "say what the token of the environment or standard input is for, offline", INSPECT),
    ("serve", "", "serve an Astro in memory on 127.0.0.1", SERVE),
];

/// The help for the words of a command, as far as they are known.
pub(super) fn text(words: &[&str]) -> String {
    let words = if words.first() == Some(&"astro") { &words[1..] } else { words };
    if let Some((name, argument, about, uses)) = OTHERS.iter().find(|(name, ..)| words.first() == Some(name)) {
        let mut text = format!("{about}\n\nusage: {}\n", joined(&["astro-tokens", name, argument, "[FLAGS]"]));
        own_flags(&mut text, *uses);
        return text;
    }
    let group = words.first().and_then(|name| GROUPS.iter().find(|(_, names)| names.contains(name)));
    let Some((scope, _)) = group else { return program() };
    let rest = &words[1..];
    let rest = if rest.first().is_some_and(|word| TOKEN_WORDS.contains(word)) { &rest[1..] } else { rest };
    let in_group: Vec<&Grammar> = GRAMMARS.iter().filter(|grammar| grammar.scope == *scope).collect();
    if rest.first() == Some(&FINISH_ROTATION) {
        return finish_rotation(*scope);
    }
    let is_command = |grammar: &&&Grammar| {
        let depth = grammar.path.len();
        let (Some(last), Some(first)) = (rest.get(depth - 1), rest.first()) else { return false };
        (depth == 1 || grammar.path[0] == *first) && (grammar.path[depth - 1] == *last || grammar.alias == Some(last))
    };
    if let Some(grammar) = in_group.iter().find(is_command) {
        return command(grammar);
    }
    let subgroup: Vec<&Grammar> = in_group
        .iter()
        .filter(|grammar| grammar.path.len() == 2 && rest.first() == Some(&grammar.path[0]))
        .copied()
        .collect();
    let name = group_name(*scope);
    if let Some(first) = subgroup.first() {
        return commands(&joined(&["astro-tokens", name, "token", first.path[0]]), &subgroup);
    }
    commands(&joined(&["astro-tokens", name, "token"]), &in_group)
}

fn joined(words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn program() -> String {
    let mut text = "Create, scope, rotate and audit the API tokens of Astro.\n\n\
                    usage: astro-tokens COMMAND [FLAGS]\n\nexamples:\n"
        .to_owned();
    for example in EXAMPLES {
        let _ = writeln!(text, "  {example}");
    }
    text.push_str("\ncommands, those of the Astro CLI without its name:\n");
    let mut rows: Vec<(String, String)> = Vec::new();
    for (scope, _) in GROUPS {
        let in_group: Vec<&Grammar> = GRAMMARS.iter().filter(|grammar| grammar.scope == *scope).collect();
        let verbs: Vec<&str> =
            in_group.iter().filter(|grammar| grammar.path.len() == 1).map(|grammar| grammar.path[0]).collect();
        rows.push((format!("{} token", group_name(*scope)), listed_plainly(&verbs)));
        let mut subgroups: Vec<&str> =
            in_group.iter().filter(|grammar| grammar.path.len() == 2).map(|grammar| grammar.path[0]).collect();
        subgroups.dedup();
        for subgroup in subgroups {
            let verbs: Vec<&str> = in_group
                .iter()
                .filter(|grammar| grammar.path.len() == 2 && grammar.path[0] == subgroup)
                .map(|grammar| grammar.path[1])
                .collect();
            rows.push((format!("{} token {subgroup}", group_name(*scope)), listed_plainly(&verbs)));
        }
    }
    rows.push((format!("... token {FINISH_ROTATION}"), "clean up after rotations with `--overlap`".to_owned()));
    rows.extend(OTHERS.iter().map(|(name, argument, about, _)| (joined(&[name, argument]), (*about).to_owned())));
    list(&mut text, &rows);
    text.push_str("\n`astro-tokens COMMAND --help` says which flags a command has.\n\n");
    text.push_str(
        "environment: ASTRO_API_TOKEN is the credential and says the Organization; ASTRO_WORKSPACE_ID and\n\
         ASTRO_DEPLOYMENT_ID are the current ones; ASTRO_ORGANIZATION_ID where there is no credential;\n\
         ASTRO_DOMAIN where Astro is not on astronomer.io; NO_COLOR\n\n",
    );
    text.push_str(CODES);
    text
}

fn commands(prefix: &str, grammars: &[&Grammar]) -> String {
    let mut text = format!("usage: {prefix} COMMAND [FLAGS]\n\ncommands:\n");
    let own_depth = prefix.split(' ').count().saturating_sub(3);
    let mut rows: Vec<(String, String)> =
        grammars.iter().map(|grammar| (grammar.path[own_depth..].join(" "), about(grammar))).collect();
    if own_depth == 0 {
        rows.push((FINISH_ROTATION.to_owned(), "clean up after rotations with `--overlap`".to_owned()));
    }
    list(&mut text, &rows);
    text
}

/// What a command does, in a few words.
fn about(grammar: &Grammar) -> String {
    let here = grammar.scope.entity_type().noun();
    let whose = grammar.token_scope.map(|scope| scope.entity_type().noun());
    match (grammar.operation, whose) {
        (CommandOperation::CreateToken, _) => format!("create {} token", grammar.scope.entity_type().with_article()),
        (CommandOperation::ListTokens, None) => format!("list the tokens of the {here}"),
        (CommandOperation::ListTokens, Some(whose)) => format!("list the {whose} tokens with a role on the {here}"),
        (CommandOperation::ListTokenRoles, _) => "list the roles of a token".to_owned(),
        (CommandOperation::UpdateToken, _) => "change the name, description or role of a token".to_owned(),
        (CommandOperation::RotateToken, _) => "replace the secret of a token".to_owned(),
        (CommandOperation::DeleteToken, _) => "delete a token".to_owned(),
        (CommandOperation::AddTokenRole, whose) => {
            format!(
                "give {} token a role on the {here}",
                if whose == Some("Workspace") { "a Workspace" } else { "an Organization" }
            )
        }
        (CommandOperation::UpdateTokenRole, _) => format!("change the role that such a token has on the {here}"),
        (CommandOperation::RemoveTokenRole, _) => format!("take the role of such a token on the {here} away"),
    }
}

fn command(grammar: &Grammar) -> String {
    let argument = if grammar.takes_id { "[TOKEN_ID]" } else { "" };
    let path = grammar.path.join(" ");
    let usage = joined(&["astro-tokens", group_name(grammar.scope), "token", &path, argument, "[FLAGS]"]);
    let mut text = format!("{}\n\nusage: {usage}\n\nflags:\n", about(grammar));
    let rows: Vec<(String, String)> = grammar
        .flags()
        .filter(|flag| flag.field != "organization_id")
        .map(|flag| (spelt(flag), meaning(flag, grammar)))
        .collect();
    list(&mut text, &rows);
    let more = match grammar.operation {
        CommandOperation::CreateToken => CREATE,
        CommandOperation::RotateToken => ROTATE,
        CommandOperation::DeleteToken => DELETE,
        CommandOperation::RemoveTokenRole => REMOVE,
        _ => 0,
    };
    own_flags(&mut text, COMMAND | more);
    text
}

fn finish_rotation(scope: Scope) -> String {
    let usage = joined(&["astro-tokens", group_name(scope), "token", FINISH_ROTATION, "[TOKEN_ID]", "[FLAGS]"]);
    let mut text = format!(
        "clean up after rotations with `--overlap`: delete the old token when its time is over\n\nusage: {usage}\n\nflags:\n"
    );
    let delete =
        GRAMMARS.iter().find(|grammar| grammar.scope == scope && grammar.operation == CommandOperation::DeleteToken);
    let flags = delete.into_iter().flat_map(Grammar::flags).filter(|flag| flag.field != "organization_id");
    let rows: Vec<(String, String)> = flags
        .map(|flag| {
            let about = match flag.field {
                "token_name" => "the name of the token, in place of its id".to_owned(),
                _ => delete.map_or_else(String::new, |grammar| meaning(flag, grammar)),
            };
            (spelt(flag), about)
        })
        .collect();
    list(&mut text, &rows);
    own_flags(&mut text, COMMAND | FINISH);
    text
}

fn spelt(flag: Flag) -> String {
    let value = match flag.field {
        _ if flag.is_boolean() => "",
        "expiration_days" => " DAYS",
        "workspace_id" | "deployment_id" | "organization_id" => " ID",
        "role" => " ROLE",
        "description" => " TEXT",
        _ => " NAME",
    };
    let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    format!("{short}{}{value}", flag.long)
}

fn meaning(flag: Flag, grammar: &Grammar) -> String {
    match (flag.field, grammar.operation) {
        ("name", _) => "the name of the new token".to_owned(),
        ("new_name", _) => "the name that it shall have".to_owned(),
        ("token_name", _) => "the name of the token, in place of its id".to_owned(),
        ("description", CommandOperation::UpdateToken) => "the description that it shall have; '' clears it".to_owned(),
        ("description", _) => "what it is for".to_owned(),
        ("role", _) => roles(grammar.scope.entity_type()),
        ("expiration_days", _) => "in how many days it expires, 1 to 3650; not given: never".to_owned(),
        ("clean_output", _) => "print the secret and nothing else".to_owned(),
        ("force", _) => "do not ask before".to_owned(),
        ("workspace_id", _) if grammar.scope == Scope::Deployment => {
            "the Workspace of the Deployment; not needed".to_owned()
        }
        ("workspace_id", _) => "the Workspace (otherwise ASTRO_WORKSPACE_ID)".to_owned(),
        ("deployment_id", _) => "the Deployment (otherwise ASTRO_DEPLOYMENT_ID)".to_owned(),
        _ => String::new(),
    }
}

fn roles(entity: EntityType) -> String {
    let names = listed_plainly(entity.roles());
    if entity == EntityType::Deployment { format!("{names}, or a custom role") } else { names }
}

fn own_flags(text: &mut String, uses: Uses) {
    text.push_str("\nflags that the Astro CLI has not:\n");
    let rows: Vec<(String, String)> = FLAGS
        .iter()
        .filter(|flag| flag.uses & uses != 0)
        .map(|flag| {
            let short = flag.short.map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
            let value = match flag.value {
                Some(_) if flag.long == "--sandbox" => "[=FILE]".to_owned(),
                Some(value) => format!(" {value}"),
                None => String::new(),
            };
            (format!("{short}{}{value}", flag.long), flag.about.to_owned())
        })
        .collect();
    list(text, &rows);
}

fn list(text: &mut String, rows: &[(String, String)]) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, about) in rows {
        let mut line = format!("  {name:<width$}  ");
        for word in about.split(' ').filter(|word| !word.is_empty()) {
            if line.len() + word.len() >= COLUMNS {
                let _ = writeln!(text, "{line}");
                line = " ".repeat(width + 4);
            }
            line.push(' ');
            line.push_str(word);
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
