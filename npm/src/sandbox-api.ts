import * as glue from "../wasm/sandbox_bg.js";
import { checkBoolean, checkFunction, checkNumber, checkObject, checkOptions, checkText } from "./checks.js";
import { instance, run } from "./core.js";
import { AstroTokensError } from "./errors.js";
import type { Answered, Asked, AskedWith } from "./platform.js";
import { Secret } from "./secret.js";
import { ApiToken, Beside, type Subject, type TokenRole } from "./token.js";
import { inProcess, sleep } from "./transport.js";
import type { Kind, Scope } from "./vocabulary.js";

/** A rule that makes requests go wrong. It counts the requests that it is about; not given: every request. */
export interface Fault {
  /** Only requests with this method, in any case. */
  method?: "GET" | "POST" | "DELETE" | "get" | "post" | "delete";
  /** Only requests whose path ends with these segments, where `*` stands for any one: `/rotate`, `/tokens/*`. */
  path?: string;
  /** From the nth of those requests on. Default: 1. */
  nth?: number;
  /** For so many of them. Default: 1. */
  times?: number;
  /**
   * What happens. `status`: this answer comes, and the request takes no effect. `status_after`: it takes effect, and
   * this status is answered. `delay`: the answer takes its time. `not_sent`: no connection can be made. `lost_before` and
   * `lost_after`: the connection breaks before or after the request takes effect. `garbage`: it takes effect, and the
   * answer has this body, or the HTML of a proxy. `cut_short`: it takes effect, and half of its answer is missing.
   */
  effect: "status" | "status_after" | "delay" | "not_sent" | "lost_before" | "lost_after" | "garbage" | "cut_short";
  /** Of `status` and `status_after`. */
  status?: number;
  /** Of `status`: the header `retry-after`, in seconds. */
  retryAfterS?: number;
  /** Of `status` and `garbage`. */
  body?: string;
  /** Of `delay`: how many milliseconds. */
  ms?: number;
}

/** A token as an administrator of the sandbox makes it. */
export interface NewToken {
  /** The name. */
  name: string;
  /** The role on the entity of its scope. */
  role: string;
  /** Default: `ORGANIZATION`. */
  scope?: Scope;
  /** The id of the Workspace or Deployment. */
  entityId?: string;
  /** Default: the first Organization in the sandbox. */
  organizationId?: string;
  /** Further roles, as the API writes them. */
  roles?: readonly TokenRole[];
  /** Default: empty. */
  description?: string;
  /** Not given: it never expires. */
  expirationDays?: number;
  /** Default: `STANDARD`. */
  kind?: Kind;
  /** Default: a user of the sandbox. */
  createdBy?: Subject;
}

/** A request as the sandbox remembers it, without credential and body. */
export interface Seen {
  /** The method: `POST`. */
  readonly method: string;
  /** The path with what stands before the version: `/v1/organizations/clorg/tokens`. */
  readonly path: string;
  /** The query, percent-encoded and without the question mark; empty where there was none. */
  readonly query: string;
  /** The status that was answered; `null`: no answer came back. */
  readonly status: number | null;
  /** The status that the API itself came to, although the caller may not have seen it; `null`: it did not get there. */
  readonly handled: number | null;
}

/** How to make a sandbox. */
export interface SandboxOptions {
  /** A state that `JSON.stringify` made of another one, as text or parsed. */
  state?: string | object | undefined;
  /** With nothing in it, to be filled by `addOrganization` and so on. Default: `false`. */
  empty?: boolean | undefined;
  /** Whether the documented rate limits are kept. Default: `true`. */
  rateLimits?: boolean | undefined;
  /** The time in milliseconds since 1970. Default: `Date.now`. */
  now?: (() => number) | undefined;
}

/** Frees what a sandbox that nobody has any more holds in the core. */
const abandoned = new FinalizationRegistry<Place>(({ core, number }) => {
  if (core === instance()) glue.close_sandbox(number);
});

/** Where a sandbox is in the core. */
interface Place {
  readonly core: object;
  readonly number: number;
}

/**
 * An Astro API in memory: organizations, workspaces, deployments and tokens, and answers as Astro documents them. It needs
 * no network.
 *
 * At first it has the Organization `clorg`, in it the Workspaces `clws` and `clws2`, in the first the Deployments `cldep`
 * and `cldep2` and in the second `cldep3`, and one token that owns all of it.
 *
 * ```js
 * const sandbox = new Sandbox();
 * const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch });
 * ```
 */
export class Sandbox {
  readonly #place: Place;
  readonly #now: () => number;

