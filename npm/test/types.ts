// What TypeScript has to accept and to refuse. Compiled by `npm run types`, never run.

import {
  Api,
  type ApiOptions,
  type CreateTokenInput,
  type Grant,
  isAstroTokensError,
  isValidationError,
  type Problem,
  type ProblemCode,
  TokenRequest,
  type UpdateTokenInput,
} from "astro-tokens";
import { Api as BatchApi, type Batch, type BatchEntry } from "astro-tokens/batch";
import {
  type Answer,
  ApiToken,
  AstroTokens,
  type ConversationEvent,
  type Effect,
  isApiError,
  isConversationError,
  isTransportError,
  type Mark,
  NotWritten,
  parseAnswer,
  Secret,
  Session,
  type Store,
  type SubjectRoles,
  type TokenPage,
} from "astro-tokens/client";
import { Sandbox } from "astro-tokens/sandbox";

const options: ApiOptions = { organizationId: "clorg", apiVersion: undefined, baseUrl: null, strict: true };
const api = new Api(options);

// A literal, any other string, a whole number of either kind, and nothing in each of its three forms.
const create: CreateTokenInput = {
  name: "CI",
  role: "WORKSPACE_MEMBER",
  workspaceId: "clws",
  deploymentId: undefined,
  description: null,
  expirationDays: 30n,
};
const customRole: string = "data-engineer";
const request: TokenRequest = api.createToken({ ...create, role: customRole, expirationDays: 30 });
const grants: readonly Grant[] = [{ entityType: "DAG", entityId: "etl", role: "DAG_VIEWER", deploymentId: "cldep" }];
api.updateTokenRoles({ tokenId: "t", scope: "ORGANIZATION", roles: grants });
api.updateTokenRoles({ tokenId: "t", scope: "WORKSPACE", roles: [{ entityType: "WORKSPACE", entityId: "w", role: "x" }] });
api.listTokens();
api.listTokens({ sorts: ["name:asc", "createdAt:desc"] as const, dagTags: ["etl"], onlyOrganizationTokens: true, limit: 10 });
const update: UpdateTokenInput = { tokenId: "t", name: "CI" };
for (const built of [api.updateToken(update), api.getToken({ tokenId: "t" }), api.rotateToken({ tokenId: "t" })]) {
  const body: string | undefined = built.body;
  const warnings: readonly Problem[] = built.warnings;
  console.log(body, warnings, built.asCurl(), api.deleteToken({ tokenId: "t" }).url);
}

// A request is what `fetch` takes, under exactOptionalPropertyTypes too.
fetch(request.url, { ...request, headers: { ...request.headers, authorization: "Bearer x" } });
fetch(request.url, request);

// The answer is what the request is for.
export async function answers(response: Response): Promise<Answer> {
  const parts = { status: response.status, headers: response.headers, body: await response.text() };
  const secret: Secret = parseAnswer(api.createToken(create), parts).token;
  const token: ApiToken = parseAnswer(api.rotateToken({ tokenId: "t" }), parts);
  const page: TokenPage = parseAnswer(api.listTokens(), parts);
  const roles: SubjectRoles = parseAnswer(api.updateTokenRoles({ tokenId: "t", scope: "ORGANIZATION", roles: grants }), parts);
  const nothing: undefined = parseAnswer(api.deleteToken({ tokenId: "t" }), { status: 204 });
  const expires: number | undefined = page.tokens[0]?.endAt?.getTime();
  console.log(secret.expose(), token.scope === "WORKSPACE", roles.extra["x"], nothing, expires);
  // @ts-expect-error A list may omit the roles.
  console.log(page.tokens[0]?.roles.length);
  // @ts-expect-error The secret is in the answers to create and rotate alone.
  console.log(parseAnswer(api.getToken({ tokenId: "t" }), parts).token.expose());
  // @ts-expect-error A body that is not read yet.
  parseAnswer(api.listTokens(), response);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const stored: Answer = parseAnswer({ method: "GET", url: request.url }, { status: 200, headers: { etag: "x" }, body: bytes });
  return stored instanceof ApiToken && stored.roles !== undefined ? stored : parseAnswer(request, parts);
}

export function explained(error: unknown): string | boolean | undefined {
  if (isApiError(error)) return error.requestId ?? error.fieldErrors[0]?.field ?? error.help;
  if (isConversationError(error)) return error.unclear[0] ?? error.secret?.expose();
  return isTransportError(error) ? error.mayHaveArrived : undefined;
}

