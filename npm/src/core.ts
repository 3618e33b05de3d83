/** The WebAssembly core: loads it at its first use and crosses into it. `bindings/wasm/src/lib.rs` is the other side. */

import * as glue from "../wasm/core_bg.js";
import { AstroTokensError, type Problem, ValidationError } from "./errors.js";
import { dropBrokenText, type Frame, pack } from "./frame.js";
import { compiled } from "./module.js";
import { lookPlain, noPlain, type Plain, plainBody, plainToken } from "./plain.js";
import { TokenRequest } from "./request.js";
import type { Answer, IssuedToken } from "./token.js";
import type { ApiVersion } from "./vocabulary.js";

export { Operation } from "../wasm/core_bg.js";

/** What an `Api` was made with, with what its options left out. */
export interface Settings {
  readonly organizationId: string;
  readonly apiVersion: ApiVersion;
  readonly baseUrl: string;
  readonly strict: boolean;
  readonly allowUnknownRoles: boolean;
  readonly workspaceId?: string;
  readonly deploymentId?: string;
}

/** Where the numbers of an answer are; see `Boundary::answer`. */
const Answer = { address: 0, length: 1, url: 2, body: 3, hasBody: 4, headers: 5, problems: 6 } as const;

/** Room for nearly every input; a longer one makes more. */
const usualNumbers = 64;
const usualBytes = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One instance of the WebAssembly module. */
interface Core {
  readonly memory: WebAssembly.Memory;
  /** Where frames go, and where answers come from. */
  numbers: Float64Array;
  text: Uint8Array;
  /** The settings that the module holds: one `Api` at a time, so that none of them has to be freed. */
  settings: Settings | undefined;
  /** Headers by the address of the constant that the core keeps them in. */
  readonly headers: Map<number, Readonly<Record<string, string>>>;
  plain: Plain;
  /** The last request of its settings that created a token: all of them differ in their bodies alone. */
  created: TokenRequest | undefined;
}

let current: Core | undefined;

function load(): Core {
  const imports = glue as unknown as WebAssembly.ModuleImports;
  const { exports } = new WebAssembly.Instance(compiled(), { "./core_bg.js": imports });
  glue.__wbg_set_wasm(exports);
  (exports["__wbindgen_start"] as () => void)();
  const core: Core = {
    memory: exports["memory"] as WebAssembly.Memory,
    numbers: new Float64Array(),
    text: new Uint8Array(),
    settings: undefined,
    headers: new Map(),
    plain: noPlain,
    created: undefined,
  };
  reserve(core, usualNumbers, usualBytes);
  return core;
}

/**
 * The core does not throw. Should it be stopped halfway nevertheless, by a lack of memory, the next use starts with a new
 * one. An argument that cannot be converted is refused on the way in, and the core goes on.
 */
function stopped(cause: unknown, outcome = "nothing was sent"): Error {
  if (cause instanceof TypeError) return cause;
  // The glue keeps a view on the memory until that has no length any more, which growing by nothing is enough for.
  current?.memory.grow(0);
  current = undefined;
  // Nothing stopped that never began.
  if (cause instanceof AstroTokensError) return cause;
  return new AstroTokensError(`the WebAssembly core stopped, ${outcome}`, { cause });
}

/** The settings of an `Api` with these options, or everything that is wrong with them. */
export function open(options: unknown): Settings | ValidationError {
  const frame = pack(options);
  try {
    return openWith((current ??= load()), frame);
  } catch (cause) {
    throw stopped(cause);
  }
}

/** The request of an operation, or everything that is wrong with the input. */
export function build<A extends Answer>(
  settings: Settings,
  operation: glue.Operation,
  input: unknown,
): TokenRequest<A> | ValidationError {
  return buildBy(settings, input, (...frame) => glue.build(operation, ...frame)) as TokenRequest<A> | ValidationError;
}

/** The request that creates a token, or everything that is wrong with the input: the short way where it can be gone. */
export function create(settings: Settings, input: unknown): TokenRequest<IssuedToken> | ValidationError {
  // As in `buildBy`: reading the input may run code of the caller.
  const token = plainToken(input);
  const core = current;
  if (token !== undefined && core?.created !== undefined && core.settings === settings) {
    const { method, url, headers } = core.created;
    const body = run(() => plainBody(core.plain, token));
    if (body !== undefined) return TokenRequest.of(method, url, headers, body, noProblems) as TokenRequest<IssuedToken>;
  }
  const request = build<IssuedToken>(settings, glue.Operation.CreateToken, input);
  if (current !== undefined && request instanceof TokenRequest) current.created = request;
  return request;
}

