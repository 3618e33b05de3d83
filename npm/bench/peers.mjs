// What users would pick instead, each told every rule of create that its own features can express. None of them can say
// what was meant (`WORKSPACE_AUTHR`), warn (`never_expires`), or report by an entry's index from text.

import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import * as v from "valibot";
import { z } from "zod";

const roles = {
  ORGANIZATION: ["ORGANIZATION_OWNER", "ORGANIZATION_BILLING_ADMIN", "ORGANIZATION_MEMBER", "ORGANIZATION_OBSERVE_ADMIN", "ORGANIZATION_OBSERVE_MEMBER"],
  WORKSPACE: ["WORKSPACE_OWNER", "WORKSPACE_OPERATOR", "WORKSPACE_AUTHOR", "WORKSPACE_MEMBER", "WORKSPACE_ACCESSOR"],
};
const roleSets = { ORGANIZATION: new Set(roles.ORGANIZATION), WORKSPACE: new Set(roles.WORKSPACE) };

/** No control character, no placeholder, no secret, and something to be seen. */
const name = /^(?!\s*$)(?!\s*<[A-Za-z][\w .-]*>\s*$)(?![^]*eyJ[\w-]{9,}\.)[^\p{Cc}]*$/u;
const description = /^(?!\s*<[A-Za-z][\w .-]*>\s*$)(?![^]*eyJ[\w-]{9,}\.)(?:[\n\t]|[^\p{Cc}])*$/u;
const id = /^[\w-]+$/;
const role = name;

const scopeOf = (entry) =>
  entry.workspaceId !== undefined ? "WORKSPACE" : entry.deploymentId !== undefined ? "DEPLOYMENT" : "ORGANIZATION";
const oneEntity = (entry) => entry.workspaceId === undefined || entry.deploymentId === undefined;
const fittingRole = (entry) => roleSets[scopeOf(entry)]?.has(entry.role) ?? true;

/** The body of a valid entry, in the order of the documentation. */
export function body(entry) {
  const { name, role, workspaceId, deploymentId, description, expirationDays, kind } = entry;
  return JSON.stringify({
    name,
    description,
    scope: scopeOf(entry),
    role,
    entityId: workspaceId ?? deploymentId,
    tokenExpiryPeriodInDays: expirationDays,
    kind,
  });
}

const zodCreate = z
  .strictObject({
    name: z.string().max(256).regex(name),
    role: z.string().regex(role),
    workspaceId: z.string().regex(id).optional(),
    deploymentId: z.string().regex(id).optional(),
    scope: z.enum(["ORGANIZATION", "WORKSPACE", "DEPLOYMENT"]).optional(),
    description: z.string().max(500).regex(description).optional(),
    expirationDays: z.int().min(1).max(3650).optional(),
    kind: z.enum(["STANDARD", "DIRECT_ACCESS"]).optional(),
  })
  .refine(oneEntity)
  .refine(fittingRole);

const valibotCreate = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.maxLength(256), v.regex(name)),
    role: v.pipe(v.string(), v.regex(role)),
    workspaceId: v.optional(v.pipe(v.string(), v.regex(id))),
    deploymentId: v.optional(v.pipe(v.string(), v.regex(id))),
    scope: v.optional(v.picklist(["ORGANIZATION", "WORKSPACE", "DEPLOYMENT"])),
    description: v.optional(v.pipe(v.string(), v.maxLength(500), v.regex(description))),
    expirationDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3650))),
    kind: v.optional(v.picklist(["STANDARD", "DIRECT_ACCESS"])),
  }),
  v.check(oneEntity),
  v.check(fittingRole),
);

