/** The command line that users know: `astro organization token create --name CI …`, read, explained and written. */

import * as glue from "../wasm/cli_bg.js";
import { buildBy, call, problems, type Settings } from "./core.js";
import { type Problem, valid, type ValidationError } from "./errors.js";
import { isTokenRequest, type TokenRequest } from "./request.js";
import type { CommandOperation, Scope, Shell } from "./vocabulary.js";

/** A command on tokens as data. What was not given is absent. */
export interface CommandObject {
  /** What it does. */
  operation: CommandOperation;
  /** The group of the command: where it works. */
  scope: Scope;
  /** Whose token gets, changes or loses a role here, in the groups `organization-token` and `workspace-token`. */
  tokenScope?: Scope;
  /** `--organization-id` */
  organizationId?: string;
  /** `--workspace-id`; beside a Deployment it is context and never sent. */
  workspaceId?: string;
  /** `--deployment-id` */
  deploymentId?: string;
  /** The id of an existing token: the argument of the command. */
  tokenId?: string;
  /** The name that finds an existing token. */
  tokenName?: string;
  /** The name of a token to create. */
  name?: string;
  /** The name that an existing token shall have. */
  newName?: string;
  /** `--description`; `""` clears it. */
  description?: string;
  /** `--role` */
  role?: string;
  /** `--expiration`, in days. */
  expirationDays?: number;
  /** `--clean-output`: print the secret alone. */
  cleanOutput?: boolean;
  /** `--force`: do not ask before. */
  force?: boolean;
}

/** How strict to read a command. */
export interface ParseOptions {
  /** Makes every warning an error. Default: `false`. */
  strict?: boolean | undefined;
  /** Lets Organization and Workspace roles through that this release does not know. Default: `false`. */
  allowUnknownRoles?: boolean | undefined;
}

/** How to explain a command. */
export interface ExplainOptions extends ParseOptions {
  /** Colours for a terminal (ANSI escape sequences). Default: `false`. */
  color?: boolean | undefined;
}

/**
 * The options of these names, which have to be booleans: a truthy string would be taken for the opposite of `"false"`.
 *
 * @internal
 */
export function booleans<K extends string>(options: { readonly [_ in K]?: boolean | undefined } | null, ...names: K[]): Record<K, boolean> {
  const given = {} as Record<K, boolean>;
  for (const name of names) {
    const value: unknown = options?.[name] ?? false;
    if (typeof value !== "boolean") throw new TypeError(`the option ${name} has to be a boolean, not ${typeof value}`);
    given[name] = value;
  }
  return given;
}

/** What a command was read from: it is read again for its request, so that its warnings go along. */
interface Origin {
  readonly source: string | readonly string[];
  readonly allowUnknownRoles: boolean;
}

/**
 * A command on tokens: the fields of a {@link CommandObject} and what was worth a look when it was read. Frozen.
 *
 * It comes from {@link parseCommand} or {@link Command.fromObject}.
 */
export class Command {
  readonly operation!: CommandOperation;
  readonly scope!: Scope;
  readonly tokenScope?: Scope;
  readonly organizationId?: string;
  readonly workspaceId?: string;
  readonly deploymentId?: string;
  readonly tokenId?: string;
  readonly tokenName?: string;
  readonly name?: string;
  readonly newName?: string;
  readonly description?: string;
  readonly role?: string;
  readonly expirationDays?: number;
  readonly cleanOutput?: boolean;
  readonly force?: boolean;
  readonly #warnings: readonly Problem[];
  readonly #origin: Origin | undefined;

  private constructor(fields: CommandObject, warnings: readonly Problem[], origin: Origin | undefined) {
    Object.assign(this, fields);
    this.#warnings = warnings;
    this.#origin = origin;
    Object.freeze(this);
  }

  /** @internal */
  static of(fields: CommandObject, origin?: Origin): Command {
    return new this(fields, problems(), origin);
  }

  /** @internal */
  static origin(command: unknown): Origin | undefined {
    return command instanceof Command ? command.#origin : undefined;
  }

