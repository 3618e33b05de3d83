/*
 * The inputs: one plain object everywhere. `null` and `undefined` mean not given. Beside the literal types any string is
 * let through to the core, which knows more than a type can say and answers with a problem and its remedy.
 */

import type {
  ApiVersion,
  DagRole,
  DeploymentRole,
  EntityType,
  Kind,
  OrganizationRole,
  Scope,
  Sort,
  WorkspaceRole,
} from "./vocabulary.js";

/** Any string, without hiding the literals beside it from an editor's completion. */
type Text = string & {};
type Optional<T> = T | null | undefined;

/** The settings of an `Api`. */
export interface ApiOptions {
  /** The id of the Organization that the tokens belong to. */
  organizationId: string;
  /** `v1` (default) or `v1beta1`. */
  apiVersion?: Optional<ApiVersion>;
  /**
   * Where the API is: an origin with an optional path, HTTPS unless it is loopback. The version is appended.
   * Default: `https://api.astronomer.io`.
   */
  baseUrl?: Optional<string>;
  /** Makes every warning an error. Default: `false`. */
  strict?: Optional<boolean>;
  /**
   * Lets Organization and Workspace roles through that this release does not know, with a warning; misspelt ones stay
   * errors. Default: `false`.
   */
  allowUnknownRoles?: Optional<boolean>;
  /** The current Workspace, for commands that do not name one. */
  workspaceId?: Optional<string>;
  /** The current Deployment, for commands that do not name one. */
  deploymentId?: Optional<string>;
}

/**
 * What creates a token. The scope follows from the ids: with a Workspace it is a Workspace token, with a Deployment a
 * Deployment token, with neither an Organization token.
 */
export interface CreateTokenInput {
  /** The name: 1 to 256 characters, sent as it is. Names are not unique. */
  name: string;
  /** The role on the entity of the token's scope; for a Deployment also the name of a custom role. */
  role: OrganizationRole | WorkspaceRole | DeploymentRole | Text;
  /** The Workspace of a Workspace token. */
  workspaceId?: Optional<string>;
  /** The Deployment of a Deployment token. */
  deploymentId?: Optional<string>;
  /** It must agree with the ids, from which it follows. */
  scope?: Optional<Scope>;
  /** The description: at most 500 characters. `""` is sent. */
  description?: Optional<string>;
  /** Days until the token expires: a whole number from 1 to 3650. Not given: it never expires, which is a warning. */
  expirationDays?: Optional<number | bigint>;
  /** Astro's default is `STANDARD`. v1 only. */
  kind?: Optional<Kind>;
}

/** Which page of which tokens to list; Astro's default is the first 20 of all. */
export interface ListTokensInput {
  /** Only the tokens with a role on this Workspace. */
  workspaceId?: Optional<string>;
  /** Only the tokens with a role on this Deployment. */
  deploymentId?: Optional<string>;
  /** Only Organization tokens. */
  onlyOrganizationTokens?: Optional<boolean>;
  /** How many tokens to skip: a whole number from 0. */
  offset?: Optional<number | bigint>;
  /** How many tokens to answer with: a whole number from 0 to 1000. */
  limit?: Optional<number | bigint>;
  /** Field and direction; the first decides, the next break ties. */
  sorts?: Optional<readonly Sort[]>;
  /** Only tokens of this kind. v1 only. */
  kind?: Optional<Kind>;
  /** Only the tokens with a role on the DAG of this id; free text. v1 only. */
  dagId?: Optional<string>;
  /** Only the tokens with a role on DAGs with these tags; free text. v1 only. */
  dagTags?: Optional<readonly string[]>;
}

/** Which token to read. */
export interface GetTokenInput {
  /** The id of the token. */
  tokenId: string;
}

/** The new name and description of a token. Its expiration and scope cannot be changed. */
export interface UpdateTokenInput {
  /** The id of the token. */
  tokenId: string;
  /** The name: 1 to 256 characters. The API wants it each time, also where it stays the same. */
  name: string;
  /** The description: at most 500 characters. `""` clears it, not given leaves it as it is. */
  description?: Optional<string>;
}

/** A role on an entity. */
export interface Grant {
  /** What the role is granted on. */
  entityType: EntityType;
  /** The id of the entity. For a DAG its DAG id and for a DAG tag the tag, both free text. */
  entityId: string;
  /** The role; for Deployments and DAGs also the name of a custom role. */
  role: OrganizationRole | WorkspaceRole | DeploymentRole | DagRole | Text;
  /** The Deployment of a DAG or DAG tag; required for those. */
  deploymentId?: Optional<string>;
}

/** All roles of a token: what is not in the list is taken away. */
export interface UpdateTokenRolesInput {
  /** The id of the token. */
  tokenId: string;
  /** The scope that the token has. It decides which roles the token may hold, and is not sent. */
  scope: Scope;
  /** All roles that the token shall have, at least the one on the entity of its own scope. */
  roles: readonly Grant[];
}

/** Which token to give a new secret. */
export interface RotateTokenInput {
  /** The id of the token. */
  tokenId: string;
}

/** Which token to delete. */
export interface DeleteTokenInput {
  /** The id of the token. */
  tokenId: string;
}
