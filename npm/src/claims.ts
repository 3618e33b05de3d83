/** What a token says about itself, which credential an environment holds, and where a domain's API is. */

import * as glue from "../wasm/client_bg.js";
import { checkNumber, checkObject, checkText } from "./checks.js";
import { attempt, problems } from "./core.js";
import { type Problem, valid } from "./errors.js";
import { isSecret, Secret } from "./secret.js";
import type { Scope } from "./vocabulary.js";

/**
 * What a token says about itself: it is a JWT, and this is its payload, read and not verified. Nothing here is secret.
 * What it does not say is absent.
 */
export interface Claims {
  /** The Organization that the token belongs to. */
  readonly organizationId: string;
  /** The Workspace of a Workspace token. */
  readonly workspaceId?: string;
  /** The Deployment of a Deployment token. */
  readonly deploymentId?: string;
  /** The id of the token itself. */
  readonly tokenId?: string;
  /** What the token is for, by the narrowest id. */
  readonly scope: Scope;
  /** What the ids come from, to the letter: `organizationId:clorg`. */
  readonly permissions: readonly string[];
  /** When it expires; absent: never. */
  readonly expiresAt?: Date;
  /** When it was made. */
  readonly issuedAt?: Date;
  /** Whether Astro made it for purposes of its own. */
  readonly isAstronomerGenerated: boolean;
  /** The version of the claims. */
  readonly version?: string;
}

/**
 * Reads the claims of a token that can still be used, without a request.
 *
 * @throws {ValidationError} where the value is no Astro API token (`not_a_token`; its message says what it is instead) or
 *   has expired (`expired_token`). It shows nothing of the value.
 */
export function inspectToken(token: string | Secret, now: Date | number = Date.now()): Claims {
  const value = isSecret(token) ? token.expose() : token;
  checkText("the token", value);
  const millis = Number(now);
  checkNumber("the time", millis);
  type Times = { readonly expiresAt?: number; readonly issuedAt?: number };
  const claims = valid(attempt(() => glue.inspect_token(value, millis) as Omit<Claims, keyof Times> & Times));
  const { expiresAt, issuedAt, ...others } = claims;
  return {
    ...others,
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
    ...(issuedAt === undefined ? {} : { issuedAt: new Date(issuedAt) }),
  };
}

/** The credential that an environment provides. */
export interface Credential {
  /** The token. */
  readonly token: Secret;
  /** The variable that it comes from. */
  readonly source: string;
  /** What else is set and not used. */
  readonly warnings: readonly Problem[];
}

/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Chooses the credential of an environment: `ASTRO_API_TOKEN`. A blank variable counts as not set. The value goes into a
 * header, so it has to be alone, without quotes or `Bearer`; what it says about itself, and whether it has expired, is left
 * to {@link inspectToken}.
 *
 * @throws {ValidationError} where nothing is set, where the key pair that stopped working in June 2024 is all there is,
 *   or where the value cannot go into a header as it is. The field is the variable. It shows nothing of any value.
 */
export function credentialFromEnv(env: Environment): Credential {
  checkObject("the environment", env);
  const [token, source] = valid(attempt(() => glue.credential_from_env((name: string) => env[name]) as [string, string]));
  return { token: new Secret(token), source, warnings: problems() };
}

/**
 * The base URL of the API of a domain such as `astronomer.io`, as `ASTRO_DOMAIN` holds it. A blank one is the default.
 *
 * @throws {ValidationError} where it is no domain, or nearly one of Astro's: the credential would go to its neighbour.
 */
export function baseUrlOfDomain(domain: string): string {
  checkText("the domain", domain);
  return valid(attempt(() => glue.base_url_of_domain(domain)));
}
