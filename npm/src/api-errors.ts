/** The errors of the other side: Astro refused, or nobody knows. They come from the entries that read answers. */

import { AstroTokensError, isA, named } from "./errors.js";
import type { Secret } from "./secret.js";

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
