import * as glue from "../wasm/client_bg.js";
import { ApiError } from "./api-errors.js";
import { checkObject, checkText } from "./checks.js";
import { run } from "./core.js";
import type { TokenRequest } from "./request.js";
import { partsOf, type ResponseParts } from "./response.js";
import { Secret } from "./secret.js";
import { type Answer, ApiToken, Beside, SubjectRoles, TokenPage } from "./token.js";

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
  checkObject("the answer", response);
  // Read once: it may be anything.
  const { status, headers, body } = response;
  const parts = partsOf({ status, headers, body });
  const parse = (plainly: boolean): Told => {
    const told = run(
      () => glue.parse_answer(method, url, ...parts, plainly) as Told | undefined,
      "but the answer was there before: look at it yourself",
    );
    if (told === undefined) throw new TypeError(`\`${method} ${url}\` is no request of this API`);
    return told;
  };
  const told = parse(true);
  if (!(told instanceof Float64Array)) return answer(told);
  const json = parsed(typeof body === "string" ? body : decoder.decode(parts[2]));
  return json === undefined ? answer(parse(false) as Described) : new TokenPage(json, new Beside(told, []));
}

/** What the core makes of an answer: see `bindings/wasm/src/answer.rs`. */
type Told = Described | Float64Array;
type Described =
  | [kind: keyof typeof classes, json: string, times: Float64Array, ...secrets: string[]]
  | [kind: "error", error: ConstructorParameters<typeof ApiError>[0], times: Float64Array, ...secrets: string[]];

const classes = { token: ApiToken, page: TokenPage, roles: SubjectRoles, nothing: undefined } as const;

function answer([kind, content, times, ...values]: Described): Answer {
  const secrets = values.map((value) => new Secret(value));
  if (kind === "error") throw new ApiError(content, secrets[0]);
  const Class = classes[kind];
  return Class && new Class(JSON.parse(content), new Beside(times, secrets));
}

const decoder = new TextDecoder();

/** The object that the text is, if it is JSON. */
function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
