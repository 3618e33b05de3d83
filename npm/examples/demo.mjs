// The main job: requests for every scope and operation, and a request with mistakes. Nothing is sent.

import { Api, isValidationError } from "astro-tokens";

function show(title, request) {
  console.log(title);
  console.log(" ", request.method, request.url);
  if (request.body !== undefined) console.log(" ", request.body);
  for (const { severity, field, message, code, help } of request.warnings) {
    console.log(`  ${severity}: ${field}: ${message} (${code})\n    help: ${help}`);
  }
}

const api = new Api({ organizationId: "clorg" });

show("An Organization token", api.createToken({ name: "Audit", role: "ORGANIZATION_MEMBER" }));
const workspace = api.createToken({ name: "CI", role: "WORKSPACE_AUTHOR", workspaceId: "clws", expirationDays: 90 });
show("A Workspace token", workspace);
const deployment = { name: "Deploy", role: "DEPLOYMENT_ADMIN", deploymentId: "cldep", expirationDays: 30 };
show("A Deployment token", api.createToken(deployment));

show("The newest tokens", api.listTokens({ limit: 5, sorts: ["createdAt:desc"] }));
show("One token", api.getToken({ tokenId: "cltoken" }));
show("Another name", api.updateToken({ tokenId: "cltoken", name: "CI 2", description: "" }));
const roles = [
  { entityType: "ORGANIZATION", entityId: "clorg", role: "ORGANIZATION_MEMBER" },
  { entityType: "WORKSPACE", entityId: "clws", role: "WORKSPACE_AUTHOR" },
];
show("Other roles", api.updateTokenRoles({ tokenId: "cltoken", scope: "ORGANIZATION", roles }));
show("A new secret", api.rotateToken({ tokenId: "cltoken" }));
show("No more", api.deleteToken({ tokenId: "cltoken" }));

console.log(`As curl\n${workspace.asCurl()}`);

try {
  api.createToken({ name: "CI\n", role: "workspace_admin", workspaceId: "../clws", expirationDays: 0 });
} catch (error) {
  if (!isValidationError(error)) throw error;
  console.log(`Mistakes, all at once\n${error.message}`);
}