// The client on a sandbox, on the global `fetch`, and on anything like it.
export async function life(signal: AbortSignal, answer: (step: object) => ConversationEvent): Promise<void> {
  const sandbox = new Sandbox({ rateLimits: false });
  const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch, env: {}, timeoutMs: 5000 });
  console.log(new AstroTokens({ fetch }).claims.expiresAt?.getTime(), new AstroTokens({ env: process.env }).api.baseUrl);
  const secret: Secret = (await astro.createToken(create, { signal })).token;
  for await (const token of astro.tokens({ workspaceId: "clws" })) console.log(token.name, secret);
  const { token, oldKeptUntil } = await astro.rotateToken(
    { tokenName: "CI", overlap: true, keepOld: 60, store: async (secret, token) => console.log(secret.expose(), token.id) },
    { signal },
  );
  const changed: boolean = (await astro.addTokenRole({ tokenId: token.id, workspaceId: "clws", role: "x" })).changed;
  console.log(oldKeptUntil?.getTime(), changed);
  const kept: Record<string, Secret> = {};
  const store: Store = {
    async write(secret, { id }, { signal }) {
      if (signal?.aborted) throw new NotWritten("too late", { cause: signal.reason });
      kept[id] = secret;
    },
    read: () => kept["clnew"],
    prove: async () => {},
  };
  await astro.createToken({ ...create, idempotencyKey: "run 7", store });
  await astro.cloneToken({ tokenName: "CI", name: "CD", idempotencyKey: null, store: undefined });
  const { effects } = await astro.finishRotation({ tokenName: "CI", now: true, leftoverAfter: 7200n, store });
  for (const { action, tokenId, state } of effects satisfies readonly Effect[]) console.log(action === "delete" && state === "done", tokenId);
  const mark: Mark | undefined = token.mark;
  console.log(mark?.state === "replaced" ? mark.until.getTime() : token.plainDescription);
  // @ts-expect-error Only a replaced token has that.
  console.log(mark?.until);
  // @ts-expect-error A store has to write.
  await astro.rotateToken({ tokenName: "CI", overlap: true, store: { read: () => "x" } });
  // @ts-expect-error What a store holds is text.
  await astro.rotateToken({ tokenName: "CI", overlap: true, store: { write() {}, read: () => 5 } });
  // @ts-expect-error The request itself has no key.
  api.createToken({ ...create, idempotencyKey: "run 7" });
  // @ts-expect-error The role is required.
  await astro.addTokenRole({ tokenId: token.id });
  // @ts-expect-error An id or a name is required.
  await astro.deleteToken({});
  // @ts-expect-error A Workspace or a Deployment is required.
  await astro.addTokenRole({ tokenId: token.id, role: "x" });
  // @ts-expect-error The same.
  await astro.removeTokenRole({ tokenName: "CI", workspaceId: null });
  // @ts-expect-error A misspelt field.
  await astro.updateToken({ tokenId: token.id, newDescription: "x" });
  // @ts-expect-error There is no such effect.
  sandbox.fault({ effect: "explode" });

  const steps = new Session(astro.api).start("find_token", { tokenName: "CI" }).run();
  let step = steps.next();
  while (!step.done) step = steps.next(answer(step.value));
  const found: ApiToken = step.value;
  console.log(found.roles?.length);
  // @ts-expect-error There is no such work.
  new Session(api).start("make_coffee", {});
}

try {
  api.createToken(create);
} catch (error) {
  if (isValidationError(error)) {
    const codes: ProblemCode[] = error.problems.map((problem) => problem.code);
    const [first] = error.problems;
    const place: [number | undefined, number] | undefined = first?.span ? [first.span.argument, first.span.end] : undefined;
    console.log(codes, place, first?.field?.length, error.message);
    // @ts-expect-error The problems are not to be changed.
    error.problems.push();
  } else if (isAstroTokensError(error)) {
    console.log(error.message);
  }
}

// @ts-expect-error The Organization is required.
new Api({});
// @ts-expect-error There is no such version.
new Api({ organizationId: "clorg", apiVersion: "v2" });
// @ts-expect-error The role is required.
api.createToken({ name: "CI" });
// @ts-expect-error A misspelt field.
api.createToken({ ...create, expiration: 30 });
// @ts-expect-error Days are a number.
api.createToken({ ...create, expirationDays: "30" });
// @ts-expect-error There is no such order.
api.listTokens({ sorts: ["name"] });
// @ts-expect-error The roles are a list.
api.updateTokenRoles({ tokenId: "t", scope: "ORGANIZATION", roles: grants[0] });
// @ts-expect-error Requests come from an Api.
new TokenRequest();
// @ts-expect-error A request is not to be changed.
request.body = "{}";
// @ts-expect-error Nor are its headers: the credential is added to a copy.
request.headers["authorization"] = "Bearer x";
// @ts-expect-error An Api is not to be changed.
api.strict = false;

// Many at once: text, bytes, objects, and lines among them. The `Api` of the client has it, too; the smallest one has not.
const batch: Batch = new BatchApi(options).createTokens([create, "{}"], { stopOnError: true, onProgress: ({ entries }) => console.log(entries) });
new AstroTokens().api.createTokens(new Uint8Array());
const entries: readonly BatchEntry[] = [...batch.failures, ...batch.warnings];
for (const [index, request] of batch.entries()) parseAnswer(request, { status: index, headers: {}, body: "" }).token.expose();
console.log(entries.map(({ line }) => line ?? 0), [...batch].length);
// @ts-expect-error: one object is for `createToken`
batch satisfies TokenRequest, new BatchApi(options).createTokens(create);
// @ts-expect-error
new Api(options).createTokens([]);
