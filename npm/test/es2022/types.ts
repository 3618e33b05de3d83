// The declarations need those of no platform. Compiled by `npm run types`, never run.

import { AstroTokens, Secret } from "astro-tokens/client";
import { Sandbox } from "astro-tokens/sandbox";
import { parseCommand } from "astro-tokens/cli";
const sandbox = new Sandbox();
const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch });
export const secret: Promise<Secret> = astro.createToken({ name: "x", role: "y" }).then((t) => t.token);
export const command = parseCommand("astro organization token list");
