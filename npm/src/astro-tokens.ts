import { Api } from "./batch-api.js";
import { baseUrlOfDomain, type Claims, credentialFromEnv, type Environment, inspectToken } from "./claims.js";
import { checkFunction, checkObject, checkOptions, checkText } from "./checks.js";
import type { Conversation, ConversationEvent, Step } from "./conversation.js";
import { type Problem, ValidationError } from "./errors.js";
import type { ApiOptions } from "./inputs.js";
import { isSecret, Secret } from "./secret.js";
import { Session, type SessionOptions } from "./session.js";
import { held, parted, proved, type RunOptions, type Store, stored, type WithStore } from "./store.js";
import type { ApiToken, IssuedToken, TokenPage } from "./token.js";
import { clock, type Fetch, inProcess, send, sleep } from "./transport.js";
import type { Work } from "./vocabulary.js";
import type {
  ChangeTokenInput,
  CloneTokenInput,
  CreationInput,
  DeletionInput,
  FindTokenInput,
  FinishRotationInput,
  RemoveTokenRoleInput,
  RoleChange,
  Rotation,
  RotationInput,
  TokenRoleInput,
  TokensInput,
  TokenUpdate,
  Works,
} from "./works.js";

/** Whom to be, where Astro is, and how to reach it. Everything has a default. */
export interface AstroTokensOptions
  extends Omit<ApiOptions, "organizationId">, Pick<SessionOptions, "attempts" | "patienceMs" | "rateLimits"> {
  /** The API token to authenticate with. Default: `ASTRO_API_TOKEN` of the environment. */
  token?: string | Secret | undefined;
  /** The id of the Organization. Default: the one that the token belongs to. */
  organizationId?: string | undefined;
  /** The domain of Astro, in place of a `baseUrl`. Default: `ASTRO_DOMAIN` of the environment, or `astronomer.io`. */
  domain?: string | undefined;
  /** The environment. Default: `process.env`, where there is one. */
  env?: Environment | undefined;
  /** What sends requests. Default: the global `fetch`. */
  fetch?: Fetch | undefined;
  /** How many milliseconds one request may take. Default: 30,000. */
  timeoutMs?: number | undefined;
  /** Called with what is worth a look although it stops nothing. */
  onWarning?: ((warning: Problem) => unknown) | undefined;
}

/** The longest that a timer can be set to. */
const longestTimeout = 2 ** 31 - 1;

/**
 * Astro's API tokens: created, found, changed, rotated and deleted, with retries, rate limits kept, and errors that say
 * what stands. Each method is one conversation of several requests.
 *
 * ```js
 * const astro = new AstroTokens(); // ASTRO_API_TOKEN, and the Organization that it belongs to
 * const created = await astro.createToken({ name: "CI", role: "ORGANIZATION_MEMBER", expirationDays: 90 });
 * created.token.expose();
 * for await (const token of astro.tokens({ workspaceId: "clws" })) console.log(token.name);
 * await astro.rotateToken({ tokenName: "CI", overlap: true, store: (secret) => vault.write(secret.expose()) });
 * ```
 *
 * Every method may throw a `ValidationError` (nothing was sent) or a `ConversationError` (what stands, and any secret that
 * came on the way). Aborted by a `signal`, it throws the signal's reason where nothing was done, and else a
 * `ConversationError` whose cause is that reason.
 */
export class AstroTokens {
  /** The `Api`: builds single requests. */
  readonly api: Api;
  /** What the token says about itself. */
  readonly claims: Claims;
  readonly #session: Session;
  readonly #token: Secret;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;
  readonly #onWarning: ((warning: Problem) => void) | undefined;

  /** @throws {ValidationError} where there is no credential, where it is none of Astro's, or with the options' problems. */
  constructor(options: AstroTokensOptions = {}) {
    checkObject("the options", options);
    checkNames(options);
    const { token, organizationId, domain, fetch, timeoutMs = 30_000, onWarning, ...others } = options;
    const { attempts, patienceMs, env = environment(), rateLimits: limits, ...settings } = others;
    checkFunction("`fetch`", fetch);
    const rateLimits = limits === undefined && fetch && inProcess in fetch ? false : limits;
    checkFunction("`onWarning`", onWarning);
    checkObject("`env`", env);
    if (domain != null && settings.baseUrl != null) throw new TypeError("`domain` and `baseUrl` both say where Astro is: give one of them");
    const place = domain ?? env["ASTRO_DOMAIN"] ?? "";
    checkText(domain == null ? "`ASTRO_DOMAIN`" : "`domain`", place);
    if (typeof timeoutMs !== "number" || !(timeoutMs > 0 && timeoutMs <= longestTimeout)) {
      throw new TypeError("timeoutMs has to be a positive number, below 25 days");
    }
    const credential = token === undefined ? credentialFromEnv(env) : { token: secretOf(token), warnings: [], source: undefined };
    this.#token = credential.token;
    this.claims = claimsOf(credential.token, credential.source);
    this.api = new Api({
      ...settings,
      organizationId: organizationId ?? this.claims.organizationId,
      baseUrl: settings.baseUrl ?? baseUrlOfDomain(place),
    });
    this.#session = new Session(this.api, { tokenId: this.claims.tokenId, attempts, patienceMs, rateLimits });
    // Read when it is used, so that what replaces the global one in tests is found.
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#timeoutMs = timeoutMs;
    this.#onWarning = onWarning;
    this.#warn(credential.warnings);
    if (this.api.organizationId !== this.claims.organizationId) this.#warn([elsewhere(this.claims.organizationId)]);
  }