const ajv = addFormats.default(new Ajv({ allErrors: false, strict: true, strictRequired: false }));
const text = (pattern, maxLength) => ({ type: "string", pattern: pattern.source, ...(maxLength && { maxLength }) });
const ajvCreate = ajv.compile({
  type: "object",
  additionalProperties: false,
  required: ["name", "role"],
  properties: {
    name: text(name, 256),
    role: text(role),
    workspaceId: text(id),
    deploymentId: text(id),
    scope: { type: "string", enum: ["ORGANIZATION", "WORKSPACE", "DEPLOYMENT"] },
    description: text(description, 500),
    expirationDays: { type: "integer", minimum: 1, maximum: 3650 },
    kind: { type: "string", enum: ["STANDARD", "DIRECT_ACCESS"] },
  },
  if: { required: ["workspaceId"] },
  then: { not: { required: ["deploymentId"] }, properties: { role: { enum: roles.WORKSPACE } } },
  else: { if: { required: ["deploymentId"] }, else: { properties: { role: { enum: roles.ORGANIZATION } } } },
});

/** From a plain object to a body, or an exception. */
export const create = {
  zod: (entry) => body(zodCreate.parse(entry)),
  ajv: (entry) => {
    if (!ajvCreate(entry)) throw new Error(ajv.errorsText(ajvCreate.errors));
    return body(entry);
  },
  valibot: (entry) => body(v.parse(valibotCreate, entry)),
};

/** From NDJSON to NDJSON, or an exception. */
export const batch = Object.fromEntries(
  Object.entries(create).map(([name, one]) => [
    name,
    (text) => {
      let bodies = "";
      for (const line of text.split("\n")) if (line !== "") bodies += `${one(JSON.parse(line))}\n`;
      return bodies;
    },
  ]),
);

// ---- a page of tokens ------------------------------------------------------------------------------------------------

const date = z.iso.datetime({ offset: true }).transform((time) => new Date(time));
const zodSubject = z.looseObject({ id: z.string(), subjectType: z.string().optional(), fullName: z.string().optional(), username: z.string().optional(), apiTokenName: z.string().optional() });
const zodPage = z.looseObject({
  tokens: z.array(
    z.looseObject({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      scope: z.string(),
      kind: z.string().optional(),
      roles: z.array(z.looseObject({ entityType: z.string(), entityId: z.string(), role: z.string(), deploymentId: z.string().optional() })).optional(),
      shortToken: z.string(),
      startAt: date,
      endAt: date.optional(),
      createdAt: date,
      updatedAt: date,
      expiryPeriodInDays: z.int().optional(),
      lastUsedAt: date.optional(),
      lastRotatedAt: date.optional(),
      createdBy: zodSubject.optional(),
      updatedBy: zodSubject.optional(),
      token: z.string().optional(),
    }),
  ),
  limit: z.int(),
  offset: z.int(),
  totalCount: z.int(),
});

const string = { type: "string" };
const time = { type: "string", format: "date-time" };
const whole = { type: "integer" };
const ajvSubject = { type: "object", required: ["id"], properties: { id: string, subjectType: string, fullName: string, username: string, apiTokenName: string } };
const ajvPage = ajv.compile({
  type: "object",
  required: ["tokens", "limit", "offset", "totalCount"],
  properties: {
    tokens: {
      type: "array",
      items: {
        type: "object",
        required: ["id", "name", "description", "scope", "shortToken", "startAt", "createdAt", "updatedAt"],
        properties: {
          id: string, name: string, description: string, scope: string, kind: string,
          roles: { type: "array", items: { type: "object", required: ["entityType", "entityId", "role"], properties: { entityType: string, entityId: string, role: string, deploymentId: string } } },
          shortToken: string, startAt: time, endAt: time, createdAt: time, updatedAt: time, expiryPeriodInDays: whole,
          lastUsedAt: time, lastRotatedAt: time, createdBy: ajvSubject, updatedBy: ajvSubject, token: string,
        },
      },
    },
    limit: whole, offset: whole, totalCount: whole,
  },
});
const times = ["startAt", "endAt", "createdAt", "updatedAt", "lastUsedAt", "lastRotatedAt"];

/** From the text of an answer to typed objects with `Date`s, or an exception. */
export const page = {
  zod: (text) => zodPage.parse(JSON.parse(text)),
  ajv: (text) => {
    const page = JSON.parse(text);
    if (!ajvPage(page)) throw new Error(ajv.errorsText(ajvPage.errors));
    // ajv checks times and makes none.
    for (const token of page.tokens) for (const key of times) if (token[key] !== undefined) token[key] = new Date(token[key]);
    return page;
  },
};
