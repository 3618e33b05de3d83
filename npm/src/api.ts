import { build, create, open, Operation, type Settings } from "./core.js";
import { valid } from "./errors.js";
import type {
  ApiOptions,
  CreateTokenInput,
  DeleteTokenInput,
  GetTokenInput,
  ListTokensInput,
  RotateTokenInput,
  UpdateTokenInput,
  UpdateTokenRolesInput,
} from "./inputs.js";
import type { TokenRequest } from "./request.js";
import type { ApiToken, IssuedToken, SubjectRoles, TokenPage } from "./token.js";
import type { ApiVersion } from "./vocabulary.js";

/**
 * An Organization, the version of the API, and how strict to be: what all requests share.
 *
 * It holds no credential and sends nothing: each method validates its input and builds the request that does it.
 *
 * ```js
 * const api = new Api({ organizationId: "clorg" });
 * const request = api.createToken({ name: "CI", role: "WORKSPACE_MEMBER", workspaceId: "clws", expirationDays: 30 });
 * ```
 */
export class Api {
  /** The id of the Organization. */
  readonly organizationId!: string;
  /** The version of the API. */
  readonly apiVersion!: ApiVersion;
  /** Where the API is, without the version and without slashes at the end. */
  readonly baseUrl!: string;
  /** Whether warnings are errors. */
  readonly strict!: boolean;
  /** Whether roles that this release does not know are let through. */
  readonly allowUnknownRoles!: boolean;
  /** The current Workspace, for commands that do not name one. Where there is none, there is no such property. */
  readonly workspaceId?: string;
  /** The current Deployment, for commands that do not name one. Where there is none, there is no such property. */
  readonly deploymentId?: string;
  readonly #settings: Settings;

  /** @throws {ValidationError} with every problem of the options. */
  constructor(options: ApiOptions) {
    this.#settings = valid(open(options));
    // Own properties, so that an Api can be printed and compared; read-only, because the core would not follow.
    for (const [name, value] of Object.entries(this.#settings)) {
      Object.defineProperty(this, name, { value, enumerable: true });
    }
  }

  /**
   * Creates a token. Its secret is in the answer to this request and never shown again.
   *
   * @throws {ValidationError} with every problem of the input.
   * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/create-an-api-token
   */
  createToken(input: CreateTokenInput): TokenRequest<IssuedToken> {
    return valid(create(this.#settings, input));
  }

  /**
   * Lists one page of the tokens of the Organization.
   *
   * @throws {ValidationError} with every problem of the input.
   * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/list-api-tokens
   */
  listTokens(input: ListTokensInput = {}): TokenRequest<TokenPage> {
    return valid(build(this.#settings, Operation.ListTokens, input));
  }

  /**
   * Reads one token, with its roles. The secret is not in the answer.
   *
   * @throws {ValidationError} with every problem of the input.
   * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/get-api-token
   */
  getToken(input: GetTokenInput): TokenRequest<ApiToken> {
    return valid(build(this.#settings, Operation.GetToken, input));
  }

  /**
   * Changes the name and description of a token.
   *
   * @throws {ValidationError} with every problem of the input.
   * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/update-api-token
   */
  updateToken(input: UpdateTokenInput): TokenRequest<ApiToken> {
    return valid(build(this.#settings, Operation.UpdateToken, input));
  }

  /**
   * Replaces all roles of a token: what is not in the list is taken away.
   *
   * @throws {ValidationError} with every problem of the input.
   * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/update-api-token-roles
   */
  updateTokenRoles(input: UpdateTokenRolesInput): TokenRequest<SubjectRoles> {
    return valid(build(this.#settings, Operation.UpdateTokenRoles, input));
  }

  /**
   * Replaces the secret of a token. The old one stops working at once; the new one is in the answer to this request.
   *
   * @throws {ValidationError} with every problem of the input.
   * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/rotate-api-token
   */
  rotateToken(input: RotateTokenInput): TokenRequest<IssuedToken> {
    return valid(build(this.#settings, Operation.RotateToken, input));
  }

  /**
   * Deletes a token. Its secret stops working at once, and it cannot be brought back.
   *
   * @throws {ValidationError} with every problem of the input.
   * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/delete-api-token
   */
  deleteToken(input: DeleteTokenInput): TokenRequest<undefined> {
    return valid(build(this.#settings, Operation.DeleteToken, input));
  }

  /**
   * What the core is told about this `Api`; for the classes of this package.
   *
   * @internal
   */
  static settings(api: Api): Settings {
    return api.#settings;
  }
}