  /**
   * Creates a token; its secret goes to the `store` first, where there is one. A create whose answer is lost is never sent
   * again. With an `idempotencyKey` the token is found and gets another secret; without one the error is `unknown`, and its
   * `candidates` are the tokens that may have been made.
   *
   * @returns The token with its secret, which is never shown again.
   */
  createToken(input: WithStore<CreationInput>, options?: RunOptions): Promise<IssuedToken> {
    return this.#store("create_token", input, options);
  }

  /**
   * Every token of the Organization, or of a Workspace or Deployment; pages are read as they are needed. Where what Astro lists
   * and what it says about the list do not agree, it throws a `ConversationError` with the code `unverifiable` after all tokens
   * that it could read.
   */
  async *tokens(input: TokensInput = {}, options?: RunOptions): AsyncGenerator<ApiToken, void, undefined> {
    for await (const { tokens } of this.#talk(() => this.#session.start("tokens", input), options)) {
      for (const token of tokens) {
        yield token;
        options?.signal?.throwIfAborted();
      }
    }
  }

  /** Finds one token by its id or name, and reads it with its roles. */
  findToken(input: FindTokenInput, options?: RunOptions): Promise<ApiToken> {
    return this.#run("find_token", input, options);
  }

  /** Creates a token like another one, on another Workspace or Deployment or under another name. */
  cloneToken(input: WithStore<CloneTokenInput>, options?: RunOptions): Promise<IssuedToken> {
    return this.#store("clone_token", input, options);
  }

  /** Changes name, description or role of a token; what is not given stays, and nothing is sent where nothing changes. */
  updateToken(input: ChangeTokenInput, options?: RunOptions): Promise<TokenUpdate> {
    return this.#run("update_token", input, options);
  }

  /** Gives a token a role on a Workspace or Deployment; another one that it has there is changed. */
  addTokenRole(input: TokenRoleInput, options?: RunOptions): Promise<RoleChange> {
    return this.#run("add_token_role", input, options);
  }

  /** Changes the role that a token has on a Workspace or Deployment. */
  changeTokenRole(input: TokenRoleInput, options?: RunOptions): Promise<RoleChange> {
    return this.#run("change_token_role", input, options);
  }

  /** Takes the role on a Workspace or Deployment from a token. */
  removeTokenRole(input: RemoveTokenRoleInput, options?: RunOptions): Promise<RoleChange> {
    return this.#run("remove_token_role", input, options);
  }

  /**
   * Replaces the secret of a token. By itself the old secret stops working at once. With `overlap` a new token takes the
   * place of the old one, which is deleted when the `store` has the new secret, or `keepOld` seconds later. Where the store
   * throws, both tokens live and the error (`not_stored`) names both; with {@link NotWritten} everything is as it was.
   */
  async rotateToken(input: WithStore<RotationInput>, options?: RunOptions): Promise<Rotation> {
    if (input?.store !== undefined && !input.overlap) {
      throw new TypeError("`store` is about a rotation with overlap; without, the secret is in what comes back");
    }
    return this.#store("rotate_token", input, options);
  }

  /**
   * Cleans up after rotations with overlap: deletes old tokens whose time is over, or with `now` before that, and completes
   * what was interrupted. Having nothing to do is a success. Of the `store` only `read` is used: it tells which token is in
   * use.
   */
  finishRotation(input: WithStore<FinishRotationInput>, options?: RunOptions): Promise<Rotation> {
    return this.#store("finish_rotation", input, options);
  }

  /** Deletes a token. Its secret stops working at once, and it cannot be brought back. */
  deleteToken(input: DeletionInput, options?: RunOptions): Promise<undefined> {
    return this.#run("delete_token", input, options);
  }

