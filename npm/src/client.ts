/**
 * All of `astro-tokens/batch`, and what talks to Astro: a client on any `fetch`, the conversations that it drives, answers,
 * secrets and errors. It is an entry of its own because it comes with a larger WebAssembly, which nobody needs for
 * requests.
 *
 * @packageDocumentation
 */

export * from "./batch.js";
export { parseAnswer } from "./answer.js";
export { AstroTokens, type AstroTokensOptions } from "./astro-tokens.js";
export { type AuditOptions, type Finding, findingsOf } from "./audit.js";
export {
  ApiError,
  type Candidate,
  ConversationError,
  type FieldError,
  isApiError,
  isConversationError,
  isTransportError,
  TransportError,
} from "./api-errors.js";
export {
  baseUrlOfDomain,
  type Claims,
  type Credential,
  credentialFromEnv,
  type Environment,
  inspectToken,
} from "./claims.js";
export { type Ask, Conversation, type ConversationEvent, type Step } from "./conversation.js";
export type { ResponseParts } from "./response.js";
export { isSecret, Secret } from "./secret.js";
export { Session, type SessionOptions } from "./session.js";
export { NotWritten, type RunOptions, type Store, type StoreObject, type WithStore, type WriteSecret } from "./store.js";
export {
  type Answer,
  ApiToken,
  type Extra,
  type IssuedToken,
  type Mark,
  type Subject,
  SubjectRoles,
  TokenPage,
  type TokenRole,
} from "./token.js";
export type { Fetch, FetchInit } from "./transport.js";
export type { FailureCode, Work } from "./vocabulary.js";
export type {
  ChangeTokenInput,
  CloneTokenInput,
  CreationInput,
  DeletionInput,
  Effect,
  FindTokenInput,
  FinishRotationInput,
  RemoveTokenRoleInput,
  RoleChange,
  RoleDiff,
  Rotation,
  RotationInput,
  TokenRoleInput,
  TokensInput,
  TokenUpdate,
  Works,
} from "./works.js";
