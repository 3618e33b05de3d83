//! Commands on tokens, from their words to their output.

use super::{
    Ended, Exit,
    ask::{is_grave, nobody_to_ask, report},
    converse::Talked,
    dry_run::DryRun,
    options::{COMMAND, CREATE, DELETE, FINISH, Options, REMOVE, ROTATE, Uses},
    print::{self, Format},
    problems,
    settings::Settings,
    wire::Wire,
    world::World,
};
use crate::{
    Code, Command, CommandOperation, CommandOptions, CommandParser, Sandbox, Value,
    command::{group_name, quoted},
    conversation::{Conversation, Outcome, WorkKind},
    text::{hides_secret, shown},
};

/// The command that the Astro CLI has not: it ends a rotation whose old token was kept.
pub(super) const FINISH_ROTATION: &str = "finish-rotation";

/// A command as it was typed.
struct Typed {
    command: Command,
    is_finish: bool,
    format: Format,
}

pub(super) async fn run(world: &World, mut options: Options) -> Ended {
    let mut found = Vec::new();
    let Typed { mut command, is_finish, format } = read(world, &mut options, &mut found).await?;
    let sandbox = sandbox(world, &options).await?;
    let settings = world.settings(&options, &command, sandbox.is_some(), &mut found).await?;
    let dry_run = options.has("--dry-run").then(DryRun::default);

    // What is invalid is said before anybody is asked anything.
    let begun = begin(world, &mut options, &command, is_finish, &settings).await?;
    problems::add(&mut found, begun.warnings());
    world.show(&found).await;
    let is_dry = dry_run.is_some();
    let mut wire = Wire::new(world, settings.credential.clone(), sandbox, dry_run);
    wire.stores_created = options.has("--idempotency-key");
    let mut conversation = begun;
    if is_grave(&command) && command.force != Some(true) && !is_dry {
        wire.ask_first(&settings, &options, &mut command, is_finish).await?;
        conversation = begin(world, &mut options, &command, is_finish, &settings).await?;
    }

    let talked = wire.converse(conversation, format).await;
    // Whatever came of it, it came of it in this state.
    let saved = match (&wire.sandbox, options.value("--sandbox")) {
        (Some(sandbox), Some(path)) if !is_dry => world.write_file(path, sandbox.to_json()).await,
        _ => Ok(()),
    };
    let talked = talked?;
    let said = found.len();
    problems::add(&mut found, talked.warnings.clone());
    world.show(&found[said..]).await;
    finish(&wire, &settings, &command, format, talked).await?;
    saved
}

/// Reads the words; warnings go to `found`.
async fn read(world: &World, options: &mut Options, found: &mut Vec<crate::Problem>) -> Ended<Typed> {
    // A part of the command's name, and no value of a flag.
    let is_name = |position: &usize| options.words[..*position].iter().all(|word| !word.starts_with('-'));
    let finish = options.words.iter().position(|word| word == FINISH_ROTATION).filter(is_name);
    if let Some(position) = finish {
        // It takes what a delete takes, and finds its token in the same way.
        "delete".clone_into(&mut options.words[position]);
    }
    let strict = options.has("--strict");
    let parser = CommandParser::default().strict(strict).allow_unknown_roles(options.has("--allow-unknown-roles"));
    let parsed = parser.parse(options.words.as_slice());
    let (command, said) = match parsed {
        Ok(command) => {
            let warnings = command.warnings().to_vec();
            (Some(command), warnings)
        }
        Err(error) => (None, error.problems),
    };
    let here = COMMAND
        | match command.as_ref().map(|command| command.operation) {
            _ if finish.is_some() => FINISH,
            Some(CommandOperation::CreateToken) => CREATE,
            Some(CommandOperation::RotateToken) => ROTATE,
            Some(CommandOperation::DeleteToken) => DELETE,
            Some(CommandOperation::RemoveTokenRole) => REMOVE,
            // Nobody knows what would fit.
            None => Uses::MAX,
            _ => 0,
        };
    let corrected = command.is_none().then(|| parser.correct(options.words.as_slice())).flatten();
    for flag in ["--keep-old", "--leftover-after"] {
        options.seconds(flag);
    }
    if options.has("--json") && command.as_ref().is_some_and(|command| command.clean_output == Some(true)) {
        let message = "`--json` and `--clean-output` say different things".to_owned();
        options.problem(Code::ConflictingArguments, "--json", message, "leave one of them out");
    }
    let own = options.problems(here);
    let is_own_right = !problems::has_errors(&own);
    found.extend(own);
    let said = options.placed(said);
    problems::add(found, said);
    if let Some(command) = &command
        && is_grave(command)
        && command.force != Some(true)
        && !world.host.can_ask()
        && !options.has("--dry-run")
    {
        let mut report = report();
        nobody_to_ask(&mut report);
        found.append(report.problems());
    }
    if let Err(exit) = world.judge(found).await {
        if let Some(line) = corrected.filter(|_| is_own_right && finish.is_none()) {
            let words: Vec<String> = options.taken.iter().map(|word| format!(" {}", quoted(word))).collect();
            let line = line.strip_prefix("astro ").unwrap_or(&line);
            let line = format!("corrected: astro-tokens {line}{}", words.concat());
            if !hides_secret(&line) {
                world.note(line).await;
            }
        }
        return Err(exit);
    }
    // Without a command there was an error.
    let command = command.ok_or(Exit::INVALID)?;
    let format = match command.clean_output {
        _ if options.has("--json") => Format::Json,
        Some(true) => Format::Clean,
        _ => Format::Text,
    };
    Ok(Typed { command, is_finish: finish.is_some(), format })
}

