/** Sends the requests of conversations by any `fetch`. */

import type { ConversationEvent } from "./conversation.js";
import type { Answered, Signal } from "./platform.js";
import type { TokenRequest } from "./request.js";
import { partsOf } from "./response.js";
import type { Secret } from "./secret.js";

/**
 * What the `fetch` of a sandbox is marked with: it answers in this process, so that a client has no rate limits to keep. The
 * same for every copy of the package.
 */
export const inProcess: unique symbol = Symbol.for("astro-tokens.in-process");

/** As much of `fetch` as is needed: the global one, undici's, one with a proxy, or a sandbox's. */
export type Fetch = (url: string, init: FetchInit) => Promise<Answered>;

/** What `fetch` is called with. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly redirect: "manual";
  readonly signal: Signal;
}

/** Written into the package when it is built. */
declare const VERSION: string;

/** Whether this is a runtime that takes `user-agent`; browsers keep theirs. */
const isServer = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;

const identification: Readonly<Record<string, string>> = {
  "x-astro-client-identifier": "astro-tokens-js",
  "x-astro-client-version": VERSION,
  ...(isServer ? { "user-agent": `astro-tokens-js/${VERSION}` } : {}),
};

/**
 * Sends a request with the credential, and reads the whole answer. The event says what came of it; what the caller's
 * signal aborts is `cancelled`.
 */
export async function send(
  fetch: Fetch,
  { method, url, headers, body }: TokenRequest,
  token: Secret,
  timeoutMs: number,
  signal: Signal | undefined,
): Promise<ConversationEvent> {
  // Nothing was sent, so nothing is unclear: that is worth knowing for the conversation, which then asks to wait.
  if (signal?.aborted) return { type: "failed", message: "it was cancelled before", mayHaveArrived: false };
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  const exchange = async (): Promise<ConversationEvent> => {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...identification, authorization: `Bearer ${token.expose()}` },
      ...(body === undefined ? {} : { body }),
      // The credential would go along, to wherever it leads.
      redirect: "manual",
      signal: controller.signal,
    });
    // A browser says of a redirect only that it is one, so it is taken for the usual one: an answer that is final.
    if (response.type === "opaqueredirect") return { type: "response", status: 302, body: redirect };
    const answer = { status: response.status, headers: response.headers, body: await content(response) };
    // What the core would refuse is no answer: a `fetch` of one's own returns anything, and `Response.error()` has status 0.
    partsOf(answer);
    return { type: "response", ...answer };
  };
  try {
    // A `fetch` may not care about the signal, nor may its body.
    return await unlessAborted(exchange(), controller.signal);
  } catch (cause) {
    if (signal?.aborted) return { type: "cancelled", cause: signal.reason };
    // By the time limit, whatever the `fetch` makes of it.
    const thrown = controller.signal.aborted ? controller.signal.reason : cause;
    return { type: "failed", message: described(thrown), mayHaveArrived: !isUnsent(thrown), cause: thrown };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

const redirect = '{"message":"the answer is a redirect, which is not followed"}';

/** The most bytes of an answer that are read: 64 MiB. A page of a thousand tokens is far below. */
const longestAnswer = 64 * 2 ** 20;

/** The body of an answer. @throws where it is longer than {@link longestAnswer}. */
async function content(response: Response): Promise<Uint8Array> {
  if (typeof response.body?.getReader !== "function") return fitting(new Uint8Array(await response.arrayBuffer()));
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > longestAnswer) {
      reader.cancel().catch(() => {});
      throw tooLong();
    }
    parts.push(part.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function fitting(body: Uint8Array): Uint8Array {
  if (body.length > longestAnswer) throw tooLong();
  return body;
}

function tooLong(): Error {
  return new Error("the answer is longer than 64 MiB, and was not read to its end");
}

/** What the work comes to; the reason of the signal where that is aborted before. */
export async function unlessAborted<T>(work: T, signal: Signal | undefined): Promise<Awaited<T>> {
  if (signal === undefined) return await work;
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The codes of Node, undici, Deno and Bun for what went wrong before a byte of the request was sent. */
const unsent = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** Whether the request surely was not sent. A browser does not tell, so there it is never sure. */
function isUnsent(thrown: unknown): boolean {
  for (const error of chain(thrown)) {
    if (unsent.has(property(error, "code") as string)) return true;
    // One for each address of a host: unless all failed so, one may have got through.
    const errors = property(error, "errors");
    if (Array.isArray(errors) && errors.length > 0) return errors.every(isUnsent);
  }
  return false;
}

/** What was thrown and its causes, in words: `fetch failed: connect ECONNREFUSED 127.0.0.1:1`. */
export function described(thrown: unknown): string {
  if (typeof thrown === "string" && thrown !== "") return thrown;
  const messages = chain(thrown).map((error) => {
    const said = [property(error, "message"), property(error, "code")];
    return said.find((text) => typeof text === "string" && text !== "") ?? "";
  });
  return messages.filter((message) => message !== "").join(": ") || "it threw something that is no error";
}

function chain(thrown: unknown): object[] {
  const found: object[] = [];
  // Causes may go in circles.
  for (let error = thrown; typeof error === "object" && error !== null && found.length < 8; ) {
    found.push(error);
    error = property(error, "cause");
  }
  return found;
}

/** A property of something that was thrown, which may be anything: to read it may throw, too. */
export function property(thrown: unknown, name: PropertyKey): unknown {
  try {
    return (thrown as Record<PropertyKey, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** More than anything that is thrown on purpose holds. */
const mostLookedAt = 10_000;

/**
 * Whether the text is anywhere in something that was thrown: consoles print causes, stacks and whatever properties clients of
 * HTTP hang on their errors, such as the body that was sent. Where there is more than can be looked at, it may be.
 */
export function shows(thrown: unknown, text: string): boolean {
  const values = new Set([thrown]);
  // What is added meanwhile is looked at, too.
  for (const value of values) {
    if (typeof value === "string" ? value.includes(text) : values.size > mostLookedAt) return true;
    if ((typeof value !== "object" && typeof value !== "function") || value === null || ArrayBuffer.isView(value)) continue;
    if (value instanceof Map || value instanceof Set) for (const item of [...value].flat()) values.add(item);
    for (const key of keysOf(value)) {
      values.add(key);
      values.add(property(value, key));
    }
  }
  return false;
}

function keysOf(value: object): readonly PropertyKey[] {
  try {
    return Reflect.ownKeys(value);
  } catch {
    return [];
  }
}

/** Waits, unless the signal is aborted before. */
export function sleep(milliseconds: number, signal: Signal | undefined): Promise<ConversationEvent> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve({ type: "cancelled", cause: signal.reason });
    const abort = (): void => {
      clearTimeout(timer);
      resolve({ type: "cancelled", cause: signal?.reason });
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve({ type: "waited" });
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** The time in milliseconds since 1970, which does not go back when a clock is set. */
export function clock(): () => number {
  const start = Date.now() - performance.now();
  return () => start + performance.now();
}
