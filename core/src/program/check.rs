//! `check`: everything about a command line, offline.

use super::{
    Ended, Exit,
    options::{CHECK, Options},
    print,
    world::World,
};
use crate::{Code, CommandParser, Source, Units};

pub(super) async fn run(world: &World, mut options: Options) -> Ended {
    let mut words = options.words.clone();
    words.remove(0);
    if words.first().is_some_and(|word| word == "--") {
        words.remove(0);
    }
    if words.is_empty() {
        options.problem(
            Code::Required,
            "<line>",
            "a command line is required".to_owned(),
            "write it in single quotes: `astro-tokens check 'astro organization token list'`",
        );
    }
    world.judge(&options.problems(CHECK)).await?;

    let parser = CommandParser::default()
        .strict(options.has("--strict"))
        .allow_unknown_roles(options.has("--allow-unknown-roles"));
    // One argument is a line with its quotes, several are what a shell has made of one.
    let source = match words.as_slice() {
        [line] => Source::from(line),
        words => Source::from(words),
    };
    // Code points, which most languages count in.
    let checked = parser.units(Units::CodePoints).parse(source.clone());
    let is_valid = checked.is_ok();
    let text = if options.has("--json") {
        let problems = match checked {
            Ok(command) => command.warnings().to_vec(),
            Err(error) => error.problems,
        };
        print::json(&problems)
    } else {
        match parser.explain(source, world.host.stdout_is_terminal && world.host.has_color()) {
            nothing if nothing.is_empty() => "no problems\n".to_owned(),
            text => text,
        }
    };
    world.out(text).await?;
    if is_valid { Ok(()) } else { Err(Exit::INVALID) }
}
