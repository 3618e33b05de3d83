import * as glue from "../wasm/cli_bg.js";
import { AstroTokens as Client, checkStore, type RunOptions, type Store } from "./astro-tokens.js";
import { checkNumber, checkOptions } from "./checks.js";
import { booleans, type Command, type CommandObject, sourceOf } from "./command.js";
import type { Conversation } from "./conversation.js";
import { valid } from "./errors.js";
import { random, Session as WorkSession } from "./session.js";
import type { ApiToken } from "./token.js";
import type { RoleChange, Rotation, TokenUpdate } from "./works.js";

/** What the Astro CLI has no flag for. */
export interface CommandOptions {
  /** Rotates with overlap. */
  overlap?: boolean | undefined;
  /** With `overlap`: for how many seconds the old token stays. */
  keepOld?: number | undefined;
  /** With `overlap`: makes a new successor even where a token looks like one. */
  anew?: boolean | undefined;
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
   * comes from the current Workspace and Deployment of the `Api`. `seed` is for the jitter of its waits.
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
  const { overlap, anew, allowLockout, removeOrphans } = booleans(options, "overlap", "anew", "allowLockout", "removeOrphans");
  const { keepOld } = options;
  checkNumber("seed", seed);
  if (keepOld !== undefined && !Number.isSafeInteger(keepOld)) throw new TypeError("keepOld has to be a whole number of seconds");
  const [input, ...reading] = sourceOf(command);
  return valid(
    WorkSession.begin<CommandOutcome>(session, input, (number, ...frame) =>
      glue.start_command(number, ...frame, ...reading, overlap, keepOld, anew, allowLockout, removeOrphans, seed),
    ),
  );
}

const runNames = ["overlap", "keepOld", "anew", "allowLockout", "removeOrphans", "signal", "store"];

/** An `AstroTokens` that runs commands, too. */
export class AstroTokens extends Client {
  /**
   * Runs any command.
   *
   * ```js
   * await astro.run(parseCommand("astro workspace token list --workspace-id clws"));
   * ```
   *
   * @returns For a list all its tokens; else what comes of the conversation.
   */
  async run(
    command: Command | CommandObject,
    options: CommandOptions & RunOptions & { store?: Store | undefined } = {},
  ): Promise<ApiToken[] | CommandOutcome> {
    checkOptions("the options of a command", options, runNames);
    const { store, signal } = options;
    checkStore(options.overlap, store);
    const talk = Client.talk(this, (session) => startCommand(session, command, options, random()), { signal }, store);
    const tokens: ApiToken[] = [];
    let step = await talk.next();
    for (; !step.done; step = await talk.next()) tokens.push(...step.value.tokens);
    return command.operation === "list_tokens" ? tokens : step.value;
  }
}
