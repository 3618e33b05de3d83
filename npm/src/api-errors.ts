/** The errors of the other side: Astro refused, or nobody knows. They come from the entries that read answers. */

import { AstroTokensError, isA, named, type Problem } from "./errors.js";
import type { Secret } from "./secret.js";
import type { Mark } from "./token.js";
import type { FailureCode, Scope, Work } from "./vocabulary.js";
import type { Effect } from "./works.js";

/** What Astro says is wrong with a field. */
export interface FieldError {
  /** Astro's code. */
  readonly code: string;
  /** The field in Astro's spelling. */
  readonly field: string;
  /** What is wrong with it. */
  readonly message: string;
}

/** What there is to say about a refusal; what is not known is absent. */
interface Refusal {
  readonly message: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId?: string;
  readonly fieldErrors: readonly FieldError[];
  readonly retryAfterMs?: number;
  readonly help?: string;
}

/**
 * Astro refused the request, or its answer cannot be read. Its message says all of it, with secrets masked.
 *
 * ```text
 * Astro answered 404 Not Found: token not found (request id req-1)
 *   help: check the id, and that the credential belongs to the same Organization
 * ```
 */
export class ApiError extends AstroTokensError {
  static {
    named(this, "ApiError");
  }

  /** The status of the answer. */
  readonly status!: number;
  /** What Astro said, or what is wrong with the answer. */
  readonly detail!: string;
  /** What Astro calls the request: support asks for it. Where it is not known, there is no such property. */
  readonly requestId?: string;
  /** What is wrong with single fields; v1 only. */
  readonly fieldErrors!: readonly FieldError[];
  /** How many milliseconds to wait before another try. Where Astro does not say so, there is no such property. */
  readonly retryAfterMs?: number;
  /** What to do about it. Where the status does not tell, there is no such property. */
  readonly help?: string;
  /**
   * A secret that came with an answer which cannot be read: the token exists, and nobody will be told its value again.
   * Where there was none, there is no such property.
   */
  readonly secret?: Secret;

  /** @internal */
  constructor({ message, ...refusal }: Refusal, secret?: Secret) {
    super(message);
    Object.assign(this, refusal, secret === undefined ? {} : { secret });
  }
}

/** Whether this is an {@link ApiError}, also one of another copy of this package or another realm. */
export function isApiError(error: unknown): error is ApiError {
  return isA(error, "ApiError");
}

/** There is no answer: nobody knows what became of the request, unless it surely was not sent. */
export class TransportError extends AstroTokensError {
  static {
    named(this, "TransportError");
  }

  /** Whether the request may have arrived and taken effect. */
  readonly mayHaveArrived: boolean;

  /** `cause` is what the HTTP client threw. */
  constructor(message: string, options: ErrorOptions & { readonly mayHaveArrived: boolean }) {
    super(message, options);
    this.mayHaveArrived = options.mayHaveArrived;
  }
}

/** Whether this is a {@link TransportError}, also one of another copy of this package or another realm. */
export function isTransportError(error: unknown): error is TransportError {
  return isA(error, "TransportError");
}

/** A token that fits what was asked for. */
export interface Candidate {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Its scope. */
  readonly scope: Scope | (string & {});
  /** Identifies its secret without revealing it. */
  readonly shortToken: string;
  /** When it was created, in RFC 3339. */
  readonly createdAt: string;
  /** Who created it: the name of a user or a token, or else an id. Where Astro does not say, there is no such property. */
  readonly createdBy?: string;
  /** When it was last used, in RFC 3339; absent: never. */
  readonly lastUsedAt?: string;
  /** What a rotation, or a create with an idempotency key, has written about it. */
  readonly mark?: Mark;
}

/** What there is to say about a failure. */
interface Failure {
  readonly message: string;
  readonly work: Work;
  readonly code: FailureCode;
  readonly detail: string;
  readonly help?: string;
  readonly done: readonly string[];
  readonly notDone: readonly string[];
  readonly unclear: readonly string[];
  readonly effects: readonly Effect[];
  readonly candidates: readonly Candidate[];
  readonly warnings: readonly Problem[];
}

/**
 * A conversation failed. It says exactly what stands, in sentences for people, and hands over any secret that came on the
 * way. Its message says all of it.
 *
 * ```text
 * rotate_token failed: Astro answered 403 Forbidden: no right to delete (request id req-7)
 *   done: created the token `clnew`, which replaces `clold`
 *   done: stored the secret of `clnew`
 *   not done: delete the token `clold`
 * ```
 *
 * Its `cause` is an {@link ApiError}, a {@link TransportError}, or what the caller threw or aborted with.
 */
export class ConversationError extends AstroTokensError {
  static {
    named(this, "ConversationError");
  }

  /** The work: `rotate_token`. */
  readonly work!: Work;
  /** In which way it failed. */
  readonly code!: FailureCode;
  /** What happened. */
  readonly detail!: string;
  /** What to do about it. Where there is nothing to say, there is no such property. */
  readonly help?: string;
  /** What was done before, in order. Frozen, as are the other lists. */
  readonly done!: readonly string[];
  /** What was not done any more. */
  readonly notDone!: readonly string[];
  /** What nobody knows: look at it before trying again. */
  readonly unclear!: readonly string[];
  /** The same three lists in one, for programs: token by token, in the order in which it happened. */
  readonly effects!: readonly Effect[];
  /** The tokens that it may be about. */
  readonly candidates!: readonly Candidate[];
  /** What was worth a look until then. */
  readonly warnings!: readonly Problem[];
  /**
   * The last secret that was received; nobody will be told its value again. Where there was none, there is no such
   * property.
   */
  readonly secret?: Secret;

  /** @internal */
  constructor({ message, ...failure }: Failure, cause?: unknown, secret?: Secret) {
    super(message, cause === undefined ? {} : { cause });
    Object.assign(this, failure, secret === undefined ? {} : { secret });
  }
}

/** Whether this is a {@link ConversationError}, also one of another copy of this package or another realm. */
export function isConversationError(error: unknown): error is ConversationError {
  return isA(error, "ConversationError");
}