/// The sandbox that is asked for, from its file where there is one.
async fn sandbox(world: &World, options: &Options) -> Ended<Option<Sandbox>> {
    if !options.has("--sandbox") {
        return Ok(None);
    }
    match options.value("--sandbox") {
        Some(path) => world.stored_sandbox(path).await.map(Some),
        None => Ok(Some(Sandbox::new())),
    }
}

impl World {
    /// The sandbox that a file holds, or a new one.
    pub(super) async fn stored_sandbox(&self, path: &str) -> Ended<Sandbox> {
        let Some(text) = self.read_file(path).await? else { return Ok(Sandbox::new()) };
        match Sandbox::from_json(&text) {
            Ok(sandbox) => Ok(sandbox),
            Err(error) => {
                self.complain(format!("the file {} is {error}", shown(path))).await;
                Err(Exit::INVALID)
            }
        }
    }
}

async fn begin(
    world: &World,
    options: &mut Options,
    command: &Command,
    is_finish: bool,
    settings: &Settings,
) -> Ended<Conversation<Outcome>> {
    let (session, seed) = (&settings.session, world.host.seed);
    let (keep_old, leftover_after) = (options.seconds("--keep-old"), options.seconds("--leftover-after"));
    let begun = if is_finish {
        let entity_id = command.entity_id(session.api());
        let of = |scope| entity_id.filter(|_| command.scope == scope);
        let fields = [
            ("token_id", command.token_id.as_deref().into()),
            ("token_name", command.token_name.as_deref().into()),
            ("workspace_id", of(crate::Scope::Workspace).into()),
            ("deployment_id", of(crate::Scope::Deployment).into()),
            ("old_token_id", options.value("--old-token-id").into()),
            ("now", if options.has("--now") { Value::Boolean(true) } else { Value::Absent }),
            ("leftover_after", leftover_after.into()),
        ];
        let fields: Vec<(_, Value<'_>)> = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
        WorkKind::FinishRotation.start(session, Value::Object(fields), seed)
    } else {
        let options = CommandOptions {
            overlap: options.has("--overlap"),
            keep_old,
            leftover_after,
            idempotency_key: options.value("--idempotency-key").map(str::to_owned),
            allow_lockout: options.has("--allow-lockout"),
            remove_orphans: options.has("--remove-orphans"),
        };
        session.start_command(command, options, seed)
    };
    world.valid(begun).await
}

/// Prints what came of it.
async fn finish(wire: &Wire, settings: &Settings, command: &Command, format: Format, talked: Talked<Outcome>) -> Ended {
    let (world, now_ms) = (&wire.world, wire.now_ms());
    let outcome = match talked.outcome {
        Ok(outcome) => outcome,
        Err(error) => return Err(wire.failed(error, format, talked.is_stored).await),
    };
    if let Some(dry_run) = &wire.dry_run
        && !matches!(command.operation, CommandOperation::ListTokens | CommandOperation::ListTokenRoles)
    {
        if dry_run.writes == 0 {
            if let Outcome::Rotation(rotation) = &outcome {
                world.err(print::rotation(rotation, group_name(command.scope))).await;
            }
            world.note("nothing to do, nothing would be written".to_owned()).await;
        }
        return Ok(());
    }
    let is_json = format == Format::Json;
    let text = match &outcome {
        Outcome::Token(token) if command.operation == CommandOperation::ListTokenRoles => match &token.roles {
            Some(roles) if is_json => print::json(roles),
            Some(roles) => print::roles(roles),
            None => {
                world.complain(format!("Astro does not tell the roles of the token {}", shown(&token.id))).await;
                return Err(Exit::ANYTHING_ELSE);
            }
        },
        Outcome::Token(_) if talked.is_stored => return Ok(()),
        Outcome::Token(token) => return wire.hand_over(token, format.created(token, now_ms)).await,
        Outcome::Rotation(rotation) if rotation.old_token_id.is_none() && rotation.token.token.is_some() => {
            return wire.hand_over(&rotation.token, format.rotated(&rotation.token, now_ms)).await;
        }
        Outcome::Rotation(rotation) => {
            let text = print::rotation(rotation, group_name(command.scope));
            // Standard output has the secret already, and a script may want nothing else there.
            if talked.is_stored {
                world.err(text).await;
                return Ok(());
            }
            if is_json { print::json(rotation) } else { text }
        }
        Outcome::Update(update) if is_json => print::json(update),
        Outcome::Update(update) => print::updated(update),
        Outcome::Roles(change) if is_json => print::json(change),
        Outcome::Roles(change) => print::role_changed(change),
        Outcome::Nothing if command.operation == CommandOperation::ListTokens => {
            let api = settings.session.api();
            let entity_id = command.entity_id(api).unwrap_or(api.organization_id());
            let columns = world.host.columns.filter(|_| world.host.stdout_is_terminal);
            match is_json {
                true => print::json(&talked.tokens),
                false => print::tokens(&talked.tokens, command.scope, entity_id, now_ms, columns),
            }
        }
        Outcome::Nothing => {
            let id = wire.deleted.as_deref().or(command.token_id.as_deref()).unwrap_or_default();
            match is_json {
                true => print::json(&serde_json::json!({ "deleted": id })),
                false => format!("deleted the token {}\n", shown(id)),
            }
        }
    };
    world.out(text).await
}
