import * as glue from "../wasm/client_bg.js";
import { ApiError, ConversationError, TransportError } from "./api-errors.js";
import { checkBoolean, checkObject, checkText } from "./checks.js";
import { frozen, instance, problems, run } from "./core.js";
import { AstroTokensError, type Problem, ValidationError } from "./errors.js";
import { TokenRequest } from "./request.js";
import { partsOf, type ResponseParts } from "./response.js";
import { isSecret, Secret } from "./secret.js";
import { ApiToken, Beside, TokenPage } from "./token.js";
import type { Effect, Rotation } from "./works.js";

/** What a conversation asks for next, or what came of it. */
export type Step<T> =
  | Ask
  | {
      /** It is done. */
      readonly type: "done";
      /** What came of it. */
      readonly outcome: T;
    };

/** What a conversation asks for next. */
export type Ask =
  | {
      /** Add the credential to this request, and send it. Answered by `response` or `failed`. */
      readonly type: "request";
      readonly request: TokenRequest;
    }
  | {
      /** Wait. Answered by `waited`. */
      readonly type: "wait";
      readonly milliseconds: number;
    }
  | {
      /** Check that writing to the store is going to work. Answered by `proved`, `not_proved` or `no_store`. */
      readonly type: "prove";
    }
  | {
      /** Read the secret that the store holds. Answered by `holds` or `unreadable`. */
      readonly type: "read_store";
    }
  | {
      /** Write this secret to the store. Answered by `stored` or `not_stored`. */
      readonly type: "store";
      /** The token that the secret belongs to, without the secret. */
      readonly token: ApiToken;
      readonly secret: Secret;
    }
  | {
      /** A page of the tokens that were asked for. Answered by `next`. */
      readonly type: "page";
      readonly page: TokenPage;
    };

/** What came of the last step. */
export type ConversationEvent =
  /** Nothing yet: the first event of a conversation. */
  | { readonly type: "start" }
  /** The answer to the request, whatever its status. */
  | ({ readonly type: "response" } & ResponseParts)
  | {
      /** There is no answer to the request. */
      readonly type: "failed";
      /** Why, without a credential in it. */
      readonly message: string;
      /** Whether the request could have arrived. `false` only where surely nothing was sent. */
      readonly mayHaveArrived: boolean;
      /** What the HTTP client threw. */
      readonly cause?: unknown;
    }
  /** The time is over. */
  | { readonly type: "waited" }
  /** As far as the store can tell, writing to it is going to work. Also for a store that cannot be asked. */
  | { readonly type: "proved" }
  /** Writing to the store is not going to work: why, and what was thrown. */
  | { readonly type: "not_proved"; readonly message: string; readonly cause?: unknown }
  /** There is no store: a secret is handed over by the outcome alone. */
  | { readonly type: "no_store" }
  /** The secret that the store holds now; absent: none. */
  | { readonly type: "holds"; readonly secret?: Secret | string | undefined }
  /** The store cannot be read, or there is none. */
  | { readonly type: "unreadable" }
  /** The store has the secret. */
  | { readonly type: "stored" }
  | {
      /** Storing the secret failed. */
      readonly type: "not_stored";
      /** Why, without the secret in it. */
      readonly message: string;
      /** Whether it is certain that the secret was not written, and never will be. `false` where that is not known. */
      readonly isCertain: boolean;
      /** What was thrown. */
      readonly cause?: unknown;
    }
  /** The page was taken; the next one is wanted. */
  | { readonly type: "next" }
  /** The caller wants no more, and why: the conversation ends with an error that says what stands. */
  | { readonly type: "cancelled"; readonly cause?: unknown };

/** Frees what a conversation that nobody has any more holds in the core. */
const abandoned = new FinalizationRegistry<Place>(close);

/** Where a conversation is in the core. */
interface Place {
  readonly core: object;
  readonly number: number;
}

function close({ core, number }: Place): void {
  if (core === instance()) glue.close_conversation(number);
}

/**
 * Work that takes several requests, in progress. It does nothing to the world: it asks for one thing at a time, and is
 * told what came of it.
 *
 * ```js
 * const steps = session.start("rotate_token", { tokenName: "CI" }).run();
 * let step = steps.next();
 * while (!step.done) step = steps.next(await answer(step.value));
 * step.value.secret; // the outcome: a Rotation
 * ```
 *
 * It comes from `Session.start`.
 */