/** The body that creates a token, the short way; nothing where that cannot be gone. */
export function createPlain(settings: Settings, input: unknown): string | undefined {
  const token = plainToken(input);
  return token && runFor(settings, () => plainBody(current!.plain, token));
}

/** The one request that `run` builds of the input for the `Api` with these settings, or everything that is wrong. */
export function buildBy(settings: Settings, input: unknown, run: Run<boolean>): TokenRequest | ValidationError {
  // Packing runs code of the caller, which may use the core; so it is over before the core's buffers are touched.
  const frame = pack(input);
  try {
    return buildWith((current ??= load()), settings, frame, run);
  } catch (cause) {
    throw stopped(cause);
  }
}

/** A function of the core that takes a frame: how many numbers, bytes of text and code units of text it has. */
export type Run<T> = (numbers: number, bytes: number, units: number) => T;

/** What `run` makes of the input; where that is nothing, everything that is wrong with it. */
export function call<T>(input: unknown, run: Run<T | undefined>): T | ValidationError {
  const frame = pack(input);
  try {
    const bytes = write((current ??= load()), frame);
    return run(frame.numbers.length, bytes, frame.text.length) ?? error();
  } catch (cause) {
    throw stopped(cause);
  }
}

/** What `work` makes with functions of the core that take no frame; `outcome` says what stands should the core stop. */
export function run<T>(work: () => T, outcome?: string): T {
  try {
    current ??= load();
    return work();
  } catch (cause) {
    throw stopped(cause, outcome);
  }
}

/** The same for the `Api` with these settings. */
export function callFor<T>(settings: Settings, input: unknown, run: Run<T | undefined>): T | ValidationError {
  const frame = pack(input);
  try {
    const core = (current ??= load());
    use(core, settings);
    const bytes = write(core, frame);
    return run(frame.numbers.length, bytes, frame.text.length) ?? error();
  } catch (cause) {
    throw stopped(cause);
  }
}

/** The same without a frame. */
export function runFor<T>(settings: Settings, work: () => T): T {
  return run(() => {
    use(current!, settings);
    return work();
  });
}

/** What `run` makes of text of the core's own, in UTF-8, for the `Api` with these settings. Nothing of it is packed. */
export function callWithText<T>(settings: Settings, text: string | Uint8Array, run: (bytes: number) => T): T {
  try {
    const core = (current ??= load());
    use(core, settings);
    return run(writeText(core, text));
  } catch (cause) {
    throw stopped(cause);
  }
}

/** Text that the core left in its memory. */
export function textAt(address: number, length: number): string {
  return decoder.decode(new Uint8Array(current!.memory.buffer, address, length));
}

/** What `work` makes without a frame; where that is nothing, everything that is wrong. */
export function attempt<T>(work: () => T | undefined): T | ValidationError {
  return run(() => work() ?? error());
}

/** The instance that works now: with another one, all that lives in this one is lost. */
export function instance(): object {
  return run(() => current!);
}

/** The request as a `curl` command; nothing where the API does not have its method. */
export function asCurl({ method, url, body }: TokenRequest): string | undefined {
  return run(() => glue.as_curl(method, url, body));
}

function openWith(core: Core, options: Frame): Settings | ValidationError {
  core.settings = core.created = undefined;
  const bytes = write(core, options);
  if (!glue.open_api(options.numbers.length, bytes, options.text.length)) return error();
  const [organizationId, apiVersion, baseUrl, strict, allowUnknownRoles, workspaceId, deploymentId] = glue.settings();
  const settings: Settings = { organizationId, apiVersion, baseUrl, strict, allowUnknownRoles };
  return (core.settings = {
    ...settings,
    ...(workspaceId !== undefined && { workspaceId }),
    ...(deploymentId !== undefined && { deploymentId }),
  });
}

