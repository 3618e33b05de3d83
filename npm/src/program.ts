/**
 * The host of the command `astro-tokens` in Node: lends the core the network, the clock, the terminal and files. All that
 * the command does and says is in the core.
 */

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import * as glue from "../wasm/program_bg.js";
import wasm from "../wasm/program_bg.wasm";
import { bytesOf } from "./base64.js";
import { random } from "./random.js";

declare const VERSION: string;

/** How long a request may take. */
const timeoutMs = 30_000;
/** After how long another Ctrl-C ends a program that did not heed the first one. */
const stuckMs = 1000;
/** No body for the local server is longer. */
const largestBody = 1_000_000;
/** Failures before anything was sent. */
const notSent = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  // A port that `fetch` never uses, said in place of a code.
  "bad port",
]);

/** What a step asks for, see `ProgramStep` in the core. */
type Step =
  | ["request", method: string, url: string, headers: string[], body: Uint8Array | undefined, credential: string]
  | ["wait", milliseconds: number]
  | ["out" | "err" | "confirm" | "readFile", text: string]
  | ["readInput"]
  | ["writeFile", path: string, text: string]
  | ["listen", port: number]
  | ["serve", state: string | undefined]
  | ["exit", code: number];

/** What came of it. */
type Event =
  | [name: string, text?: string | undefined, number?: number]
  | { readonly status: number; readonly headers: string[]; readonly body: Uint8Array };

/** Where the command runs, in so far as a test may want it to run elsewhere. */
export interface World {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output or error. */
  write(descriptor: 1 | 2, text: string): void;
  now(): number;
}

let isLoaded = false;

function load(): void {
  if (isLoaded) return;
  const imports = glue as unknown as WebAssembly.ModuleImports;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(wasm)), { "./core_bg.js": imports });
  glue.__wbg_set_wasm(exports);
  (exports["__wbindgen_start"] as () => void)();
  isLoaded = true;
}

/** Runs the command to its end; the exit code. */
export async function run(world: World): Promise<number> {
  load();
  const env = Object.entries(world.env).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  const { stdin, stdout, stderr } = process;
  const terminals = [stdin, stdout, stderr].reduce((bits, { isTTY }, at) => bits | (isTTY ? 1 << at : 0), 0);
  const program = new glue.Program([...world.args], env, terminals, stdout.columns ?? 0, VERSION, random());
  const host = new Host(world, program);
  const interrupt = () => host.interrupt();
  process.on("SIGINT", interrupt);
  try {
    let event: Event = ["start"];
    for (;;) {
      const now = world.now();
      const step = (
        Array.isArray(event)
          ? program.step(now, event[0], event[1], event[2] ?? 0)
          : program.respond(now, event.status, event.headers, event.body)
      ) as Step;
      if (step[0] === "exit") return step[1];
      event = await host.answer(step);
    }
  } finally {
    process.off("SIGINT", interrupt);
    program.free();
  }
}

/** Runs the command on this process. */
export async function main(): Promise<number> {
  let last = 0;
  return run({
    args: process.argv.slice(2),
    env: process.env,
    write,
    // It never goes back.
    now: () => (last = Math.max(last, Date.now())),
  });
}

/** Answers the steps of a program. */
class Host {
  #interrupted = new AbortController();
  #interruptedAt = 0;
  #server: Server | undefined;

  constructor(
    private readonly world: World,
    private readonly program: glue.Program,
  ) {}

  /** Ctrl-C: what can be waited for is not waited for any longer. */
  interrupt(): void {
    const now = performance.now();
    if (!this.#interrupted.signal.aborted) {
      this.#interruptedAt = now;
      this.#interrupted.abort();
    } else if (now - this.#interruptedAt > stuckMs) {
      process.exit(130);
    }
  }

  async answer(step: Step): Promise<Event> {
    switch (step[0]) {
      case "request": {
        const [, method, url, headers, body, credential] = step;
        return this.#unlessInterrupted((signal) => send(method, url, headers, body, credential, signal));
      }
      case "wait":
        return this.#unlessInterrupted((signal) => sleep(step[1], signal));
      case "out":
      case "err":
        return attempt(() => this.world.write(step[0] === "out" ? 1 : 2, step[1]), "written", "notWritten");
      case "confirm":
        this.world.write(2, step[1]);
        return this.#unlessInterrupted(line);
      case "readInput":
        return this.#unlessInterrupted(input);
      case "readFile":
        return readFile(step[1]);
      case "writeFile":
        return attempt(() => writeFile(step[1], step[2]), "done", "notDone");
      case "listen":
        return this.#listen(step[1]);
      case "serve":
        return this.#unlessInterrupted((signal) => this.#serve(step[1], signal));
      default:
        return ["interrupted"];
    }
  }

