import { asCurl } from "./core.js";
import { AstroTokensError, type Problem } from "./errors.js";
import type { Answer } from "./token.js";

/** Registered, so that the entries of this package, which are bundled apart, know each other's requests. */
const brand = Symbol.for("astro-tokens/request");

/**
 * Whether this is a request, also one of another entry or copy of this package.
 *
 * @internal
 */
export function isTokenRequest(value: unknown): value is TokenRequest {
  return typeof value === "object" && value !== null && brand in value;
}

/**
 * One HTTP request, without the credential.
 *
 * Whoever sends it adds `authorization: Bearer …`, so a request can be printed, logged, compared and stored. It is made
 * to be spread into `fetch`:
 *
 * ```js
 * await fetch(request.url, { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
 * ```
 *
 * It is not called `Request` because an import of that name would hide the global `Request` of `fetch`, which is another
 * thing: that one is read once and holds what will be sent, the credential included.
 *
 * @typeParam A - What Astro answers to it: the entry `astro-tokens/client` reads that.
 */
export class TokenRequest<A extends Answer = Answer> {
  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  /** `GET`, `POST` or `DELETE`. */
  readonly method: string;
  /** The absolute URL, percent-encoded. */
  readonly url: string;
  /** The headers, with lower-case names: `accept`, and `content-type` where there is a body. Frozen. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, JSON. Where there is none, there is no such property. */
  readonly body?: string;
  readonly #warnings: readonly Problem[];
  /** What Astro answers. For the compiler alone: there is no such property. */
  declare protected readonly answer?: A;

  private constructor(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
    warnings: readonly Problem[],
  ) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    if (body !== undefined) this.body = body;
    this.#warnings = warnings;
  }

  /** @internal */
  static of(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
    warnings: readonly Problem[],
  ): TokenRequest {
    return new this(method, url, headers, body, warnings);
  }

  /** What is worth a look although it does not stop the request. No part of its identity: not enumerable. Frozen. */
  get warnings(): readonly Problem[] {
    return this.#warnings;
  }

  /**
   * The request as a `curl` command for a POSIX shell.
   *
   * The credential is a reference to the variable `ASTRO_API_TOKEN`, so the command can be shown to anybody and runs
   * where that variable is set.
   */
  asCurl(): string {
    const curl = asCurl(this);
    if (curl === undefined) throw new AstroTokensError(`\`${this.method}\` is not a method of this API`);
    return curl;
  }
}
