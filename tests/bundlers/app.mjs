// What every row of the matrix runs: a token's life on the sandbox, with each entry of the package.

import { Api, isValidationError } from "astro-tokens";
import { Api as BatchApi } from "astro-tokens/batch";
import { correctCommand } from "astro-tokens/cli";
import { AstroTokens } from "astro-tokens/client";
import { Sandbox } from "astro-tokens/sandbox";

/** One line that says that all of it works. */
export async function life() {
  const problems = [];
  try {
    new Api({ organizationId: "clorg" }).createToken({ name: "", role: "WORKSPACE_OWNR", workspaceId: "clws" });
  } catch (error) {
    if (isValidationError(error)) problems.push(...error.problems.map(({ code }) => code));
  }
  const batch = new BatchApi({ organizationId: "clorg" }).createTokens('{"name":"A","role":"ORGANIZATION_MEMBER","expirationDays":1}\n{');
  problems.push(batch.length, ...batch.failures.map(({ problems }) => problems[0].code));
  const sandbox = new Sandbox();
  const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch });
  await astro.createToken({ name: "CI", role: "WORKSPACE_AUTHOR", workspaceId: "clws", expirationDays: 90 });
  let stored = "";
  const store = { write: (secret) => void (stored = secret.expose()), read: () => stored };
  await astro.rotateToken({ tokenName: "CI", overlap: true, store });
  const ids = [];
  for await (const { id } of astro.tokens({ workspaceId: "clws" })) ids.push(id);
  return [...problems, stored.length > 0, ...ids, correctCommand("astro organisation token list")].join(" ");
}
