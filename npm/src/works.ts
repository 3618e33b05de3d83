/** What goes into conversations, and what comes of them. `null` and `undefined` mean not given. */

import type { CreateTokenInput, ListTokensInput } from "./inputs.js";
import type { Secret } from "./secret.js";
import type { ApiToken, IssuedToken, TokenRole } from "./token.js";
import type { DeploymentRole, EntityType, OrganizationRole, WorkspaceRole } from "./vocabulary.js";

type Text = string & {};
type Optional<T> = T | null | undefined;

/** Which tokens to list: all of the Organization, or those of one Workspace or Deployment. */
export interface TokensInput extends Omit<ListTokensInput, "limit" | "offset"> {}

/** A token by its id or its name, or by both, which have to agree. */
type Which =
  | {
      /** The id of the token. */
      tokenId: string;
      /** The name of the token. */
      tokenName?: Optional<string>;
    }
  | { tokenId?: Optional<string>; tokenName: string };

/** A Workspace or a Deployment. */
type Where =
  | {
      /** The Workspace of the role. */
      workspaceId: string;
      /** The Deployment of the role. */
      deploymentId?: Optional<string>;
    }
  | { workspaceId?: Optional<string>; deploymentId: string };

/**
 * Which token is meant: by its id or its name, or by both, which have to agree. A name that several tokens bear is an
 * error that lists them.
 */
export type FindTokenInput = Which & {
  /** The Workspace that the token has to belong to. */
  workspaceId?: Optional<string>;
  /** The Deployment that the token has to belong to. */
  deploymentId?: Optional<string>;
};

/**
 * Which token to clone, and where to: at least one of a Workspace, a Deployment and a name. Only the role on the entity
 * of its own scope is taken over.
 */
export type CloneTokenInput = Which & {
  /** The Workspace of the clone; the other one is a Workspace token. */
  workspaceId?: Optional<string>;
  /** The Deployment of the clone; the other one is a Deployment token. */
  deploymentId?: Optional<string>;
  /** The name of the clone; not given: the same. */
  name?: Optional<string>;
};

/** What to change of a token; what is not given stays as it is. */
export type ChangeTokenInput = FindTokenInput & {
  /** The new name. */
  name?: Optional<string>;
  /** The new description; `""` clears it. */
  description?: Optional<string>;
  /** The new role on the entity of the token's scope. */
  role?: Optional<OrganizationRole | WorkspaceRole | DeploymentRole | Text>;
};

/** A role of a token on a Workspace or Deployment. All other roles stay as they are. */
export type TokenRoleInput = Which & Where & {
  /** The role; for a Deployment also the name of a custom role. */
  role: WorkspaceRole | DeploymentRole | Text;
  /** Writes nothing: the outcome says what would change. */
  preview?: Optional<boolean>;
};

/** Which role to take from a token. */
export type RemoveTokenRoleInput = Which & Where & {
  /** Writes nothing: the outcome says what would change. */
  preview?: Optional<boolean>;
  /** Removes narrower roles below it, too. Default: `false`, and a warning names them. */
  removeOrphans?: Optional<boolean>;
};

/** Which token to give a new secret, and how. */
export type RotationInput = FindTokenInput & {
  /** Makes a successor, and deletes the old token when the secret of the successor is stored. */
  overlap?: Optional<boolean>;
  /** With `overlap`: for how many seconds the old token stays, to be deleted by `finishRotation` then. */
  keepOld?: Optional<number | bigint>;
  /** With `overlap`: makes a new successor even where a token looks like one. */
  anew?: Optional<boolean>;
  /** Rotates the token that the caller itself authenticates with, although a lost answer would lock it out. */
  allowLockout?: Optional<boolean>;
};

/** Which token to delete. */
export type DeletionInput = FindTokenInput & {
  /** Deletes the token that the caller itself authenticates with, which nothing is accepted from afterwards. */
  allowLockout?: Optional<boolean>;
};

/** Which rotation to end. */
export type FinishRotationInput = FindTokenInput & {
  /** The id of the old token; not given: the one that the successor looks like. */
  oldTokenId?: Optional<string>;
  /** For how many seconds since the creation of the successor the old token stays. */
  keepOld?: Optional<number | bigint>;
};

/** What became of a token. */
export interface TokenUpdate {
  /** The token as it is now. */
  readonly token: ApiToken;
  /** What was changed. Empty: it was so already, and nothing was sent. */
  readonly changed: readonly ("name" | "description" | "role")[];
  /** The role that the token had, where it was changed. */
  readonly oldRole?: string;
}

/** What is different between two sets of roles. An entity has one role, so each is listed once. */
export interface RoleDiff {
  /** Roles on entities that had none. */
  readonly added: readonly TokenRole[];
  /** Roles on entities that have none any more. */
  readonly removed: readonly TokenRole[];
  /** Roles on entities that have another one now: the old one, then the new one. */
  readonly changed: readonly (readonly [TokenRole, TokenRole])[];
}

/** What became of the roles of a token. */
export interface RoleChange {
  /** The token as it is now; in a preview, as it would be. */
  readonly token: ApiToken;
  /** What the role is on. */
  readonly entityType: EntityType;
  /** The id of the Workspace or Deployment. */
  readonly entityId: string;
  /** The role that the token had there. */
  readonly oldRole?: string;
  /** The role that the token has there now. */
  readonly newRole?: string;
  /** Whether anything had to be done, or would have to be. */
  readonly changed: boolean;
  /** Narrower roles that were removed with it. */
  readonly removed: readonly TokenRole[];
  /** All that is different about the roles of the token. */
  readonly diff: RoleDiff;
}

/** A new secret. */
export interface Rotation {
  /** The token with its new secret: the same token, or its successor. */
  readonly token: ApiToken;
  /** The new secret: `token.token`. Absent where it was stored before, after `finishRotation`. */
  readonly secret?: Secret;
  /** The id of the token that the successor replaces. */
  readonly oldTokenId?: string;
  /** Until when the old token stays; absent: it is gone, or there was none. */
  readonly oldKeptUntil?: Date;
}

/** What goes into each conversation, and what comes of it. */
export interface Works {
  tokens: { input: TokensInput; outcome: undefined };
  find_token: { input: FindTokenInput; outcome: ApiToken };
  create_token: { input: CreateTokenInput; outcome: IssuedToken };
  clone_token: { input: CloneTokenInput; outcome: IssuedToken };
  update_token: { input: ChangeTokenInput; outcome: TokenUpdate };
  add_token_role: { input: TokenRoleInput; outcome: RoleChange };
  change_token_role: { input: TokenRoleInput; outcome: RoleChange };
  remove_token_role: { input: RemoveTokenRoleInput; outcome: RoleChange };
  rotate_token: { input: RotationInput; outcome: Rotation };
  finish_rotation: { input: FinishRotationInput; outcome: Rotation };
  delete_token: { input: DeletionInput; outcome: undefined };
}
