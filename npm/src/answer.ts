import * as glue from "../wasm/client_bg.js";
import { ApiError } from "./api-errors.js";
import { run } from "./core.js";
import type { TokenRequest } from "./request.js";
import { Secret } from "./secret.js";
import { type Answer, ApiToken, type Beside, SubjectRoles, TokenPage } from "./token.js";

/** The answer to a request, as any HTTP client gets it. */
export interface ResponseParts {
  /** The status: 200. */
  readonly status: number;
  /** The headers: `Headers`, a `Map` or another list of pairs, or an object; the names in any case. */
  readonly headers?:
    | Iterable<readonly [string, string]>
    | Readonly<Record<string, string | readonly string[] | undefined>>
    | undefined;
  /** The whole body. */
  readonly body?: string | Uint8Array | null | undefined;
}

const encoder = new TextEncoder();
const empty = new Uint8Array();

/**
 * Reads the answer to a request. The request may be one that was stored and parsed again.
 *
 * ```js
 * const request = api.getToken({ tokenId: "clm8q7f6q000008lcgyougpsk" });
 * const { status, headers, body } = await send(request);
 * const token = parseAnswer(request, { status, headers, body });
 * ```
 *
 * @returns An {@link ApiToken} for create, get, update and rotate, a {@link TokenPage} for lists, {@link SubjectRoles} for
 *   new roles, `undefined` for delete.
 * @throws {ApiError} where Astro refused, or where its answer cannot be read.
 */
export function parseAnswer<A extends Answer>(request: TokenRequest<A>, response: ResponseParts): A;
export function parseAnswer(request: Pick<TokenRequest, "method" | "url">, response: ResponseParts): Answer;
export function parseAnswer({ method, url }: Pick<TokenRequest, "method" | "url">, response: ResponseParts): Answer {
  const status = statusOf(response);
  const headers = headersOf(response);
  const body = bodyOf(response);
  const read = run(
    () => glue.parse_answer(method, url, status, headers, body) as Read | undefined,
    "but the answer was there before: look at it yourself",
  );
  if (read === undefined) throw new TypeError(`\`${method} ${url}\` is no request of this API`);
  const [kind, content, times, ...values] = read;
  const secrets = values.map((value) => new Secret(value));
  if (kind === "error") throw new ApiError(content, secrets[0]);
  const beside: Beside = {
    time: Array.from(times, (millis) => new Date(millis)).values(),
    secret: secrets.values(),
  };
  const Class = classes[kind];
  return Class && new Class(JSON.parse(content), beside);
}

/** What the core makes of an answer: see `bindings/wasm/src/answer.rs`. */
type Read =
  | [kind: keyof typeof classes, json: string, times: Float64Array, ...secrets: string[]]
  | [kind: "error", error: ConstructorParameters<typeof ApiError>[0], times: Float64Array, ...secrets: string[]];

const classes = { token: ApiToken, page: TokenPage, roles: SubjectRoles, nothing: undefined } as const;

function statusOf({ status }: ResponseParts): number {
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new TypeError("the status of the answer has to be a number of three digits");
  }
  return status;
}

/** Names and values in turn. */
function headersOf({ headers }: ResponseParts): string[] {
  if (headers === undefined) return [];
  const pairs: Iterable<readonly [string, unknown]> = Symbol.iterator in headers ? headers : Object.entries(headers);
  const list: string[] = [];
  for (const [name, values] of pairs) {
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value !== undefined) list.push(String(name), String(value));
    }
  }
  return list;
}

function bodyOf({ body = null }: ResponseParts): Uint8Array {
  if (typeof body === "string") return encoder.encode(body);
  if (body === null) return empty;
  // In every realm: `instanceof` knows the bytes of this one alone.
  if (Object.prototype.toString.call(body) === "[object Uint8Array]") return body;
  throw new TypeError("the body of the answer has to be a string or bytes: `await response.text()`");
}
