import * as glue from "../wasm/cli_bg.js";
import { AstroTokens as Client } from "./astro-tokens.js";
import { checkNumber, checkOptions, checkText } from "./checks.js";
import { booleans, type Command, type CommandObject, sourceOf } from "./command.js";
import type { Conversation } from "./conversation.js";
import { valid } from "./errors.js";
import { random } from "./random.js";
import { Session as WorkSession } from "./session.js";
import { parted, type RunOptions, type WithStore } from "./store.js";
import type { ApiToken } from "./token.js";
import type { RoleChange, Rotation, TokenUpdate } from "./works.js";

/** What the Astro CLI has no flag for. */
export interface CommandOptions {
  /** Rotates with overlap. */
  overlap?: boolean | undefined;
  /** With `overlap`: for how many seconds the old token stays. */
  keepOld?: number | undefined;
  /** With `overlap`: after how many seconds a token counts as left behind that an earlier run has made. Default: 3600. */
  leftoverAfter?: number | undefined;
  /** Names the piece of work that a create is: see `AstroTokens.createToken`. */
  idempotencyKey?: string | undefined;
  /** Rotates the token that the caller itself authenticates with. */
  allowLockout?: boolean | undefined;
  /** Removes narrower roles, too. */
  removeOrphans?: boolean | undefined;
}

/** What comes of the conversation of a command. */
export type CommandOutcome = ApiToken | TokenUpdate | RoleChange | Rotation | undefined;

/** A `Session` that begins the conversations of commands, too. */
export class Session extends WorkSession {
  /**
   * Begins the conversation of any command. The group decides what a token has to belong to: a command on the tokens of a
   * Workspace never touches one of another Workspace, whatever its id. What the command does not say about where it works
   * comes from the current Workspace and Deployment of the `Api`. `seed` is that of {@link WorkSession.start}.
   *
   * @throws {ValidationError} with everything that can be judged before anything is read.
   */
  startCommand(
    command: Command | CommandObject,
    options: CommandOptions = {},
    seed: number = random(),
  ): Conversation<CommandOutcome> {
    return startCommand(this, command, options, seed);
  }
}

function startCommand(
  session: WorkSession,
  command: Command | CommandObject,
  options: CommandOptions,
  seed: number,
): Conversation<CommandOutcome> {
  const { overlap, allowLockout, removeOrphans } = booleans(options, "overlap", "allowLockout", "removeOrphans");
  const { keepOld, leftoverAfter, idempotencyKey } = options;
  checkNumber("seed", seed);
  for (const [name, seconds] of Object.entries({ keepOld, leftoverAfter })) {
    if (seconds !== undefined && !Number.isSafeInteger(seconds)) throw new TypeError(`${name} has to be a whole number of seconds`);
  }
  if (idempotencyKey !== undefined) checkText("idempotencyKey", idempotencyKey);
  // It would lose what UTF-8 cannot hold on its way, and be the key of somebody else.
  if (/\p{Surrogate}/u.test(idempotencyKey ?? "")) throw new TypeError("idempotencyKey has half of a character in it");
  const [input, ...reading] = sourceOf(command);
  return valid(
    WorkSession.begin<CommandOutcome>(session, input, (number, ...frame) =>
      glue.start_command(
        number,
        ...frame,
        ...reading,
        overlap,
        keepOld,
        leftoverAfter,
        idempotencyKey,
        allowLockout,
        removeOrphans,
        seed,
      ),
    ),
  );
}

const runNames = ["overlap", "keepOld", "leftoverAfter", "idempotencyKey", "allowLockout", "removeOrphans", "signal", "store"];

/** An `AstroTokens` that runs commands, too. */
export class AstroTokens extends Client {
  /**
   * Runs any command.
   *
   * ```js
   * await astro.run(parseCommand("astro workspace token list --workspace-id clws"));
   * ```
   *
   * A `store` is for a command that creates a token, or rotates one with `overlap`.
   *
   * @returns For a list all its tokens; else what comes of the conversation.
   */
  async run(
    command: Command | CommandObject,
    options: WithStore<CommandOptions & RunOptions> = {},
  ): Promise<ApiToken[] | CommandOutcome> {
    checkOptions("the options of a command", options, runNames);
    const [{ signal, ...others }, store] = parted<CommandOptions & RunOptions>(options);
    if (store !== undefined && !others.overlap && command.operation !== "create_token") {
      throw new TypeError("`store` is about a command that creates a token, or rotates one with `overlap`");
    }
    const talk = Client.talk(this, (session) => startCommand(session, command, others, random()), { signal }, store);
    const tokens: ApiToken[] = [];
    let step = await talk.next();
    for (; !step.done; step = await talk.next()) tokens.push(...step.value.tokens);
    return command.operation === "list_tokens" ? tokens : step.value;
  }
}