export class Conversation<T> {
  readonly #place: Place;
  #isOver = false;
  #warnings: readonly Problem[] = [];
  /** What the events brought along for the error that it may end with. */
  #cause: unknown;

  private constructor(number: number) {
    this.#place = { core: instance(), number };
    abandoned.register(this, this.#place, this);
  }

  /** @internal */
  static of<T>(number: number): Conversation<T> {
    return new this<T>(number);
  }

  /** What is worth a look although it stops nothing; it grows while the conversation goes on. Frozen. */
  get warnings(): readonly Problem[] {
    if (!this.#isOver && this.#place.core === instance()) {
      this.#warnings = frozen(run(() => glue.conversation_warnings(this.#place.number) as Problem[]));
    }
    return this.#warnings;
  }

  /**
   * Goes on with what came of the last step. `nowMs` is the time in milliseconds since 1970; it should not go back.
   *
   * @throws {ConversationError} that says what stands, where it failed.
   * @throws {ValidationError} where the input breaks a rule that could not be judged before.
   */
  step(event: ConversationEvent, nowMs: number): Step<T> {
    if (this.#isOver) throw new AstroTokensError("the conversation is over");
    // Read before the core is asked: a response that is none leaves the conversation as it was.
    const cross = crossing(this.#place.number, event, nowMs);
    if (this.#place.core !== instance()) throw lost();
    if (thrown.has(event.type)) this.#cause = (event as { readonly cause?: unknown }).cause;
    const told = run(cross, "and what the conversation knew is lost");
    if (told === undefined) throw new TypeError(`there is no event \`${event.type}\``);
    if (told[0] in asks) return asks[told[0] as keyof typeof asks](told as never);
    this.#end(problems());
    if (told[0] === "failed") throw failure(told as Failed, this.#cause);
    return { type: "done", outcome: outcomes[told[0] as keyof typeof outcomes](told as never) as T };
  }

  /**
   * The steps one by one; each is answered by the event that is handed to `next`. It returns the outcome, and throws what
   * {@link Conversation.step} throws. Ended early by `return` or `throw`, it frees its memory at once; where anything
   * was done until then, is unclear, or a secret came, it throws a {@link ConversationError} that says so.
   */
  *run(now: () => number = Date.now): Generator<Ask, T, ConversationEvent> {
    let event: ConversationEvent = { type: "start" };
    for (;;) {
      const step = this.step(event, now());
      if (step.type === "done") return step.outcome;
      let isAnswered = false;
      let cause: unknown;
      try {
        event = yield step;
        isAnswered = true;
      } catch (thrown) {
        cause = thrown;
        throw thrown;
      } finally {
        if (!isAnswered) {
          const error = this.cancel(now(), cause);
          // It is worth more than the end that was asked for, and keeps what was thrown as its cause.
          if (error !== undefined) throw error;
        }
      }
    }
  }

  /**
   * Ends the conversation early. Where anything was done until then, is unclear, or a secret came, this is the error that
   * says so; else nothing.
   */
  cancel(nowMs: number, cause?: unknown): ConversationError | undefined {
    if (this.#isOver) return undefined;
    try {
      this.step({ type: "cancelled", cause }, nowMs);
    } catch (error) {
      if (!(error instanceof ConversationError)) throw error;
      const { done, unclear, secret } = error;
      if (done.length > 0 || unclear.length > 0 || secret !== undefined) return error;
    }
    this.close();
    return undefined;
  }

  /** Frees its memory, whatever stands. */
  close(): void {
    if (this.#isOver) return;
    close(this.#place);
    this.#end(this.#warnings);
  }

  #end(warnings: readonly Problem[]): void {
    this.#isOver = true;
    this.#warnings = warnings;
    abandoned.unregister(this);
  }
}

function lost(): AstroTokensError {
  return new AstroTokensError("the WebAssembly core stopped since, and what the conversation knew is lost");
}

/** The call of the core for an event. */
function crossing(number: number, event: ConversationEvent, nowMs: number): () => Told | undefined {
  if (!Number.isFinite(nowMs)) throw new TypeError("the time has to be a number of milliseconds since 1970");
  checkObject("the event", event);
  checkText("the type of the event", event.type);
  if (event.type === "response") {
    const parts = partsOf(event);
    return () => glue.step_response(number, nowMs, ...parts) as Told | undefined;
  }
  const message = "message" in event ? event.message : "";
  checkText("`message` of the event", message);
  const flag = event.type === "failed" ? event.mayHaveArrived : event.type === "not_stored" && event.isCertain;
  checkBoolean(event.type === "failed" ? "`mayHaveArrived` of the event" : "`isCertain` of the event", flag);
  const secret = event.type === "holds" ? event.secret ?? undefined : undefined;
  const value = isSecret(secret) ? secret.expose() : secret;
  if (value !== undefined) checkText("`secret` of the event", value);
  return () => glue.step(number, nowMs, event.type, message, flag, value) as Told | undefined;
}

/** The events that something was thrown at. */
const thrown: ReadonlySet<string> = new Set(["failed", "not_proved", "not_stored", "cancelled"]);

type Json = Record<string, unknown>;
/** What the core describes a step by: see `described_step` in `bindings/wasm/src/conversation.rs`. */
type Told = Requested | [type: "wait", milliseconds: number] | [type: "prove" | "read_store"] | WithTokens | Failed;
type Requested = [type: "request", method: string, url: string, headers: Record<string, string>, body: string | undefined];
type WithTokens = [type: string, json: string, times: Float64Array, ...secrets: string[]];
type Failed = [
  type: "failed",
  error: ConstructorParameters<typeof ConversationError>[0],
  kind: "api" | "transport" | "invalid" | "",
  cause: never,
  secret?: string,
];

const asks = {
  request: ([, method, url, headers, body]: Requested): Ask => ({
    type: "request",
    request: TokenRequest.of(method, url, Object.freeze(headers), body, []),
  }),
  wait: ([, milliseconds]: ["wait", number]): Ask => ({ type: "wait", milliseconds }),
  prove: (): Ask => ({ type: "prove" }),
  read_store: (): Ask => ({ type: "read_store" }),
  store([, json, times, value]: WithTokens): Ask {
    return { type: "store", token: new ApiToken(JSON.parse(json), new Beside(times, [])), secret: new Secret(value!) };
  },
  page([, json, times, ...values]: WithTokens): Ask {
    return { type: "page", page: new TokenPage(JSON.parse(json), besides(times, values)) };
  },
};

const outcomes = {
  token: ([, json, times, ...values]: WithTokens) => new ApiToken(JSON.parse(json), besides(times, values)),
  update: changed,
  roles: changed,
  rotation(told: WithTokens): Rotation {
    const { token, oldTokenId, oldKeptUntilMs, effects } = changed(told) as Json & { token: ApiToken; effects: Effect[] };
    return {
      token,
      ...(token.token === undefined ? {} : { secret: token.token }),
      ...(oldTokenId === undefined ? {} : { oldTokenId: oldTokenId as string }),
      ...(oldKeptUntilMs === undefined ? {} : { oldKeptUntil: new Date(oldKeptUntilMs as number) }),
      effects,
    };
  },
  nothing: () => undefined,
};

function besides(times: Float64Array, values: readonly string[]): Beside {
  return new Beside(times, values.map((value) => new Secret(value)));
}

/** What became of a token, with the token itself among it. */
function changed([, json, times, ...values]: WithTokens): Json {
  const outcome = JSON.parse(json) as Json;
  return { ...outcome, token: new ApiToken(outcome["token"] as Json, besides(times, values)) };
}

function failure([, error, kind, content, secret]: Failed, thrown: unknown): Error {
  const cause = causes[kind](content, thrown);
  // The caller's mistake, as everywhere else; it is only found after something was read.
  if (cause instanceof ValidationError) return cause;
  frozen(error.warnings as Problem[]);
  for (const list of [error.done, error.notDone, error.unclear, error.effects, error.candidates]) Object.freeze(list);
  // In the words of the caller: its message begins with the work.
  const message = error.message.replace(error.work, spelt(error.work));
  return new ConversationError({ ...error, message }, cause, secret === undefined ? undefined : new Secret(secret));
}

/** What a client calls a work: `rotateToken`. */
function spelt(work: string): string {
  return work.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const causes = {
  api: (refusal: ConstructorParameters<typeof ApiError>[0]) => new ApiError(refusal),
  transport: ({ message, mayHaveArrived }: { message: string; mayHaveArrived: boolean }, cause: unknown) =>
    new TransportError(message, cause === undefined ? { mayHaveArrived } : { mayHaveArrived, cause }),
  invalid: ({ message, problems }: { message: string; problems: Problem[] }) => new ValidationError(message, frozen(problems)),
  "": (_: never, thrown: unknown) => thrown,
};