  /**
   * A command from its fields. Types and enumerations are checked, the values as such are not.
   *
   * @throws {ValidationError} with every problem, unknown fields among them.
   */
  static fromObject(fields: CommandObject): Command {
    return Command.of(valid(call<CommandObject>(fields, glue.read_command)));
  }

  /** The fields that were given, as a new plain object. */
  toObject(): CommandObject {
    return { ...this };
  }

  /** What was worth a look when the command was read. No part of its identity: not enumerable. Frozen. */
  get warnings(): readonly Problem[] {
    return this.#warnings;
  }
}

/**
 * Reads a command as users write it: a line with the quotes of a POSIX shell, or a list of arguments; `astro` may be left
 * out. Nothing is ever expanded.
 *
 * ```js
 * const command = parseCommand("astro organization token rotate --name 'My token'");
 * command.tokenName; // "My token"
 * ```
 *
 * @throws {ValidationError} with everything that can be known from the command alone; each problem's `span` says where.
 */
export function parseCommand(source: string | readonly string[], options: ParseOptions = {}): Command {
  const { strict, allowUnknownRoles } = booleans(options, "strict", "allowUnknownRoles");
  const kept = Array.isArray(source) ? Object.freeze([...source]) : source;
  const read = call<CommandObject>(kept, (...frame) => glue.parse_command(...frame, strict, allowUnknownRoles));
  return Command.of(valid(read), { source: kept, allowUnknownRoles });
}

/**
 * Everything about a command in words: each problem with the line, carets below the place, and help; at last the
 * corrected command. Empty where there is nothing to say.
 *
 * @throws {ValidationError} where the source is neither a string nor a list of strings, or not Unicode.
 */
export function explainCommand(source: string | readonly string[], options: ExplainOptions = {}): string {
  const { strict, allowUnknownRoles, color } = booleans(options, "strict", "allowUnknownRoles", "color");
  return valid(call(source, (...frame) => glue.explain_command(...frame, strict, allowUnknownRoles, color)));
}

/**
 * The command as it was meant, for a POSIX shell: where every mistake in it has a mend that is plain to see. `undefined`
 * where there is nothing to mend, or where only its author knows how.
 *
 * @throws {ValidationError} where the source is neither a string nor a list of strings, or not Unicode.
 */
export function correctCommand(source: string | readonly string[], options: ParseOptions = {}): string | undefined {
  const { allowUnknownRoles } = booleans(options, "allowUnknownRoles");
  return valid(call(source, (...frame) => glue.correct_command(...frame, allowUnknownRoles))) || undefined;
}

/**
 * Writes a command, or the command that makes a given request to create a token, quoted for a shell. For `posix` it reads
 * back as the same command.
 *
 * @throws {ValidationError} where the shell cannot carry a value (`unquotable_value`), there is no such command
 * (`conflicting_arguments`) or it has no flag for a field (`unknown_flag`), or the request is another one
 * (`unknown_command`).
 */
export function formatCommand(command: Command | CommandObject | TokenRequest, shell: Shell = "posix"): string {
  const fields = isTokenRequest(command) ? commandOf(command) : command;
  return valid(call([fields, shell], glue.format_command));
}

function commandOf({ method, url, body }: TokenRequest): CommandObject {
  return valid(call<CommandObject>(undefined, () => glue.command_of_request(method, url, body)));
}

/**
 * The one request of a command, or everything that is wrong.
 *
 * @internal
 */
export function buildCommand(settings: Settings, command: Command | CommandObject): TokenRequest | ValidationError {
  const [input, ...reading] = sourceOf(command);
  return buildBy(settings, input, (...frame) => glue.build_command(...frame, ...reading));
}

/**
 * What a command is for the core: what it was read from, or its fields; whether it is the former, and how that is read.
 *
 * @internal
 */
export function sourceOf(command: Command | CommandObject): [input: unknown, hasSource: boolean, allowUnknownRoles: boolean] {
  const origin = Command.origin(command);
  return [origin?.source ?? command, origin !== undefined, origin?.allowUnknownRoles ?? false];
}
