/** What goes into conversations, and what comes of them. `null` and `undefined` mean not given. */

import type { CreateTokenInput, ListTokensInput } from "./inputs.js";
import type { Secret } from "./secret.js";
import type { ApiToken, IssuedToken, TokenRole } from "./token.js";
import type { DeploymentRole, EntityType, OrganizationRole, WorkspaceRole } from "./vocabulary.js";

type Text = string & {};
type Optional<T> = T | null | undefined;

/** A token to create: that it is not made twice is certain with a key alone. */
export interface CreationInput extends CreateTokenInput {
  /**
   * Any text that names this piece of work, such as the id of a run. Until the secret is handed over, a repeat with the same
   * key recognises the token, in another process too.
   */
  idempotencyKey?: Optional<string>;
}

/** Which tokens to list: all of the Organization, or those of one Workspace or Deployment. */
export interface TokensInput extends Omit<ListTokensInput, "limit" | "offset"> {
  /** How many tokens to ask for at once: 1 to 1000. Default: 1000. */
  pageSize?: Optional<number | bigint>;
}

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
 * Which token to clone, and where to: at least one of a Workspace, a Deployment and a name. On another entity only the role
 * on that entity is taken over, and a warning names the others.
 */
export type CloneTokenInput = Which & {
  /** The Workspace of the clone; the other one is a Workspace token. */
  workspaceId?: Optional<string>;
  /** The Deployment of the clone; the other one is a Deployment token. */
  deploymentId?: Optional<string>;
  /** The name of the clone; not given: the same. */
  name?: Optional<string>;
  /** Any text that names this piece of work; see {@link CreationInput}. */
  idempotencyKey?: Optional<string>;
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
  /** With `overlap`: for how many seconds the old token stays. The next rotation after that deletes it, or `finishRotation`. */
  keepOld?: Optional<number | bigint>;
  /**
   * With `overlap`: after how many seconds a token counts as left behind that an earlier run has made and not handed over.
   * Longer than the longest run of any client of this token, the store included. Default: 3600.
   */
  leftoverAfter?: Optional<number | bigint>;
  /** Rotates the token that the caller itself authenticates with, although a lost answer would lock it out. */
  allowLockout?: Optional<boolean>;
};

/** Which token to delete. */
export type DeletionInput = FindTokenInput & {
  /** Deletes the token that the caller itself authenticates with, which nothing is accepted from afterwards. */
  allowLockout?: Optional<boolean>;
};

/** Which rotations to end: the token, or one that it was replaced by or replaces. */
export type FinishRotationInput = FindTokenInput & {
  /** Only the old token of this id is deleted. */
  oldTokenId?: Optional<string>;
  /** Deletes an old token although the time that it is kept for is not over. */
  now?: Optional<boolean>;
  /** After how many seconds a token counts as left behind; nothing younger is deleted. Default: 3600. */
  leftoverAfter?: Optional<number | bigint>;
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

/** One thing that work of several requests has done to a token, has not done, or does not know. */
export interface Effect {
  /**
   * What is done: the token is created; its name or description is changed; its roles are; its secret is replaced; its secret
   * is stored; its {@link ApiToken.mark} is written; it is deleted; it is left as it is, although it belongs to the work.
   */
  readonly action: "create" | "update" | "set_roles" | "rotate" | "store" | "mark" | "delete" | "leave";
  /** The id of the token; absent: it was to be created, and its id is not known. */
  readonly tokenId?: string;
  /** Whether it was done; `unclear`: nobody knows. */
  readonly state: "done" | "not_done" | "unclear";
  /** The same for people: "deleted the token `clold`". */
  readonly text: string;
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
  /** Every token that was created, marked, deleted or left, in order. */
  readonly effects: readonly Effect[];
}

/** What goes into each conversation, and what comes of it. */
export interface Works {
  tokens: { input: TokensInput; outcome: undefined };
  find_token: { input: FindTokenInput; outcome: ApiToken };
  create_token: { input: CreationInput; outcome: IssuedToken };
  clone_token: { input: CloneTokenInput; outcome: IssuedToken };
  update_token: { input: ChangeTokenInput; outcome: TokenUpdate };
  add_token_role: { input: TokenRoleInput; outcome: RoleChange };
  change_token_role: { input: TokenRoleInput; outcome: RoleChange };
  remove_token_role: { input: RemoveTokenRoleInput; outcome: RoleChange };
  rotate_token: { input: RotationInput; outcome: Rotation };
  finish_rotation: { input: FinishRotationInput; outcome: Rotation };
  delete_token: { input: DeletionInput; outcome: undefined };
}