/** Makes the `Api` with these settings the one of the next call. */
function use(core: Core, settings: Settings): void {
  if (core.settings === settings) return;
  openWith(core, pack(settings));
  core.settings = settings;
}

function buildWith(core: Core, settings: Settings, input: Frame, run: Run<boolean>): TokenRequest | ValidationError {
  use(core, settings);
  const bytes = write(core, input);
  if (!run(input.numbers.length, bytes, input.text.length)) return error();
  if (core.numbers.length === 0) look(core);
  const { numbers } = core;
  const text = decoder.decode(new Uint8Array(core.memory.buffer, numbers[Answer.address], numbers[Answer.length]));
  // All before the body is ASCII, so bytes and code units are the same there.
  const url = numbers[Answer.url]!;
  const body = numbers[Answer.body]!;
  return TokenRequest.of(
    text.slice(0, url),
    text.slice(url, body),
    headersAt(core, numbers[Answer.headers]!),
    numbers[Answer.hasBody] === 0 ? undefined : text.slice(body),
    numbers[Answer.problems] === 0 ? noProblems : problems(),
  );
}

function headersAt(core: Core, address: number): Readonly<Record<string, string>> {
  let headers = core.headers.get(address);
  if (headers === undefined) {
    headers = Object.freeze(glue.headers() as Record<string, string>);
    core.headers.set(address, headers);
  }
  return headers;
}

const noProblems: readonly Problem[] = Object.freeze([]);

/** The problems of the last call, or the warnings beside what it made. */
export function problems(): readonly Problem[] {
  const list = glue.take_problems();
  const found: Problem[] = [];
  for (let at = 0; at < list.length; at += problemLength) found.push(problemAt(list, at));
  return frozen(found);
}

/** How many values there are of a problem in a list of the core. */
export const problemLength = 8;

/** The problem whose values begin there. */
export function problemAt(list: readonly any[], at: number): Problem {
  const [code, severity, field = null, message, help = null, start, end, argument] = list.slice(at, at + problemLength);
  const span = start === undefined ? null : { ...(argument !== undefined && { argument }), start, end };
  return { code, severity, field, message, help, span };
}

/** Problems as the core made them, for good. */
export function frozen(found: Problem[]): readonly Problem[] {
  for (const problem of found) {
    Object.freeze(problem.span);
    Object.freeze(problem);
  }
  return Object.freeze(found);
}

function error(): ValidationError {
  return new ValidationError(glue.take_message(), problems());
}

/** Writes the frame into memory, without what UTF-8 cannot hold, and returns how many bytes its text takes. */
function write(core: Core, frame: Frame): number {
  const { numbers, text } = frame;
  // Views on memory that has grown since have the length 0.
  if (numbers.length > core.numbers.length || text.length > core.text.length) {
    reserve(core, numbers.length, text.length);
  }
  let { read, written } = encoder.encodeInto(text, core.text);
  // ASCII has a byte for each code unit; anything else gets a closer look and up to three bytes for each.
  if (read !== text.length || written !== text.length) {
    dropBrokenText(frame);
    reserve(core, numbers.length, 3 * text.length);
    ({ written } = encoder.encodeInto(frame.text, core.text));
  }
  const view = core.numbers;
  for (let at = 0; at < numbers.length; at++) view[at] = numbers[at]!;
  return written;
}

/** Writes text into memory and returns how many bytes it takes. A lone surrogate is written as JSON writes one. */
function writeText(core: Core, text: string | Uint8Array): number {
  if (core.text.length < text.length) reserve(core, 0, text.length);
  if (typeof text !== "string") {
    core.text.set(text);
    return text.length;
  }
  let { read, written } = encoder.encodeInto(text, core.text);
  if (read !== text.length || written !== text.length) {
    const whole = text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);
    reserve(core, 0, 3 * whole.length);
    ({ read, written } = encoder.encodeInto(whole, core.text));
  }
  return written;
}

function reserve(core: Core, numbers: number, bytes: number): void {
  glue.reserve(numbers, bytes);
  look(core);
}

function look(core: Core): void {
  const { buffer } = core.memory;
  core.numbers = new Float64Array(buffer, glue.numbers_address(), glue.numbers_length());
  core.text = new Uint8Array(buffer, glue.text_address(), glue.text_length());
  core.plain = lookPlain(buffer);
}
