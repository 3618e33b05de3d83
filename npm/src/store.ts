/** The store of a caller: where a secret goes before anything depends on it. */

import { checkObject } from "./checks.js";
import type { ConversationEvent } from "./conversation.js";
import { AstroTokensError, isA, named } from "./errors.js";
import type { Signal } from "./platform.js";
import { isSecret, Secret } from "./secret.js";
import type { ApiToken } from "./token.js";
import { described, shows, unlessAborted } from "./transport.js";

/** How to run one conversation. */
export interface RunOptions {
  /** Ends it early. Where anything stands then, the error says what. */
  signal?: Signal | undefined;
}

/**
 * Writes a secret to a safe place. It may return a promise, and is done when that is.
 *
 * @param secret The new secret.
 * @param token The token that it belongs to, without it.
 * @param run What the run was started with. When its `signal` is aborted nobody waits for the store any longer, and the
 *   secret is in the `ConversationError`.
 * @throws {NotWritten} where it is certain that nothing was written, and nothing will be: then the new token is deleted and
 *   everything is as it was. After any other error the store may hold the secret, so the new token stays.
 */
export type WriteSecret = (secret: Secret, token: ApiToken, run: RunOptions) => unknown;

/**
 * Where secrets go: a function that writes one, or an object that can do more. What each method returns may be a promise.
 *
 * ```js
 * const store = {
 *   write: (secret) => vault.put("ci", secret.expose()),
 *   read: () => vault.get("ci"), // lets a rotation go on from where another one was killed
 *   prove: () => vault.checkAccess("ci"), // before anything is sent to Astro
 * };
 * ```
 */
export type Store = WriteSecret | StoreObject;

/** A store that can do more than write: see {@link Store}. */
export interface StoreObject {
  /** Writes a secret. */
  write: WriteSecret;
  /**
   * The secret that the store holds now; `undefined` or `null`: none. It tells which token is in use. Where it throws, or
   * returns anything else, the store counts as one that cannot be read.
   */
  read?(run: RunOptions): Held | PromiseLike<Held>;
  /** Throws where writing is not going to work; called before anything is sent. */
  prove?(run: RunOptions): unknown;
}

/** What a store holds. */
type Held = Secret | string | null | undefined;

/** An input with the store that its secrets are written to. */
export type WithStore<Input> = Input & {
  /** Where secrets go before anything depends on them. */
  store?: Store | undefined;
};

/**
 * For a `write` of yours to throw, where it is certain that the secret was not written and never will be: the connection was
 * refused, the vault said no. Where a write may still arrive, such as after a time limit, throw anything else.
 *
 * ```js
 * if (response.status === 403) throw new NotWritten("the vault is sealed");
 * ```
 */
export class NotWritten extends AstroTokensError {
  static {
    named(this, "NotWritten");
  }
}

/** @throws {TypeError} where it is not a store. */
export function checkStore(store: unknown): asserts store is Store {
  if (typeof store === "function") return;
  checkObject("`store`, unless it is a function,", store);
  const { write, read, prove } = store as Partial<Record<keyof StoreObject, unknown>>;
  if (typeof write !== "function") throw new TypeError("`store` has to be a function, or an object with a method `write`");
  for (const [name, method] of Object.entries({ read, prove })) {
    if (method !== undefined && typeof method !== "function") throw new TypeError(`\`${name}\` of \`store\` has to be a function`);
  }
}

/** The input that the core is to read, and the store beside it. @throws {TypeError} where that is not a store. */
export function parted<Input>(input: WithStore<Input>): [input: Input, store: Store | undefined] {
  if (typeof input !== "object" || input === null || !("store" in input)) return [input, undefined];
  const { store, ...fields } = input;
  if (store !== undefined) checkStore(store);
  return [fields as Input, store];
}

/** Whether writing is going to work, as far as the store can tell. */
export async function proved(store: Store | undefined, signal: Signal | undefined): Promise<ConversationEvent> {
  if (store === undefined) return { type: "no_store" };
  if (typeof store === "function" || store.prove === undefined) return { type: "proved" };
  try {
    await unlessAborted(store.prove(runOf(signal)), signal);
    return { type: "proved" };
  } catch (cause) {
    return cancelled(signal) ?? { type: "not_proved", message: described(cause), cause };
  }
}

/** What the store holds. */
export async function held(store: Store | undefined, signal: Signal | undefined): Promise<ConversationEvent> {
  if (typeof store !== "object" || store.read === undefined) return { type: "unreadable" };
  try {
    const found = (await unlessAborted(store.read(runOf(signal)), signal)) ?? undefined;
    // Whatever it is, it must not stop what may have stored a secret already.
    const secret = isSecret(found) ? found.expose() : found;
    if (secret === undefined || typeof secret === "string") return { type: "holds", secret };
  } catch {
    const aborted = cancelled(signal);
    if (aborted !== undefined) return aborted;
  }
  return { type: "unreadable" };
}

/** What came of storing a secret. What was thrown is left out where it shows the secret. */
export async function stored(
  store: Store | undefined,
  secret: Secret,
  token: ApiToken,
  signal: Signal | undefined,
): Promise<ConversationEvent> {
  try {
    const run = runOf(signal);
    await unlessAborted(typeof store === "function" ? store(secret, token, run) : store?.write(secret, token, run), signal);
    return { type: "stored" };
  } catch (cause) {
    // A store that was told to end may say so in its own words, or not at all.
    const aborted = cancelled(signal);
    if (aborted !== undefined) return aborted;
    const value = secret.expose();
    const message = described(cause).replaceAll(value, String(secret));
    return { type: "not_stored", message, isCertain: isNotWritten(cause), ...(shows(cause, value) ? {} : { cause }) };
  }
}

/** What was thrown may be anything: to look at it may throw, too. */
function isNotWritten(thrown: unknown): boolean {
  try {
    return isA(thrown, "NotWritten");
  } catch {
    return false;
  }
}

function runOf(signal: Signal | undefined): RunOptions {
  return signal === undefined ? {} : { signal };
}

function cancelled(signal: Signal | undefined): ConversationEvent | undefined {
  return signal?.aborted ? { type: "cancelled", cause: signal.reason } : undefined;
}
