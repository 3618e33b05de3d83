import * as glue from "../wasm/client_bg.js";
import { Api } from "./api.js";
import { checkBoolean, checkNumber, checkText } from "./checks.js";
import { Conversation } from "./conversation.js";
import { callFor, instance } from "./core.js";
import { valid, ValidationError } from "./errors.js";
import type { ApiOptions } from "./inputs.js";
import { random } from "./random.js";
import type { Work } from "./vocabulary.js";
import type { Works } from "./works.js";

/** Who the caller is, and how patient. */
export interface SessionOptions {
  /**
   * The id of the token that the caller authenticates with, from its claims. With it, nobody locks themselves out by
   * rotating or deleting their own token.
   */
  tokenId?: string | undefined;
  /**
   * How often a request is sent at most without an answer that can be used: with none, with a 5xx, or with one that cannot be
   * read. Where Astro says that it is busy (429, or a 5xx with `Retry-After`), that does not count. Default: 5.
   */
  attempts?: number | undefined;
  /** How many milliseconds one request may take with all its repetitions and waits. Default: 120,000. */
  patienceMs?: number | undefined;
  /**
   * Whether requests wait for their turn within Astro's documented rate limits; `false` is for servers without limits, such
   * as a sandbox. Default: `true`; a client whose `fetch` is that of a `Sandbox` has none to keep.
   */
  rateLimits?: boolean | undefined;
}

/** Frees what a session that nobody has any more holds in the core. */
const abandoned = new FinalizationRegistry<Opened>(({ core, number }) => {
  if (core === instance()) glue.close_session(number);
});

/** Where a session is in the core. */
interface Opened {
  readonly core: object;
  readonly number: number;
}

/**
 * One caller's use of an `Api`. Its conversations keep the rate limits together, because Astro counts by credential: make
 * one session for each credential.
 *
 * It does nothing to the world: whoever drives its conversations lends them the network and the clock.
 */
export class Session {
  /** The `Api`. */
  readonly api: Api;
  readonly #options: readonly [
    tokenId: string | undefined,
    attempts: number | undefined,
    patienceMs: number | undefined,
    rateLimits: boolean | undefined,
  ];
  #opened: Opened | undefined;

  /** @throws {ValidationError} with every problem of the options of the `Api`. */
  constructor(api: Api | ApiOptions, { tokenId, attempts, patienceMs, rateLimits }: SessionOptions = {}) {
    // One of another entry has the same properties, and is an object of options here.
    this.api = api instanceof Api ? api : new Api({ ...api });
    if (tokenId !== undefined && typeof tokenId !== "string") throw new TypeError("the id of the token has to be a string");
    atLeast(1, "attempts", attempts);
    atLeast(0, "patienceMs", patienceMs);
    if (rateLimits !== undefined) checkBoolean("rateLimits", rateLimits);
    this.#options = [tokenId, attempts, patienceMs, rateLimits];
  }

  /**
   * Begins a conversation. `seed` makes the jitter of its waits and the id that it knows its own tokens by: a whole number
   * from 0 to 2^53 - 1 that no other run has. The default is random; only tests need one of their own.
   *
   * ```js
   * const conversation = session.start("rotate_token", { tokenName: "CI" });
   * ```
   *
   * @throws {ValidationError} with everything that can be judged before anything is read.
   */
  start<W extends Work>(work: W, input: Works[W]["input"], seed: number = random()): Conversation<Works[W]["outcome"]> {
    checkText("work", work);
    checkNumber("seed", seed);
    type Begun = Conversation<Works[W]["outcome"]> | ValidationError;
    const begun: Begun = Session.begin(this, input, (session, ...frame) =>
      glue.start_conversation(session, work, ...frame, seed),
    );
    if (begun instanceof ValidationError && begun.problems.length === 0) throw new TypeError(`there is no work \`${work}\``);
    return valid(begun);
  }

  /**
   * The conversation that `run` begins with the number of the session and a frame of the input.
   *
   * @internal
   */
  static begin<T>(
    session: Session,
    input: unknown,
    run: (session: number, numbers: number, bytes: number, units: number) => number | undefined,
  ): Conversation<T> | ValidationError {
    const settings = Api.settings(session.api);
    const started = callFor(settings, input, (...frame) => run(session.#number(), ...frame));
    return typeof started === "number" ? Conversation.of<T>(started) : started;
  }

  /** Its number in the core, where the `Api` is open. */
  #number(): number {
    const core = instance();
    if (this.#opened?.core !== core) {
      this.#opened = { core, number: glue.open_session(...this.#options)! };
      abandoned.register(this, this.#opened);
    }
    return this.#opened.number;
  }
}

function atLeast(least: number, name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  throw new TypeError(`${name} has to be a whole number from ${least}`);
}
