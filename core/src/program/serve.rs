//! `serve`: the sandbox on a local port, for other programs.

use super::{
    Ended, Exit,
    options::{Options, SERVE},
    world::World,
};
use crate::{Code, Sandbox, text::shown};

pub(super) async fn run(world: &World, mut options: Options) -> Ended {
    let port = options.port();
    if let Some(word) = options.words.get(1).cloned() {
        options.problem(
            Code::UnexpectedArgument,
            "serve",
            format!("{} is not expected here", shown(&word)),
            "write `astro-tokens serve --port 8888 --state sandbox.json`",
        );
    }
    world.judge(&options.problems(SERVE)).await?;
    let state = options.value("--state").map(str::to_owned);
    let sandbox = match &state {
        Some(path) => world.stored_sandbox(path).await?,
        None => Sandbox::new(),
    };
    let port = world.listen(port.ok_or(Exit::INVALID)?).await?;
    let owner = Sandbox::owner_secret();
    // A shell can read what is on standard output: `. ./file`, or `eval`.
    world.out(format!("export ASTRO_API_TOKEN={}\n", owner.expose())).await?;
    world
        .note(format!(
            "a sandbox of Astro answers on http://127.0.0.1:{port} until it is interrupted, to the token of its owner above\n\
             try: astro-tokens organization token list --base-url http://127.0.0.1:{port}"
        ))
        .await;
    world.serve(sandbox, state.clone()).await?;
    let last = world.served().as_ref().map(Sandbox::to_json);
    match (state, last) {
        (Some(path), Some(text)) => world.write_file(&path, text).await,
        _ => Ok(()),
    }
}