  /** @throws {AstroTokensError} where the state is none. */
  constructor(options: SandboxOptions = {}) {
    checkOptions("the options of a sandbox", options, ["state", "empty", "rateLimits", "now"]);
    const { state, empty = false, rateLimits, now = Date.now } = options;
    checkBoolean("`empty`", empty);
    checkFunction("`now`", now);
    if (state !== undefined && typeof state !== "string") checkObject("`state`", state);
    const text = state === undefined || typeof state === "string" ? state : JSON.stringify(state);
    const core = instance();
    const number = run(() => (text === undefined ? glue.open_sandbox(empty) : (glue.sandbox_of_json(text) as number | string)));
    if (typeof number === "string") throw new AstroTokensError(number);
    this.#place = { core, number };
    this.#now = now;
    abandoned.register(this, this.#place);
    if (rateLimits !== undefined) this.setRateLimits(rateLimits);
  }

  /** The secret of the token that owns the first Organization, where the sandbox was not `empty`. Always the same. */
  get ownerToken(): Secret {
    return new Secret(run(() => glue.sandbox_owner() as string));
  }

  /**
   * Answers like `fetch`, in place of it: hand it to whatever sends requests. Everything that does not look like Astro's
   * API is answered with 404.
   */
  readonly fetch: (input: Asked, init?: AskedWith) => Promise<Answered> = Object.assign(
    (input: Asked, init?: AskedWith) => this.#answerFetch(input, init),
    { [inProcess]: true },
  );

  async #answerFetch(input: Asked, init?: AskedWith): Promise<Answered> {
    const request = new Request(input, init as RequestInit);
    const body = new Uint8Array(await request.arrayBuffer());
    request.signal.throwIfAborted();
    const { delayMs, response } = this.answer(request.method, request.url, request.headers.get("authorization"), body);
    if (delayMs > 0) await sleep(delayMs, request.signal);
    request.signal.throwIfAborted();
    if (typeof response === "string") throw broken(response);
    const { status, headers } = response;
    return new Response(status === 204 ? null : response.body, { status, headers });
  }

  /**
   * Answers a request of which only the parts are at hand; for servers. `authorization` is the value of that header, the
   * URL may be a path with its query.
   */
  answer(method: string, url: string, authorization: string | null, body: Uint8Array): Reply {
    const { number } = this.#place;
    checkText("the method", method);
    checkText("the URL", url);
    if (authorization != null) checkText("the authorization", authorization);
    if (Object.prototype.toString.call(body) !== "[object Uint8Array]") throw new TypeError("the body has to be a Uint8Array");
    const nowMs = this.#time();
    const told = this.#run(() => glue.sandbox_answer(number, method.toUpperCase(), url, authorization, body, nowMs) as Told);
    const [delayMs, outcome, status, list, content] = told;
    if (outcome !== "response") return { delayMs, response: outcome };
    const headers: [string, string][] = [];
    for (let at = 0; at < list.length; at += 2) headers.push([list[at]!, list[at + 1]!]);
    return { delayMs, response: { status, headers, body: content } };
  }

  /** Turns the documented rate limits on or off. */
  setRateLimits(on: boolean): void {
    checkBoolean("whether the rate limits are kept", on);
    this.#run(() => glue.set_rate_limits(this.#place.number, on));
  }

  /** Adds an Organization, or renames the one of this id. */
  addOrganization(id: string, name: string): void {
    checkText("the id", id);
    checkText("the name", name);
    this.#run(() => glue.add_organization(this.#place.number, id, name));
  }

  /** Adds a Workspace, or renames the one of this id. An Organization that does not exist yet is made. */
  addWorkspace(organizationId: string, id: string, name: string): void {
    checkText("the id of the Organization", organizationId);
    checkText("the id", id);
    checkText("the name", name);
    this.#run(() => glue.add_workspace(this.#place.number, organizationId, id, name));
  }

  /** Adds a Deployment, or renames the one of this id. A Workspace that does not exist yet is made. */
  addDeployment(workspaceId: string, id: string, name: string): void {
    checkText("the id of the Workspace", workspaceId);
    checkText("the id", id);
    checkText("the name", name);
    this.#run(() => glue.add_deployment(this.#place.number, workspaceId, id, name));
  }

  /**
   * Makes a token as an administrator would, without a request, and returns it with its secret.
   *
   * @throws {AstroTokensError} where it cannot be one.
   */
  addToken(token: NewToken): ApiToken & { readonly token: Secret } {
    const json = snake("a token to add", token, tokenFields);
    const nowMs = this.#time();
    const told = this.#run(() => glue.add_token(this.#place.number, json, nowMs) as Tokens | string);
    if (typeof told === "string") throw new AstroTokensError(camel(told, tokenFields));
    return tokens(told)[0] as ApiToken & { readonly token: Secret };
  }

