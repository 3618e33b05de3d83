/** The WebAssembly core: loads it at its first use and crosses into it. `bindings/wasm/src/lib.rs` is the other side. */

import * as glue from "../wasm/core_bg.js";
import wasm from "../wasm/core_bg.wasm";
import { AstroTokensError, type Problem, ValidationError } from "./errors.js";
import { dropBrokenText, type Frame, pack } from "./frame.js";
import { TokenRequest } from "./request.js";
import type { ApiVersion } from "./vocabulary.js";

export { Operation } from "../wasm/core_bg.js";

/** What an `Api` was made with, with what its options left out. */
export interface Settings {
  readonly organizationId: string;
  readonly apiVersion: ApiVersion;
  readonly baseUrl: string;
  readonly strict: boolean;
  readonly allowUnknownRoles: boolean;
}

/** Where the numbers of an answer are; see `Boundary::answer`. */
const Answer = { address: 0, length: 1, url: 2, body: 3, hasBody: 4, headers: 5, problems: 6 } as const;

/** Room for nearly every input; a longer one makes more. */
const usualNumbers = 64;
const usualBytes = 4096;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One instance of the WebAssembly module. */
class Core {
  readonly #memory: WebAssembly.Memory;
  #numbers = new Float64Array();
  #text = new Uint8Array();
  /** The settings that the module holds: one `Api` at a time, so that none of them has to be freed. */
  #settings: Settings | undefined;
  /** Headers by the address of the constant that the core keeps them in. */
  readonly #headers = new Map<number, Readonly<Record<string, string>>>();

  constructor(module: WebAssembly.Module) {
    const imports = glue as unknown as WebAssembly.ModuleImports;
    const { exports } = new WebAssembly.Instance(module, { "./core_bg.js": imports });
    glue.__wbg_set_wasm(exports);
    (exports["__wbindgen_start"] as () => void)();
    this.#memory = exports["memory"] as WebAssembly.Memory;
    this.#reserve(usualNumbers, usualBytes);
  }

  /** Makes views on old memory useless, so that the glue, which keeps one, looks for the new memory. */
  abandon(): void {
    this.#memory.grow(0);
  }

  open(options: Frame): Settings | ValidationError {
    this.#settings = undefined;
    const bytes = this.#write(options);
    if (!glue.open_api(options.numbers.length, bytes, options.text.length)) return error();
    return (this.#settings = glue.settings() as Settings);
  }

  build(settings: Settings, operation: glue.Operation, input: Frame): TokenRequest | ValidationError {
    if (this.#settings !== settings) {
      this.open(pack(settings));
      this.#settings = settings;
    }
    const bytes = this.#write(input);
    if (!glue.build(operation, input.numbers.length, bytes, input.text.length)) return error();
    if (this.#numbers.length === 0) this.#look();
    const numbers = this.#numbers;
    const text = decoder.decode(
      new Uint8Array(this.#memory.buffer, numbers[Answer.address], numbers[Answer.length]),
    );
    // All before the body is ASCII, so bytes and code units are the same there.
    const url = numbers[Answer.url]!;
    const body = numbers[Answer.body]!;
    return TokenRequest.of(
      text.slice(0, url),
      text.slice(url, body),
      this.#headersAt(numbers[Answer.headers]!),
      numbers[Answer.hasBody] === 0 ? undefined : text.slice(body),
      numbers[Answer.problems] === 0 ? noProblems : problems(),
    );
  }

  #headersAt(address: number): Readonly<Record<string, string>> {
    let headers = this.#headers.get(address);
    if (headers === undefined) {
      headers = Object.freeze(glue.headers() as Record<string, string>);
      this.#headers.set(address, headers);
    }
    return headers;
  }

  /** Writes the frame into memory, without what UTF-8 cannot hold, and returns how many bytes its text takes. */
  #write(frame: Frame): number {
    const { numbers, text } = frame;
    // Views on memory that has grown since have the length 0.
    if (numbers.length > this.#numbers.length || text.length > this.#text.length) {
      this.#reserve(numbers.length, text.length);
    }
    let { read, written } = encoder.encodeInto(text, this.#text);
    // ASCII has a byte for each code unit; anything else gets a closer look and up to three bytes for each.
    if (read !== text.length || written !== text.length) {
      dropBrokenText(frame);
      this.#reserve(numbers.length, 3 * text.length);
      ({ written } = encoder.encodeInto(frame.text, this.#text));
    }
    const view = this.#numbers;
    for (let at = 0; at < numbers.length; at++) view[at] = numbers[at]!;
    return written;
  }

  #reserve(numbers: number, bytes: number): void {
    glue.reserve(numbers, bytes);
    this.#look();
  }

  #look(): void {
    const { buffer } = this.#memory;
    this.#numbers = new Float64Array(buffer, glue.numbers_address(), glue.numbers_length());
    this.#text = new Uint8Array(buffer, glue.text_address(), glue.text_length());
  }
}

function error(): ValidationError {
  return new ValidationError(glue.take_message(), problems());
}

const noProblems: readonly Problem[] = Object.freeze([]);

function problems(): readonly Problem[] {
  const found = glue.take_problems() as Omit<Problem, "span">[];
  return Object.freeze(found.map((problem) => Object.freeze({ ...problem, span: null })));
}

let module: WebAssembly.Module | undefined;
let core: Core | undefined;

/**
 * Works with the core. It never throws by itself; should it ever be stopped halfway (by a lack of memory, say), the next
 * use starts with a new one.
 */
function cross<T>(work: (core: Core) => T): T {
  try {
    module ??= new WebAssembly.Module(wasm);
    core ??= new Core(module);
    return work(core);
  } catch (cause) {
    core?.abandon();
    core = undefined;
    throw new AstroTokensError("the WebAssembly core of astro-tokens stopped; nothing was sent", { cause });
  }
}

/** The settings of an `Api` with these options, or everything that is wrong with them. */
export function open(options: unknown): Settings | ValidationError {
  const frame = pack(options);
  return cross((core) => core.open(frame));
}

/** The request, or everything that is wrong with the input. */
export function build(settings: Settings, operation: glue.Operation, input: unknown): TokenRequest | ValidationError {
  // Packing runs code of the caller, which may use the core; so it is over before the core's buffers are touched.
  const frame = pack(input);
  return cross((core) => core.build(settings, operation, frame));
}

/** The request as a `curl` command. */
export function asCurl({ method, url, body }: TokenRequest): string | undefined {
  return cross(() => glue.as_curl(method, url, body));
}