  /** An interrupt is told once, so that what stands can still be said. */
  async #unlessInterrupted(work: (signal: AbortSignal) => Promise<Event>): Promise<Event> {
    const { signal } = this.#interrupted;
    const event = signal.aborted ? undefined : await work(signal);
    if (event !== undefined && (!signal.aborted || !Array.isArray(event))) return event;
    this.#interrupted = new AbortController();
    return ["interrupted"];
  }

  #listen(port: number): Promise<Event> {
    const server = createServer();
    this.#server = server;
    return new Promise((resolve) => {
      server.once("error", (error) => resolve(["notDone", error.message]));
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        resolve(["listening", undefined, typeof address === "object" ? address?.port ?? 0 : 0]);
      });
    });
  }

  #serve(state: string | undefined, signal: AbortSignal): Promise<Event> {
    return new Promise((resolve) => {
      this.#server?.on("request", (request, response) => void this.#respond(request, response, state, resolve));
      signal.addEventListener("abort", () => {
        this.#server?.close();
        this.#server?.closeAllConnections();
        resolve(["interrupted"]);
      });
    });
  }

  async #respond(
    request: IncomingMessage,
    response: ServerResponse,
    state: string | undefined,
    failed: (event: Event) => void,
  ): Promise<void> {
    const parts: Buffer[] = [];
    let length = 0;
    try {
      for await (const part of request as AsyncIterable<Buffer>) {
        parts.push(part);
        if ((length += part.length) > largestBody) return void response.writeHead(413).end();
      }
    } catch {
      // The caller has gone.
      return;
    }
    const { method = "", url = "", headers } = request;
    const answer = this.program.answer(method, url, headers.authorization, Buffer.concat(parts), this.world.now());
    if (state !== undefined && method !== "GET") {
      const [name, reason] = attempt(() => writeFile(state, this.program.state() ?? ""), "done", "notDone");
      if (name === "notDone") failed(["notDone", `the file could not be written: ${reason}`]);
    }
    const [delay = 0, status, pairs = [], body] = (answer ?? []) as [number?, number?, string[]?, Uint8Array?];
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    // All that a server can do that was connected to is to hang up.
    if (status === undefined) return void request.socket.destroy();
    response.writeHead(status, pairs).end(body);
  }
}

async function send(
  method: string,
  url: string,
  pairs: string[],
  body: Uint8Array | undefined,
  credential: string,
  interrupted: AbortSignal,
): Promise<Event> {
  const headers = new Headers();
  for (let at = 0; at < pairs.length; at += 2) headers.set(pairs[at]!, pairs[at + 1]!);
  headers.set("authorization", `Bearer ${credential}`);
  headers.set("x-astro-client-identifier", "astro-tokens-js");
  headers.set("x-astro-client-version", VERSION);
  headers.set("user-agent", `astro-tokens-js/${VERSION}`);
  const ended = new AbortController();
  const end = () => ended.abort();
  const timer = setTimeout(end, timeoutMs);
  interrupted.addEventListener("abort", end);
  const { signal } = ended;
  try {
    const response = await fetch(url, { method, headers, body: body as BodyInit, redirect: "manual", signal });
    const answer = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: [...response.headers].flat(), body: answer };
  } catch (error) {
    if (interrupted.aborted) return ["interrupted"];
    if (signal.aborted) return ["failed", `no answer within ${timeoutMs / 1000} s`, 1];
    // What `fetch` itself says is "fetch failed"; the cause says why.
    const { message, cause } = error as Error & { cause?: { message?: string; code?: string } };
    const why = cause?.message || cause?.code || message;
    return ["failed", why, notSent.has(cause?.code ?? why) ? 0 : 1];
  } finally {
    clearTimeout(timer);
    interrupted.removeEventListener("abort", end);
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<Event> {
  return new Promise((resolve) => {
    const end = (event: Event) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", interrupted);
      resolve(event);
    };
    const interrupted = () => end(["interrupted"]);
    const timer = setTimeout(() => end(["waited"]), milliseconds);
    signal.addEventListener("abort", interrupted);
  });
}

/** One line of standard input. */
function line(signal: AbortSignal): Promise<Event> {
  const reader = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    const end = (event: Event) => {
      resolve(event);
      reader.close();
      process.stdin.unref?.();
    };
    reader.once("line", (text) => end(["line", text]));
    reader.once("close", () => resolve(["line"]));
    signal.addEventListener("abort", () => end(["interrupted"]));
  });
}

/** All of standard input. */
async function input(signal: AbortSignal): Promise<Event> {
  const parts: Buffer[] = [];
  signal.addEventListener("abort", () => process.stdin.destroy());
  try {
    for await (const part of process.stdin as AsyncIterable<Buffer>) parts.push(Buffer.from(part));
    return ["input", Buffer.concat(parts).toString()];
  } catch (error) {
    return ["notRead", (error as Error).message];
  }
}

function readFile(path: string): Event {
  try {
    return ["input", new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path))];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? ["missing"] : ["notRead", message];
  }
}

/** As a whole or not at all, for nobody but its owner. A link stays one, and a device is not replaced by a file. */
function writeFile(given: string, text: string): void {
  const path = existsSync(given) ? realpathSync(given) : given;
  if (existsSync(path) && !statSync(path).isFile()) throw new Error("not a regular file");
  const draft = `${path}.${process.pid}.tmp`;
  const file = openSync(draft, "wx", 0o600);
  try {
    writeAll(file, text);
    fsyncSync(file);
    closeSync(file);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function attempt(work: () => void, done: string, failed: string): [name: string, reason?: string] {
  try {
    work();
    return [done];
  } catch (error) {
    return [failed, (error as Error).message];
  }
}

/** Writes to this process's own standard output or error, and returns when it is written. */
function write(descriptor: 1 | 2, text: string): void {
  writeAll(descriptor, text);
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // A pipe that is full and does not wait by itself.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}
