/** What Astro answers: tokens, pages of them, and the roles of a subject. */

import * as glue from "../wasm/client_bg.js";
import { run } from "./core.js";
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

/**
 * What a rotation with overlap, or a create with an idempotency key, has written at the end of a description. A line is the
 * tokens that replace one another, by the id of the first one.
 */
export type Mark =
  | {
      /** Made by one call to replace another token. Until that names it as its replacement, its secret may be lost. */
      readonly state: "pending";
      /** The id of the token that it is going to replace. */
      readonly of: string;
      /** The call that made it. */
      readonly run: string;
      readonly line: string;
    }
  | {
      /** The secret of its replacement was handed over; it lives on until a time. */
      readonly state: "replaced";
      /** The id of its replacement. */
      readonly by: string;
      /** Until when it is kept, by Astro's clock. */
      readonly until: Date;
      readonly line: string;
    }
  | {
      /** A replacement whose secret was handed over. */
      readonly state: "settled";
      readonly line: string;
    }
  | {
      /** Made by one create with an idempotency key, whose secret was not handed over yet. */
      readonly state: "keyed";
      /** The digest of the key. */
      readonly key: string;
      /** The call that made it. */
      readonly run: string;
    };

/** An object of JSON. */
type Json = Record<string, unknown>;

/**
 * What the core gives beside the JSON of tokens, to be taken token by token.
 *
 * @internal
 */
export class Beside {
  #time = 0;
  #secret = 0;

  constructor(
    readonly times: Float64Array,
    readonly secrets: readonly Secret[],
  ) {}

  /** The next of the times, of which each token has six, given or not. */
  time(): Date | undefined {
    const millis = this.times[this.#time++]!;
    return Number.isNaN(millis) ? undefined : new Date(millis);
  }

  /** The next of the secrets, which only a token with one has. */
  secret(): Secret | undefined {
    return this.secrets[this.#secret++];
  }
}

const noExtra: Extra = Object.freeze({});

/** What all answers have: fields of which this release knows some, and the JSON that they come from. */
abstract class Answered {
  readonly #json: Json;

  /** @internal */
  constructor(json: Json) {
    this.#json = json;
  }

  /** To be called when every known field is there: keeps the others. */
  protected keepExtra(): void {
    const json = this.#json;
    const names = Object.keys(json);
    let extra = noExtra;
    if (names.length !== Object.keys(this).length) {
      const unknown = names.filter((name) => !Object.hasOwn(this, name));
      // Not assigned one by one: a field may be called `__proto__`.
      extra = Object.freeze(Object.fromEntries(unknown.map((name) => [name, json[name]])));
    }
    (this as Json)["extra"] = extra;
  }

  /** Astro's own JSON, with what this release does not know; secrets are redacted. */
  toJSON(): Record<string, unknown> {
    return { ...this.#json };
  }
}

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
  /** The description as it stands in Astro, with its {@link ApiToken.mark}; may be empty. */
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
    super(json);
    // One by one and always in one order, so that they cost the engine nothing: a page has thousands.
    const fields = json as unknown as ApiToken;
    this.id = fields.id;
    this.name = fields.name;
    this.description = fields.description;
    this.scope = fields.scope;
    if (fields.kind !== undefined) this.kind = fields.kind;
    if (fields.roles !== undefined) this.roles = fields.roles;
    this.shortToken = fields.shortToken;
    this.startAt = beside.time()!;
    const endAt = beside.time();
    if (endAt !== undefined) this.endAt = endAt;
    this.createdAt = beside.time()!;
    this.updatedAt = beside.time()!;
    if (fields.expiryPeriodInDays !== undefined) this.expiryPeriodInDays = fields.expiryPeriodInDays;
    const lastUsedAt = beside.time();
    if (lastUsedAt !== undefined) this.lastUsedAt = lastUsedAt;
    const lastRotatedAt = beside.time();
    if (lastRotatedAt !== undefined) this.lastRotatedAt = lastRotatedAt;
    if (fields.createdBy !== undefined) this.createdBy = fields.createdBy;
    if (fields.updatedBy !== undefined) this.updatedBy = fields.updatedBy;
    if (fields.token !== undefined) this.token = beside.secret()!;
    this.keepExtra();
  }

  /** What a rotation, or a create with an idempotency key, has written about it; `undefined`: nothing. */
  get mark(): Mark | undefined {
    return split(this.description)?.[1];
  }

  /** The description without the mark. */
  get plainDescription(): string {
    return split(this.description)?.[0] ?? this.description;
  }
}

/** A description without its mark, and the mark, where it has one. Read when it is asked for: a list has thousands. */
function split(description: string): [description: string, mark: Mark] | undefined {
  return run(() => glue.split_mark(description) as [string, Mark] | undefined);
}

/** A token with its secret: what create and rotate answer. */
export type IssuedToken = ApiToken & { readonly token: Secret };

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
    super(json);
    this.tokens = (json["tokens"] as Json[]).map((token) => new ApiToken(token, beside));
    const { limit, offset, totalCount } = json as unknown as TokenPage;
    this.limit = limit;
    this.offset = offset;
    this.totalCount = totalCount;
    this.keepExtra();
  }
}

const rolesFields = ["organizationRole", "workspaceRoles", "deploymentRoles", "dagRoles"] as const;

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
  constructor(json: Json) {
    super(json);
    for (const name of rolesFields) if (json[name] !== undefined) (this as Json)[name] = json[name];
    this.keepExtra();
  }
}

/** What an operation answers; `undefined` is the answer to delete: it worked. */
export type Answer = ApiToken | TokenPage | SubjectRoles | undefined;
