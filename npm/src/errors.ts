import type { ProblemCode, Severity } from "./vocabulary.js";

/** One finding. All problems, from every version of this library in every language, have this shape. */
export interface Problem {
  /** What kind of problem it is. Match on this rather than on messages, which may be reworded in any release. */
  readonly code: ProblemCode;
  /** `error` stops the request; `warning` travels beside it. With `strict`, every problem is an error. */
  readonly severity: Severity;
  /** Where it is: `expirationDays`, `roles[1].entityId`. `null`: the whole input. */
  readonly field: string | null;
  /** What is wrong: starts in lower case, has no final period, shows user input in backticks. */
  readonly message: string;
  /** What to do about it; where a value is close to a valid one, this names it. */
  readonly help: string | null;
  /** Which part of a command line it is about. `null`: there is none. */
  readonly span: Span | null;
}

/** A half-open range of a command line in UTF-16 code units, as `slice` takes it. */
export interface Span {
  /** The position of the argument in the list, where the command was a list. */
  readonly argument?: number;
  /** Where the range begins. */
  readonly start: number;
  /** Where it has ended. */
  readonly end: number;
}

/** Registered, so that another copy of this package, or another realm, has the same. */
const kind = Symbol.for("astro-tokens/error");

/**
 * Whether this is an error of the class of this name, also one of another copy of this package or another realm.
 *
 * @internal
 */
export function isA(error: unknown, name: string): boolean {
  const kinds = (error as { [kind]?: unknown } | null | undefined)?.[kind];
  return Array.isArray(kinds) && kinds.includes(name);
}

/**
 * Gives the class of an error its name, and the kinds that it is recognised by.
 *
 * @internal
 */
export function named({ prototype }: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(prototype, "name", { value: name });
  Object.defineProperty(prototype, kind, { value: ["AstroTokensError", name] });
}

/** The base of all errors that this library throws by itself. */
export class AstroTokensError extends Error {
  static {
    named(this, "AstroTokensError");
  }
}

/** The caller's mistake: nothing was built and nothing was sent. Its message lists all problems. */
export class ValidationError extends AstroTokensError {
  static {
    named(this, "ValidationError");
  }

  /** All that was found, warnings too, in the order of the fields. At least one is an error. Frozen. */
  readonly problems: readonly Problem[];

  /** @internal */
  constructor(message: string, problems: readonly Problem[]) {
    super(message);
    this.problems = problems;
  }
}

/** Whether this is an {@link AstroTokensError}, also one of another copy of this package or another realm. */
export function isAstroTokensError(error: unknown): error is AstroTokensError {
  return isA(error, "AstroTokensError");
}

/** Whether this is a {@link ValidationError}, also one of another copy of this package or another realm. */
export function isValidationError(error: unknown): error is ValidationError {
  return isA(error, "ValidationError");
}

/**
 * The outcome of the core, or the error that it ended with, thrown.
 *
 * @internal
 */
export function valid<T>(outcome: T | ValidationError): T {
  if (outcome instanceof ValidationError) throw outcome;
  return outcome;
}