  /**
   * Adds a rule that makes requests go wrong.
   *
   * @throws {AstroTokensError} where there is no such rule.
   * @throws {TypeError} where a field is unknown or of another type.
   */
  fault(fault: Fault): void {
    const json = snake("a fault", fault, faultFields);
    const { method } = fault;
    if (method !== undefined && !/^(get|post|delete)$/i.test(method)) {
      throw new AstroTokensError("not a fault: `method` is one of `GET`, `POST` and `DELETE`");
    }
    const wrong = this.#run(() => glue.add_fault(this.#place.number, json));
    if (wrong !== undefined) throw new AstroTokensError(camel(wrong, faultFields));
  }

  /** Takes all those rules away. */
  clearFaults(): void {
    this.#run(() => glue.clear_faults(this.#place.number));
  }

  /** Every token that stands, in the order of their creation and without secrets. */
  tokens(): ApiToken[] {
    return tokens(this.#run(() => glue.sandbox_tokens(this.#place.number) as Tokens));
  }

  /** What was asked so far; at most the last 10,000 requests. */
  requests(): Seen[] {
    return this.#run(() => glue.sandbox_requests(this.#place.number) as Seen[]);
  }

  /** Its state. It holds hashes of secrets and never a secret. */
  toJSON(): object {
    return JSON.parse(this.#run(() => glue.sandbox_json(this.#place.number))) as object;
  }

  #time(): number {
    const nowMs = this.#now();
    checkNumber("what `now` returns", nowMs);
    return nowMs;
  }

  #run<T>(work: () => T): T {
    if (this.#place.core !== instance()) throw new AstroTokensError("the WebAssembly core stopped since, and the sandbox is lost");
    return run(work, "and the sandbox is lost");
  }
}

/** What a sandbox does with a request. */
export interface Reply {
  /** How many milliseconds the answer takes. */
  readonly delayMs: number;
  /** The answer; or that no connection can be made, or that it breaks before an answer comes. */
  readonly response:
    | { readonly status: number; readonly headers: [string, string][]; readonly body: Uint8Array<ArrayBuffer> }
    | "not_sent"
    | "lost";
}

type Tokens = [kind: "tokens", json: string, times: Float64Array, ...secrets: string[]];
type Told =
  | [delayMs: number, outcome: "response", status: number, headers: string[], body: Uint8Array<ArrayBuffer>]
  | [delayMs: number, outcome: "not_sent" | "lost", status: never, headers: never, body: never];

function tokens([, json, times, ...values]: Tokens): ApiToken[] {
  const aside = new Beside(times, values.map((value) => new Secret(value)));
  return (JSON.parse(json) as Record<string, unknown>[]).map((token) => new ApiToken(token, aside));
}

/** What `fetch` of Node throws in such a case. */
function broken(outcome: "not_sent" | "lost"): TypeError {
  const [message, code] =
    outcome === "not_sent" ? ["the sandbox refuses the connection", "ECONNREFUSED"] : ["other side closed", "UND_ERR_SOCKET"];
  return new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });
}

/** What a field has to be. */
type Check = (name: string, value: unknown) => void;

const faultFields: Readonly<Record<keyof Fault, Check>> = {
  method: checkText,
  path: checkText,
  nth: checkCount,
  times: checkCount,
  effect: checkText,
  status: checkCount,
  retryAfterS: checkCount,
  body: checkText,
  ms: checkCount,
};

const tokenFields: Readonly<Record<keyof NewToken, Check>> = {
  name: checkText,
  role: checkText,
  scope: checkText,
  entityId: checkText,
  organizationId: checkText,
  roles: checkObject,
  description: checkText,
  expirationDays: checkCount,
  kind: checkText,
  createdBy: checkObject,
};

function checkCount(name: string, value: unknown): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32) return;
  throw new TypeError(`${name} has to be a whole number from 0`);
}

/** A name as the core has it. */
const spelt = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The JSON of the core, which has its names in snake case. @throws {TypeError} where a field is none, or of another type. */
function snake(what: string, value: object, checks: Readonly<Record<string, Check>>): string {
  checkOptions(what, value, Object.keys(checks));
  const given = Object.entries(value).filter(([, field]) => field !== undefined);
  for (const [name, field] of given) checks[name]!(`\`${name}\``, field);
  return JSON.stringify(Object.fromEntries(given.map(([name, field]) => [spelt(name), field])));
}

/** A message of the core about such JSON, in the words of the object that it was made of. */
function camel(message: string, checks: object): string {
  const names = new Map(Object.keys(checks).map((name) => [spelt(name), name]));
  return message
    .replace(/ at line \d+ column \d+/, "")
    .replace(/`(\w+)`/g, (quoted, name: string) => (names.has(name) ? `\`${names.get(name)}\`` : quoted));
}
