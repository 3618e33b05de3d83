import { Api as RequestApi } from "./batch-api.js";
import { type CommandOutcome, Session } from "./cli-session.js";
import { buildCommand, type Command, type CommandObject } from "./command.js";
import type { Conversation } from "./conversation.js";
import { valid } from "./errors.js";
import type { TokenRequest } from "./request.js";

/** An `Api` that builds the requests of commands and begins their conversations, too. */
export class Api extends RequestApi {
  /**
   * Builds the request of a command that needs one: `create_token`, `list_tokens` of the group itself (the first page,
   * 100 at most) and `list_token_roles`. What the command does not say about where it works comes from the current
   * Workspace and Deployment of this `Api`.
   *
   * ```js
   * const api = new Api({ organizationId: "clorg", workspaceId: "clws" });
   * const request = api.build(parseCommand("astro workspace token list"));
   * ```
   *
   * @throws {ValidationError} with every problem; `needs_conversation` for a command that takes several requests.
   */
  build(command: Command | CommandObject): TokenRequest {
    return valid(buildCommand(RequestApi.settings(this), command));
  }

  /**
   * Begins the conversation of any command, for a caller that nothing is known about. See `Session.startCommand`.
   *
   * @throws {ValidationError} with everything that can be judged before anything is read.
   */
  start(command: Command | CommandObject): Conversation<CommandOutcome> {
    return new Session(this).startCommand(command);
  }
}