  /** The same as `#run`, with a store beside the input. */
  async #store<W extends Work>(work: W, input: WithStore<Works[W]["input"]>, options?: RunOptions): Promise<Works[W]["outcome"]> {
    const [fields, store] = parted<Works[W]["input"]>(input);
    return this.#run(work, fields, options, store);
  }

  async #run<W extends Work>(
    work: W,
    input: Works[W]["input"],
    options?: RunOptions,
    store?: Store,
  ): Promise<Works[W]["outcome"]> {
    const step = await this.#talk(() => this.#session.start(work, input), options, store).next();
    return step.value as Works[W]["outcome"];
  }

  /** Drives a conversation: yields the pages that it shows, and returns what comes of it. */
  async *#talk<T>(start: () => Conversation<T>, options: RunOptions = {}, store?: Store): AsyncGenerator<TokenPage, T> {
    const signal = signalOf(options);
    const now = clock();
    const conversation = start();
    try {
      signal?.throwIfAborted();
      for (let event: ConversationEvent = { type: "start" }; ; ) {
        if (event.type === "cancelled") throw conversation.cancel(now(), event.cause) ?? event.cause;
        const step: Step<T> = conversation.step(event, now());
        switch (step.type) {
          case "request":
            event = await send(this.#fetch, step.request, this.#token, this.#timeoutMs, signal);
            break;
          case "wait":
            event = await sleep(step.milliseconds, signal);
            break;
          case "prove":
            event = await proved(store, signal);
            break;
          case "read_store":
            event = await held(store, signal);
            break;
          case "store":
            event = await stored(store, step.secret, step.token, signal);
            break;
          case "page":
            yield step.page;
            event = signal?.aborted ? { type: "cancelled", cause: signal.reason } : { type: "next" };
            break;
          case "done":
            return step.outcome;
        }
      }
    } finally {
      conversation.close();
      this.#warn(conversation.warnings);
    }
  }

  /**
   * Drives the conversation that `start` begins.
   *
   * @internal
   */
  static talk<T>(
    astro: AstroTokens,
    start: (session: Session) => Conversation<T>,
    options: RunOptions,
    store: Store | undefined,
  ): AsyncGenerator<TokenPage, T> {
    return astro.#talk(() => start(astro.#session), options, store);
  }

  #warn(warnings: readonly Problem[]): void {
    for (const warning of warnings) {
      // A logger that throws, now or later, shall not cost anybody the secret that is on its way to them.
      try {
        Promise.resolve(this.#onWarning?.(warning)).catch(() => {});
      } catch {}
    }
  }
}

/** @throws {TypeError} */
function signalOf(options: RunOptions): AbortSignal | undefined {
  checkOptions("the options of a run", options, ["signal"]);
  const { signal } = options;
  if (signal === undefined) return undefined;
  checkObject("`signal`", signal);
  if (typeof signal.aborted !== "boolean" || typeof signal.addEventListener !== "function") {
    throw new TypeError("`signal` has to be an AbortSignal, such as the `signal` of an AbortController");
  }
  return signal;
}

/** Every option, for the help about one that does not exist. */
const optionNames: readonly (keyof AstroTokensOptions)[] = [
  "token",
  "organizationId",
  "domain",
  "baseUrl",
  "env",
  "fetch",
  "timeoutMs",
  "attempts",
  "patienceMs",
  "rateLimits",
  "onWarning",
  "apiVersion",
  "strict",
  "allowUnknownRoles",
  "workspaceId",
  "deploymentId",
];

/** @throws {ValidationError} with every option that does not exist. */
function checkNames(options: object): void {
  const unknown = Object.keys(options).filter((name) => !(optionNames as readonly string[]).includes(name));
  if (unknown.length === 0) return;
  const help = `the options are ${optionNames.map((name) => `\`${name}\``).join(", ")}`;
  const problems = unknown.map((field): Problem => {
    const message = `\`${field}\` is not an option of AstroTokens`;
    return Object.freeze({ code: "unknown_field", severity: "error", field, message, help, span: null });
  });
  const lines = problems.map(({ field, message }) => `\n${field}: ${message} (unknown_field)`).join("");
  throw new ValidationError(`nothing was sent${lines}\n  help: ${help}`, Object.freeze(problems));
}

/** The claims of a token; what is wrong with one of the environment is about the variable that it comes from. */
function claimsOf(token: Secret, variable: string | undefined): Claims {
  try {
    return inspectToken(token);
  } catch (error) {
    if (variable === undefined || !(error instanceof ValidationError)) throw error;
    const problems = error.problems.map((problem) => Object.freeze({ ...problem, field: variable }));
    throw new ValidationError(error.message.replace(/^token: /gm, `${variable}: `), Object.freeze(problems));
  }
}

/** The token is of another Organization than the one that was given: Astro will refuse nearly everything. */
function elsewhere(organizationId: string): Problem {
  return Object.freeze({
    code: "organization_mismatch",
    severity: "warning",
    field: "organizationId",
    message: `the token belongs to the Organization \`${organizationId}\``,
    help: "leave `organizationId` out, or use a token of that Organization",
    span: null,
  });
}

function secretOf(token: string | Secret): Secret {
  return isSecret(token) ? new Secret(token.expose()) : new Secret(token);
}

function environment(): Environment {
  return (globalThis as { process?: { env?: Environment } }).process?.env ?? {};
}
