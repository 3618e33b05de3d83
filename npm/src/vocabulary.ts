/*
 * The words of the API and of this library as literal types. They are types alone, so they add nothing to what is
 * downloaded; `test/vocabulary.test.mjs` compares them with `core/vocabulary.json`.
 */

/** A predefined role on an Organization. */
export type OrganizationRole =
  | "ORGANIZATION_OWNER"
  | "ORGANIZATION_BILLING_ADMIN"
  | "ORGANIZATION_MEMBER"
  | "ORGANIZATION_OBSERVE_ADMIN"
  | "ORGANIZATION_OBSERVE_MEMBER";

/** A predefined role on a Workspace. */
export type WorkspaceRole =
  | "WORKSPACE_OWNER"
  | "WORKSPACE_OPERATOR"
  | "WORKSPACE_AUTHOR"
  | "WORKSPACE_MEMBER"
  | "WORKSPACE_ACCESSOR";

/** A predefined role on a Deployment. Deployments have custom roles besides. */
export type DeploymentRole = "DEPLOYMENT_ADMIN";

/** A predefined role on a DAG, or on all DAGs with a tag. DAGs have custom roles besides. */
export type DagRole = "DAG_AUTHOR" | "DAG_VIEWER";

/** What a token is for: fixed when it is created. */
export type Scope = "ORGANIZATION" | "WORKSPACE" | "DEPLOYMENT";

/** The kind of a token (v1 only): for the API of Astro, or for the Airflow API of a Deployment without a detour. */
export type Kind = "STANDARD" | "DIRECT_ACCESS";

/** What a role is granted on. */
export type EntityType = "ORGANIZATION" | "WORKSPACE" | "DEPLOYMENT" | "DAG" | "DAG_TAG";

/** Field and direction of a list's order. */
export type Sort =
  | "name:asc"
  | "name:desc"
  | "description:asc"
  | "description:desc"
  | "createdAt:asc"
  | "createdAt:desc"
  | "updatedAt:asc"
  | "updatedAt:desc"
  | "tokenStartAt:asc"
  | "tokenStartAt:desc";

/** A version of the API. `v1beta1` is supported until January 2027 and has neither kinds nor DAG roles. */
export type ApiVersion = "v1" | "v1beta1";

/** What a command does. */
export type CommandOperation =
  | "create_token"
  | "list_tokens"
  | "list_token_roles"
  | "update_token"
  | "rotate_token"
  | "delete_token"
  | "add_token_role"
  | "update_token_role"
  | "remove_token_role";

/** Work that takes several requests. */
export type Work =
  | "tokens"
  | "find_token"
  | "create_token"
  | "clone_token"
  | "update_token"
  | "add_token_role"
  | "change_token_role"
  | "remove_token_role"
  | "rotate_token"
  | "finish_rotation"
  | "delete_token";

/** The stable name of a way in which a conversation fails, the same in every language. */
export type FailureCode =
  | "refused"
  | "unreachable"
  | "unknown"
  | "invalid"
  | "not_found"
  | "ambiguous"
  | "mismatch"
  | "unverifiable"
  | "would_lock_out"
  | "not_stored"
  | "lost_update"
  | "already_exists"
  | "conflict"
  | "cancelled"
  | "misuse";

/** A shell that a command can be written for; PowerShell from version 7.3 on. */
export type Shell = "posix" | "powershell" | "cmd";

/** Whether a problem stops the request. */
export type Severity = "error" | "warning";

/** The stable name of a kind of problem, the same in every language; errors first. */
export type ProblemCode =
  | "required"
  | "too_long"
  | "control_character"
  | "invalid_unicode"
  | "wrong_type"
  | "invalid_json"
  | "unknown_field"
  | "invalid_value"
  | "invalid_role"
  | "role_scope_mismatch"
  | "out_of_range"
  | "not_an_integer"
  | "conflicting_scope"
  | "invalid_id"
  | "invalid_url"
  | "unsupported_in_version"
  | "missing_primary_role"
  | "duplicate_grant"
  | "scope_forbids_grant"
  | "organization_mismatch"
  | "placeholder"
  | "secret_in_text"
  | "unterminated_quote"
  | "unquoted_value"
  | "smart_quote"
  | "not_a_dash"
  | "shell_syntax"
  | "unknown_command"
  | "unknown_flag"
  | "duplicate_flag"
  | "missing_value"
  | "not_a_boolean"
  | "unexpected_argument"
  | "conflicting_arguments"
  | "needs_conversation"
  | "unquotable_value"
  | "not_a_token"
  | "expired_token"
  | "retired_credential"
  | "never_expires"
  | "above_documented_limit"
  | "possible_typo"
  | "surrounding_quotes"
  | "would_expand"
  | "dag_role_scope"
  | "orphaned_grants"
  | "unknown_role"
  | "replaced_token"
  | "leftover_token"
  | "roles_not_cloned"
  | "unused_credential";
