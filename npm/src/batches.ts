import * as glue from "../wasm/batch_bg.js";
import { checkBoolean, checkFunction, checkObject, checkOptions } from "./checks.js";
import { callFor, callWithText, createPlain, frozen, problemAt, problemLength, run, runFor, type Settings, textAt } from "./core.js";
import { type Problem, valid, ValidationError } from "./errors.js";
import { TokenRequest } from "./request.js";
import type { IssuedToken } from "./token.js";

/** How many entries, and code units or bytes of text, are read before progress is told. */
const entriesAtOnce = 1000;
const textAtOnce = 128 * 1024;
/** As many problems as the text of an error shows. */
const shownProblems = 100;

/** What was found in one entry of a {@link Batch}. Frozen. */
export interface BatchEntry {
  /** The position of the entry: 0 is the first one. Blank lines are no entries. */
  readonly index: number;
  /** Its line, where it was a line of NDJSON: 1 is the first one. Else there is no such property. */
  readonly line?: number;
  /** Everything that was found. Each `field` begins with the place of the entry: `line 3: role`, `[2].role`. Frozen. */
  readonly problems: readonly Problem[];
}

/** How far a batch has come. */
export interface BatchProgress {
  /** How many entries were read. */
  readonly entries: number;
  /** How many of them made no request. */
  readonly failures: number;
}

/** How to read the entries. */
export interface BatchOptions {
  /** Makes the first entry with an error the last one that is looked at. Default: `false`. */
  stopOnError?: boolean | undefined;
  /** Called about every thousand entries, and at the end. What it throws ends the work. */
  onProgress?: ((progress: BatchProgress) => unknown) | undefined;
}

/**
 * Requests that create tokens, and what is wrong with the entries that made none: what `createTokens` returns. Iterating
 * gives the requests, in the order of the entries.
 */
export class Batch implements Iterable<TokenRequest<IssuedToken>> {
  /** How many requests there are. */
  readonly length: number;
  /** How many entries were read, wrong ones too. */
  readonly total: number;
  /** The entries that made no request, in their order. Frozen. */
  readonly failures: readonly BatchEntry[];
  /** The entries that made a request and deserve a look nevertheless, in their order. Frozen. */
  readonly warnings: readonly BatchEntry[];
  readonly #filling: Filling;

  /** @internal */
  constructor(filling: Filling) {
    this.#filling = filling;
    this.length = filling.built;
    this.total = filling.total;
    this.failures = Object.freeze(filling.failures);
    this.warnings = Object.freeze(filling.warnings);
  }

  /** The bodies of the requests as NDJSON: one line of JSON for each, in the order of the entries. */
  get bodies(): string {
    return this.#filling.bodies;
  }

