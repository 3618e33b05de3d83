// The whole life of a token, on an Astro API in memory. With `new AstroTokens()` it would be the real one.

import { AstroTokens } from "astro-tokens/client";
import { Sandbox } from "astro-tokens/sandbox";

const vault = []; // a vault, in earnest
const store = (secret, token) => {
  console.log(`stored the secret of ${token.id} (${token.shortToken})`);
  vault.push(secret);
};

const sandbox = new Sandbox();
const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch });

async function show() {
  for await (const { id, name, shortToken, roles } of astro.tokens()) {
    console.log(`listed ${id} ${name} (${shortToken}): ${roles.map(({ role, entityId }) => `${role} on ${entityId}`).join(", ")}`);
  }
}

const role = "ORGANIZATION_MEMBER";
const created = await astro.createToken({ name: "CI", role, description: "builds", expirationDays: 90 });
console.log(`created ${created.id} ${created.name} (${created.shortToken}): ${role}`);

const added = await astro.addTokenRole({ tokenName: "CI", workspaceId: "clws", role: "WORKSPACE_AUTHOR" });
console.log(`added ${added.newRole} on ${added.entityId} to ${added.token.id}`);
await show();

const update = await astro.updateToken({ tokenName: "CI", name: "CI of main", description: "" });
console.log(`updated ${update.changed.join(", ")} of ${update.token.id} ${update.token.name}`);

// A successor is made and its secret stored before the old token is deleted: at no time is there none that works.
const rotation = await astro.rotateToken({ tokenName: "CI of main", overlap: true, store });
console.log(`rotated ${rotation.oldTokenId} to ${rotation.token.id}`);
await show();

await astro.deleteToken({ tokenId: rotation.token.id });
console.log(`deleted ${rotation.token.id}`);
await show();
