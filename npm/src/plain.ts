/**
 * The short way into the core for what creates a token, `bindings/wasm/src/plain.rs` is the other side: the texts cross in
 * one string, their lengths as arguments, and the body comes back alone.
 *
 * It is for plain objects of ASCII strings and numbers. Anything else, and whatever there is something to say about, goes
 * the long way through a frame, so that all of that is said in one place.
 */

import * as glue from "../wasm/core_bg.js";

/** Views on the memory of the core. */
export interface Plain {
  readonly text: Uint8Array;
  readonly body: Uint8Array;
  /** The bodies by their length: making a view takes longer than reading it. */
  readonly bodies: Uint8Array[];
}

const textLength = 1024;
const bodyLength = 8192;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Before the memory was looked at. */
export const noPlain: Plain = { text: new Uint8Array(), body: new Uint8Array(), bodies: [] };

/** Looks at the memory; to be done again when it has grown. */
export function lookPlain(buffer: ArrayBuffer): Plain {
  return {
    text: new Uint8Array(buffer, glue.plain_text_address(), textLength),
    body: new Uint8Array(buffer, glue.plain_body_address(), bodyLength),
    bodies: [],
  };
}

/** What creates a token, in a plain object of strings and numbers. */
export interface PlainToken {
  /** The texts one behind the other: name, role, Workspace, Deployment, scope, description, kind. */
  text: string;
  /** Their lengths; -1: not given. */
  name: number;
  role: number;
  workspaceId: number;
  deploymentId: number;
  scope: number;
  description: number;
  kind: number;
  /** Not a number: not given. */
  days: number;
}

/** The input, if it is as plain as that. May run code of the caller: getters, traps of proxies. */
export function plainToken(input: unknown): PlainToken | undefined {
  if (typeof input !== "object" || input === null || Object.getPrototypeOf(input) !== Object.prototype) return undefined;
  let name, role, workspaceId, deploymentId, scope, description, kind, days;
  for (const key in input) {
    const value = (input as Record<string, unknown>)[key];
    if (key === "expirationDays") {
      if (typeof value !== "number") return undefined;
      days = value;
      continue;
    }
    if (typeof value !== "string") return undefined;
    switch (key) {
      case "name":
        name = value;
        break;
      case "role":
        role = value;
        break;
      case "workspaceId":
        workspaceId = value;
        break;
      case "deploymentId":
        deploymentId = value;
        break;
      case "scope":
        scope = value;
        break;
      case "description":
        description = value;
        break;
      case "kind":
        kind = value;
        break;
      default:
        return undefined;
    }
  }
  // Without these three there is something to say.
  if (name === undefined || role === undefined || days === undefined) return undefined;
  let text = name + role;
  if (workspaceId !== undefined) text += workspaceId;
  if (deploymentId !== undefined) text += deploymentId;
  if (scope !== undefined) text += scope;
  if (description !== undefined) text += description;
  if (kind !== undefined) text += kind;
  return {
    text,
    name: name.length,
    role: role.length,
    workspaceId: workspaceId === undefined ? -1 : workspaceId.length,
    deploymentId: deploymentId === undefined ? -1 : deploymentId.length,
    scope: scope === undefined ? -1 : scope.length,
    description: description === undefined ? -1 : description.length,
    kind: kind === undefined ? -1 : kind.length,
    days,
  };
}

/** The body that creates the token in the open `Api`; nothing where there is something to say about it. */
export function plainBody(plain: Plain, token: PlainToken): string | undefined {
  const { read, written } = encoder.encodeInto(token.text, plain.text);
  if (read !== token.text.length || written !== read) return undefined;
  const length = glue.create_plain(
    token.name,
    token.role,
    token.workspaceId,
    token.deploymentId,
    token.scope,
    token.description,
    token.kind,
    token.days,
  );
  // The memory may have grown meanwhile, and the view on it has no length then.
  if (length === 0 || plain.body.length === 0) return undefined;
  return decoder.decode((plain.bodies[length] ??= plain.body.subarray(0, length)));
}
