//! Which of its commands the program is asked for.

use super::{Ended, Exit, check, commands, help, inspect, options::Options, serve, world::World};

/// Runs to the end; the exit code.
pub(super) async fn run(world: World) -> u8 {
    match begin(&world).await {
        Ok(()) => 0,
        Err(Exit(code)) => code,
    }
}

async fn begin(world: &World) -> Ended {
    let options = Options::read(&world.host.args);
    if options.has("--version") {
        return world.out(format!("astro-tokens {}\n", world.host.version)).await;
    }
    let words: Vec<String> = options.plain().map(str::to_owned).collect();
    let first = words.first().map_or("", String::as_str);
    if options.has("--help") || first == "help" || options.words.is_empty() && options.taken.is_empty() {
        let path: Vec<&str> = words.iter().map(String::as_str).skip(usize::from(first == "help")).collect();
        return world.out(help::text(&path)).await;
    }
    match first {
        "check" => check::run(world, options).await,
        "inspect" => inspect::run(world, options).await,
        "serve" => serve::run(world, options).await,
        _ => commands::run(world, options).await,
    }
}