  /** The requests with the positions of their entries. */
  *entries(): Generator<[index: number, request: TokenRequest<IssuedToken>], void, undefined> {
    const { bodies, failures, warnings } = this;
    const [method, url, headers] = runFor(this.#filling.settings, () => {
      const [method, url] = glue.create_target();
      return [method!, url!, Object.freeze(glue.headers() as Record<string, string>)];
    });
    let [index, failed, warned] = [0, 0, 0];
    for (let start = 0; start < bodies.length; index++) {
      for (; failures[failed]?.index === index; index++) failed++;
      const end = bodies.indexOf("\n", start);
      const problems = warnings[warned]?.index === index ? warnings[warned++]!.problems : noProblems;
      yield [index, TokenRequest.of(method, url, headers, bodies.slice(start, end), problems) as TokenRequest<IssuedToken>];
      start = end + 1;
    }
  }

  /** The requests. */
  *[Symbol.iterator](): Generator<TokenRequest<IssuedToken>, void, undefined> {
    for (const [, request] of this.entries()) yield request;
  }

  /**
   * Throws one error with the problems of all entries that made no request, if there are any.
   *
   * @throws {ValidationError} Its message shows the first hundred problems, its `problems` are all of them.
   */
  throwForErrors(): void {
    if (this.failures.length === 0) return;
    const problems = this.failures.flatMap((failure) => failure.problems);
    const message = run(() => glue.batch_message(problems.length, this.#filling.texts));
    throw new ValidationError(message, Object.freeze(problems));
  }
}

const noProblems: readonly Problem[] = Object.freeze([]);

/** A batch on its way. */
class Filling {
  readonly settings: Settings;
  readonly stopOnError: boolean;
  /** The bodies, each with a newline behind it. */
  bodies = "";
  readonly failures: BatchEntry[] = [];
  readonly warnings: BatchEntry[] = [];
  /** What the first problems of the failures look like. */
  readonly texts: string[] = [];
  built = 0;
  total = 0;
  lines = 0;
  #told = -1;

  constructor(settings: Settings, stopOnError: boolean) {
    this.settings = settings;
    this.stopOnError = stopOnError;
  }

  get isStopped(): boolean {
    return this.stopOnError && this.failures.length > 0;
  }

  /** Lines of NDJSON: whole ones, or the last one. */
  pushLines(lines: string | Uint8Array): void {
    const { settings, total, lines: before, stopOnError } = this;
    this.#take(callWithText(settings, lines, (bytes) => glue.create_lines(bytes, total, before, stopOnError)));
  }

  pushObject(entry: unknown): void {
    const body = createPlain(this.settings, entry);
    if (body === undefined) {
      const { lines, total } = this;
      this.#take(valid(callFor(this.settings, entry, (...frame) => glue.create_entry(...frame, total))));
      this.lines = lines;
      return;
    }
    this.bodies += `${body}\n`;
    this.built++;
    this.total++;
  }

  /** Takes over what the core made: see `answer_batch` in `bindings/wasm/src/batch.rs`. */
  #take(answer: Float64Array): void {
    const [address, length, built, total, lines, hasEntries] = answer as unknown as [number, number, number, number, number, number];
    if (length > 0) this.bodies += textAt(address, length);
    this.built += built;
    this.total = total;
    this.lines = lines;
    if (hasEntries === 0) return;
    const [failures, warnings] = run(() => glue.take_entries()) as [unknown[], unknown[]];
    this.#read(failures, this.failures, this.texts);
    this.#read(warnings, this.warnings, []);
  }

  /** Makes objects of the entries in a list of the core: see `listed` there. */
  #read(list: readonly unknown[], entries: BatchEntry[], texts: string[]): void {
    for (let at = 0; at < list.length; ) {
      const [index, line, count] = list.slice(at, (at += 3)) as [number, number | undefined, number];
      const problems: Problem[] = [];
      for (const end = at + count * (problemLength + 1); at < end; at += problemLength + 1) {
        problems.push(problemAt(list, at));
        if (texts.length < shownProblems) texts.push(list[at + problemLength] as string);
      }
      entries.push(Object.freeze({ index, ...(line !== undefined && { line }), problems: frozen(problems) }));
    }
  }

  tell(onProgress: BatchOptions["onProgress"]): void {
    if (onProgress === undefined || this.#told === this.total) return;
    this.#told = this.total;
    onProgress({ entries: this.total, failures: this.failures.length });
  }
}

/** @internal */
export function createTokens(settings: Settings, entries: unknown, options: BatchOptions): Batch {
  checkOptions("the options of a batch", options, ["stopOnError", "onProgress"]);
  const { stopOnError = false, onProgress } = options;
  checkBoolean("`stopOnError`", stopOnError);
  checkFunction("`onProgress`", onProgress);
  const filling = new Filling(settings, stopOnError);
  const pieces = isText(entries) ? stretches(entries) : iterable(entries);
  let count = 0;
  for (const piece of pieces) {
    if (isText(piece)) filling.pushLines(piece);
    else filling.pushObject(piece);
    if (filling.isStopped) break;
    if (isText(entries) || ++count % entriesAtOnce === 0) filling.tell(onProgress);
  }
  filling.tell(onProgress);
  return new Batch(filling);
}

const isText = (value: unknown): value is string | Uint8Array => typeof value === "string" || value instanceof Uint8Array;

function iterable(entries: unknown): Iterable<unknown> {
  checkObject("the entries", entries);
  if (Symbol.iterator in entries) return entries as Iterable<unknown>;
  throw new TypeError("the entries have to be NDJSON or an iterable of objects; `createToken` takes a single one");
}

/** The text in pieces of whole lines, so that the memory of the core stays small however long it is. */
function* stretches(text: string | Uint8Array): Generator<string | Uint8Array, void, undefined> {
  for (let start = 0; start < text.length; ) {
    const near = start + textAtOnce;
    const newline = near >= text.length ? -1 : typeof text === "string" ? text.indexOf("\n", near) : text.indexOf(10, near);
    const end = newline < 0 ? text.length : newline + 1;
    yield typeof text === "string" ? text.slice(start, end) : text.subarray(start, end);
    start = end;
  }
}
