/**
 * Validates and builds HTTP requests for the API tokens of Astro, Astronomer's managed Airflow. It sends nothing.
 *
 * @packageDocumentation
 */

export { Api } from "./api.js";
export {
  AstroTokensError,
  isAstroTokensError,
  isValidationError,
  type Problem,
  type Span,
  ValidationError,
} from "./errors.js";
export type {
  ApiOptions,
  CreateTokenInput,
  DeleteTokenInput,
  GetTokenInput,
  Grant,
  ListTokensInput,
  RotateTokenInput,
  UpdateTokenInput,
  UpdateTokenRolesInput,
} from "./inputs.js";
export { TokenRequest } from "./request.js";
export type {
  ApiVersion,
  CommandOperation,
  DagRole,
  DeploymentRole,
  EntityType,
  Kind,
  OrganizationRole,
  ProblemCode,
  Scope,
  Severity,
  Shell,
  Sort,
  WorkspaceRole,
} from "./vocabulary.js";
