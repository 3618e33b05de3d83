import * as glue from "../wasm/client_bg.js";
import { ApiError } from "./api-errors.js";
import { checkObject, checkText } from "./checks.js";
import { run } from "./core.js";
import type { TokenRequest } from "./request.js";
import { partsOf, type ResponseParts } from "./response.js";
import { Secret } from "./secret.js";
import { type Answer, ApiToken, beside, SubjectRoles, TokenPage } from "./token.js";

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
export function parseAnswer(request: Pick<TokenRequest, "method" | "url">, response: ResponseParts): Answer {
  checkObject("the request", request);
  const { method, url } = request;
  checkText("`method` of the request", method);
  checkText("`url` of the request", url);
  const parts = partsOf(response);
  const read = run(
    () => glue.parse_answer(method, url, ...parts) as Read | undefined,
    "but the answer was there before: look at it yourself",
  );
  if (read === undefined) throw new TypeError(`\`${method} ${url}\` is no request of this API`);
  const [kind, content, times, ...values] = read;
  const secrets = values.map((value) => new Secret(value));
  if (kind === "error") throw new ApiError(content, secrets[0]);
  const Class = classes[kind];
  return Class && new Class(JSON.parse(content), beside(times, secrets));
}

/** What the core makes of an answer: see `bindings/wasm/src/answer.rs`. */
type Read =
  | [kind: keyof typeof classes, json: string, times: Float64Array, ...secrets: string[]]
  | [kind: "error", error: ConstructorParameters<typeof ApiError>[0], times: Float64Array, ...secrets: string[]];

const classes = { token: ApiToken, page: TokenPage, roles: SubjectRoles, nothing: undefined } as const;
