/** What Astro answers: tokens, pages of them, and the roles of a subject. */

import type { Secret } from "./secret.js";
import type { EntityType, Kind, Scope } from "./vocabulary.js";

/** A value of an enumeration that Astro may extend: a known one, or any other string. */
type Open<T extends string> = T | (string & {});

/** Fields of an answer that this release does not know, by name. */
export type Extra = Readonly<Record<string, unknown>>;

/** A role of a token on an entity. Fields that this release does not know are kept beside these. */
export interface TokenRole {
  /** What the role is granted on. */
  readonly entityType: Open<EntityType>;
  /** The id of the entity; of a DAG its DAG id, of a DAG tag the tag. */
  readonly entityId: string;
  /** The role, predefined or custom. */
  readonly role: string;
  /** The Deployment of a DAG or DAG tag. */
  readonly deploymentId?: string;
}

/** A user or token that did something. Fields that this release does not know are kept beside these. */
export interface Subject {
  /** The id. */
  readonly id: string;
  /** `USER` or `SERVICEKEY`. */
  readonly subjectType?: Open<"USER" | "SERVICEKEY">;
  /** The full name of a user. */
  readonly fullName?: string;
  /** The username of a user. */
  readonly username?: string;
  /** The name of a token. */
  readonly apiTokenName?: string;
}

/** An object of JSON. */
type Json = Record<string, unknown>;

/**
 * What the core gives beside the JSON of an answer, in the order of the JSON.
 *
 * @internal
 */
export interface Beside {
  readonly time: Iterator<Date>;
  readonly secret: Iterator<Secret>;
}

/** @internal */
export function beside(times: Float64Array, secrets: readonly Secret[]): Beside {
  return { time: Array.from(times, (millis) => new Date(millis)).values(), secret: secrets.values() };
}

/** The fields that this release knows, each with where its value comes from: the JSON itself or beside it. */
type Known = ReadonlyMap<string, "json" | keyof Beside>;

const noExtra: Extra = Object.freeze({});

/** What all answers have: fields of which this release knows some, and the JSON that they come from. */
abstract class Answered {
  readonly #json: Json;

  /** @internal */
  constructor(json: Json, known: Known, beside: Beside) {
    this.#json = json;
    let unknown: [string, unknown][] | undefined;
    for (const [name, value] of Object.entries(json)) {
      const source = known.get(name);
      if (source === undefined) (unknown ??= []).push([name, value]);
      else (this as Json)[name] = source === "json" ? value : beside[source].next().value;
    }
    // Not assigned one by one: a field may be called `__proto__`.
    (this as Json)["extra"] = unknown === undefined ? noExtra : Object.freeze(Object.fromEntries(unknown));
  }

  /** Astro's own JSON, with what this release does not know; secrets are redacted. */
  toJSON(): Record<string, unknown> {
    return { ...this.#json };
  }
}

const tokenFields: Known = new Map<string, "json" | keyof Beside>([
  ["id", "json"],
  ["name", "json"],
  ["description", "json"],
  ["scope", "json"],
  ["kind", "json"],
  ["roles", "json"],
  ["shortToken", "json"],
  ["startAt", "time"],
  ["endAt", "time"],
  ["createdAt", "time"],
  ["updatedAt", "time"],
  ["expiryPeriodInDays", "json"],
  ["lastUsedAt", "time"],
  ["lastRotatedAt", "time"],
  ["createdBy", "json"],
  ["updatedBy", "json"],
  ["token", "secret"],
]);

/**
 * An API token, as Astro describes it. Where Astro does not say something, there is no such property.
 *
 * @see https://www.astronomer.io/docs/astro/api/v-1/api-token/get-api-token
 */
export class ApiToken extends Answered {
  /** The id: `clm8q7f6q000008lcgyougpsk`. */
  readonly id!: string;
  /** The name. Names are not unique. */
  readonly name!: string;
  /** The description; may be empty. */
  readonly description!: string;
  /** What the token is for. */
  readonly scope!: Open<Scope>;
  /** The kind; v1 only. */
  readonly kind?: Open<Kind>;
  /** The roles. Absent is not empty: a list may leave them out. */
  readonly roles?: readonly TokenRole[];
  /** Identifies the secret without revealing it: safe to log. */
  readonly shortToken!: string;
  /** When the token becomes valid. Dates have milliseconds; `toJSON()` has the times as Astro wrote them. */
  readonly startAt!: Date;
  /** When the token expires; absent: never. */
  readonly endAt?: Date;
  /** When it was created. */
  readonly createdAt!: Date;
  /** When it was last changed. */
  readonly updatedAt!: Date;
  /** Days from its creation or rotation until it expires. */
  readonly expiryPeriodInDays?: number;
  /** When it was last used. */
  readonly lastUsedAt?: Date;
  /** When its secret was last replaced. */
  readonly lastRotatedAt?: Date;
  /** Who created it. */
  readonly createdBy?: Subject;
  /** Who changed it last. */
  readonly updatedBy?: Subject;
  /** The secret; only in the answers to create and rotate. */
  readonly token?: Secret;
  /** What this release does not know. Frozen. */
  readonly extra!: Extra;

  /** @internal */
  constructor(json: Json, beside: Beside) {
    super(json, tokenFields, beside);
  }
}

/** A token with its secret: what create and rotate answer. */
export type IssuedToken = ApiToken & { readonly token: Secret };

const pageFields: Known = new Map(["tokens", "limit", "offset", "totalCount"].map((name) => [name, "json"]));

/** One page of a list of tokens. */
export class TokenPage extends Answered {
  /** The tokens of this page. */
  readonly tokens!: readonly ApiToken[];
  /** How many tokens a page has at most. */
  readonly limit!: number;
  /** How many tokens come before this page. */
  readonly offset!: number;
  /** How many tokens there are on all pages. */
  readonly totalCount!: number;
  /** What this release does not know. Frozen. */
  readonly extra!: Extra;

  /** @internal */
  constructor(json: Json, beside: Beside) {
    super(json, pageFields, beside);
    this.tokens = (json["tokens"] as Json[]).map((token) => new ApiToken(token, beside));
  }
}

const rolesFields: Known = new Map(
  ["organizationRole", "workspaceRoles", "deploymentRoles", "dagRoles"].map((name) => [name, "json"]),
);

/** The roles of a token after they were replaced: not a token. */
export class SubjectRoles extends Answered {
  /** The role on the Organization. */
  readonly organizationRole?: string;
  /** The roles on Workspaces. */
  readonly workspaceRoles?: readonly Extra[];
  /** The roles on Deployments. */
  readonly deploymentRoles?: readonly Extra[];
  /** The roles on DAGs. */
  readonly dagRoles?: readonly Extra[];
  /** What this release does not know. Frozen. */
  readonly extra!: Extra;

  /** @internal */
  constructor(json: Json, beside: Beside) {
    super(json, rolesFields, beside);
  }
}

/** What an operation answers; `undefined` is the answer to delete: it worked. */
export type Answer = ApiToken | TokenPage | SubjectRoles | undefined;
