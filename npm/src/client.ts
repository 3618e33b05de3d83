/**
 * All of `astro-tokens`, and what Astro answers: tokens, secrets and errors. It is an entry of its own because it comes
 * with a larger WebAssembly, which nobody needs for requests.
 *
 * @packageDocumentation
 */

export * from "./index.js";
export { parseAnswer, type ResponseParts } from "./answer.js";
export { ApiError, type FieldError, isApiError, isTransportError, TransportError } from "./api-errors.js";
export { isSecret, Secret } from "./secret.js";
export {
  type Answer,
  ApiToken,
  type Extra,
  type IssuedToken,
  type Subject,
  SubjectRoles,
  TokenPage,
  type TokenRole,
} from "./token.js";
