// Tries the packed package wherever its users are, for the table of `make test-all`: node matrix.mjs TARBALL FOLDER, where
// FOLDER has the package installed and this folder's app.mjs in it. `run.sh` prepares both.

import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { chromium } from "playwright-core";
import { rollup } from "rollup";
import * as vite from "vite";
import webpack from "webpack";
import { drive } from "./playground.mjs";

const [tarball, folder] = process.argv.slice(2);
const here = fileURLToPath(new URL(".", import.meta.url));
const installed = join(folder, "node_modules/astro-tokens");
const tool = (name) => join(here, "node_modules/.bin", name);
/** Its package's own command is put there by a script, and none is run. */
const bun = join(here, `node_modules/@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}/bin/bun`);
const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** What `life` of app.mjs says where everything works. */
const expected =
  "required invalid_role never_expires 1 invalid_json true cltoken2 astro organization token list";

/** A row that this machine cannot run, and why. */
class NotRun extends Error {}

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function checkLife(said) {
  check(said.trim() === expected, `said ${JSON.stringify(said.slice(0, 500))}`);
}

/** Runs a program to its end in the folder; what it printed. */
async function run(file, ...args) {
  try {
    const { stdout } = await promisify(execFile)(file, args, { cwd: folder, timeout: 120_000, env: { ...process.env, NO_COLOR: "1" } });
    return stdout;
  } catch (error) {
    if (error.code === "ENOENT") throw new NotRun(`there is no ${file}`);
    throw new Error(`${error.stdout ?? ""}${error.stderr ?? ""}`.trim().slice(-1500) || error.message);
  }
}

const write = (name, text) => writeFileSync(join(folder, name), text);

// ---- a server and a browser -------------------------------------------------------------------------------------------

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" };
/** The strictest policy under which WebAssembly runs at all. */
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src data:; connect-src 'self'; worker-src 'self'";

/** Serves the folder on 127.0.0.1; every page with the policy, unless its name says `open` or it brings its own. */
const server = createServer((request, response) => {
  const path = join(folder, decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  if (!path.startsWith(folder) || !existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end();
  const headers = { "content-type": types[extname(path)] ?? "application/octet-stream" };
  if (!/open|playground/.test(path)) headers["content-security-policy"] = policy;
  response.writeHead(200, headers).end(readFileSync(path));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = existsSync(chromiumPath) ? await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] }) : undefined;

/** What a page says in its title, without an error and without a request to anywhere else. */
async function visit(url) {
  if (browser === undefined) throw new NotRun("there is no Chromium");
  const page = await browser.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("request", (request) => new URL(request.url()).hostname === "127.0.0.1" || wrong.push(`asked for ${request.url()}`));
  try {
    await page.goto(url);
    // Where something went wrong, that says more than that nothing came.
    await page.waitForFunction(() => document.title !== "", undefined, { timeout: 60_000 }).catch((error) => wrong.push(error.message));
    check(wrong.length === 0, wrong.join("\n"));
    return await page.title();
  } finally {
    await page.close();
  }
}

/** A page with this script in its head. */
function html(name, script) {
  write(name, `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">${script}</html>`);
}

const inPage = 'import { life } from "./app.mjs";\nlife().then((said) => (document.title = said));\n';
write("page.mjs", inPage);

/** Runs a bundle, which has to be one file, in a page with the policy; its size. */
async function bundled(output) {
  const files = readdirSync(join(folder, output)).filter((name) => !name.endsWith(".html"));
  check(files.length === 1, `made ${files.join(", ")} instead of one file`);
  html(`${output}.html`, `<script type="module" src="./${output}/${files[0]}"></script>`);
  checkLife(await visit(`${origin}/${output}.html`));
  return `${kilobytes(gzipSync(readFileSync(join(folder, output, files[0]))).length)} with gzip`;
}

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;

// ---- the rows ---------------------------------------------------------------------------------------------------------

const typescript = (version, tsc, ...options) => [
  `TypeScript ${version}, ${options.at(-1)}`,
  () =>
    run(
      tsc, "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--lib", "es2022,dom",
      ...(options.includes("node10") ? [] : ["consumer.mts"]), ...(options.includes("bundler") ? [] : ["consumer.cts"]), ...options,
    ).then(() => undefined),
];
// `node10` is the oldest that still finds the declarations, and TypeScript 7 does not have it any more.
const node10 = ["--module", "commonjs", "--moduleResolution", "node10"];
const settings = [["--module", "esnext", "--moduleResolution", "bundler"], ["--module", "node16"], ["--module", "nodenext"]];
const require = createRequire(import.meta.url);
const tscs = [[require("typescript/package.json").version, tool("tsc")], ["7", join(here, "../../npm/node_modules/.bin/tsc")]];

const rows = [
  ["what is in the package", () => check(["LICENSE", "README.md"].every((name) => existsSync(join(installed, name))), "the licence or the README is not")],
  ["publint", () => run(tool("publint"), "run", tarball, "--strict").then((said) => check(said.includes("All good"), said))],
  // The WebAssembly files are bytes, which have no types.
  ["arethetypeswrong", () => run(tool("attw"), tarball, "--exclude-entrypoints", "core.wasm", "client.wasm").then(() => undefined)],
  ["Node, import", async () => checkLife(await run(process.execPath, "main.mjs"))],
  ["Node, require", async () => checkLife(await run(process.execPath, "main.cjs"))],
  ["Node, slim", async () => check((await run(process.execPath, "slim.mjs")).startsWith("https://api.astronomer.io/v1/"), "no request")],
  typescript(...tscs[0], ...node10),
  ...tscs.flatMap(([version, tsc]) => settings.map((options) => typescript(version, tsc, ...options))),

  ["a plain module script, import map", async () => checkLife(await visit(`${origin}/open-plain.html`))],
  ["a plain module script, under the policy", async () => checkLife(await visit(`${origin}/plain.html`))],
  ["a page that hosts core.wasm (slim)", async () => check((await visit(`${origin}/slim.html`)) === "https://api.astronomer.io/v1/organizations/clorg/tokens", "no request")],
  ["a module worker, under the policy", async () => checkLife(await visit(`${origin}/worker.html`))],
  [
    "a classic worker (esbuild), under the policy",
    async () => {
      await esbuild.build({ absWorkingDir: folder, entryPoints: ["worker.mjs"], bundle: true, minify: true, outfile: "classic.js", logLevel: "error" });
      checkLife(await visit(`${origin}/classic.html`));
    },
  ],
  [
    `esbuild ${esbuild.version}`,
    async () => {
      const options = { absWorkingDir: folder, entryPoints: ["page.mjs"], bundle: true, minify: true, format: "esm", logLevel: "error" };
      await esbuild.build({ ...options, outdir: "esbuild" });
      return bundled("esbuild");
    },
  ],
  [
    "esbuild, for Node, CommonJS",
    async () => {
      const options = { absWorkingDir: folder, entryPoints: ["main.cjs"], bundle: true, platform: "node", logLevel: "error" };
      await esbuild.build({ ...options, outfile: "esbuild-node.cjs" });
      checkLife(await run(process.execPath, "esbuild-node.cjs"));
    },
  ],
  [
    "esbuild, what is imported and not used is left out",
    async () => {
      const contents = 'import { Api } from "astro-tokens";\nimport { AstroTokens } from "astro-tokens/client";\nconsole.log(1);';
      const options = { absWorkingDir: folder, bundle: true, minify: true, format: "esm", write: false, logLevel: "error" };
      const { outputFiles } = await esbuild.build({ ...options, stdin: { contents, resolveDir: folder } });
      check(outputFiles[0].contents.length < 100, `${outputFiles[0].contents.length} bytes stay`);
    },
  ],
  [
    `Vite ${vite.version}, dev server`,
    async () => {
      const options = { optimizeDeps: { entries: ["vite.html"] }, server: { host: "127.0.0.1", port: 0 } };
      const dev = await vite.createServer({ root: folder, configFile: false, logLevel: "error", ...options });
      try {
        await dev.listen();
        checkLife(await visit(`http://127.0.0.1:${dev.httpServer.address().port}/vite.html`));
      } finally {
        await dev.close();
      }
    },
  ],
  [
    `Vite ${vite.version}, build`,
    async () => {
      const rollupOptions = { input: join(folder, "page.mjs") };
      const options = { outDir: "vite", assetsDir: ".", rollupOptions, chunkSizeWarningLimit: 10_000 };
      await vite.build({ root: folder, configFile: false, logLevel: "warn", build: options });
      return bundled("vite");
    },
  ],
  [
    `webpack ${webpack.version}`,
    async () => {
      const output = { path: join(folder, "webpack"), filename: "page.js" };
      const compiler = webpack({ context: folder, entry: "./page.mjs", mode: "production", output, performance: false });
      const stats = await promisify(compiler.run.bind(compiler))();
      await promisify(compiler.close.bind(compiler))();
      const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
      check(errors.length + warnings.length === 0, [...errors, ...warnings].map(({ message }) => message).join("\n"));
      return bundled("webpack");
    },
  ],
  [
    "Rollup",
    async () => {
      const warnings = [];
      const options = { input: join(folder, "page.mjs"), plugins: [nodeResolve({ browser: true })], onwarn: ({ message }) => warnings.push(message) };
      const bundle = await rollup(options);
      await bundle.write({ dir: join(folder, "rollup"), format: "esm" });
      await bundle.close();
      check(warnings.length === 0, warnings.join("\n"));
      return bundled("rollup");
    },
  ],
  [
    "the playground, typed into and seen by axe-core",
    async () => {
      if (browser === undefined) throw new NotRun("there is no Chromium");
      const options = { absWorkingDir: folder, entryPoints: ["playground/playground.js"], bundle: true, minify: true, format: "esm", logLevel: "error" };
      await esbuild.build({ ...options, outdir: "playground/dist" });
      await drive(browser, `${origin}/playground/index.html`);
    },
  ],
  ["Deno, with one permission", async () => checkLife(await run(tool("deno"), "run", "--no-prompt", "--no-remote", "--allow-env=ASTRO_DOMAIN", "main.mjs"))],
  ["Bun", async () => checkLife(await run(bun, "main.mjs"))],
  ["Bun, require", async () => checkLife(await run(bun, "main.cjs"))],
  ["workerd (Cloudflare Workers)", workerd],
];

/** Bundled as wrangler does it, with the WebAssembly as modules of their own. */
async function workerd() {
  const program = join(here, `node_modules/@cloudflare/workerd-${process.platform}-${process.arch === "x64" ? "64" : process.arch}/bin/workerd`);
  if (!existsSync(program)) throw new NotRun("npm carries no workerd for this machine");
  const options = { absWorkingDir: folder, entryPoints: ["fetch.mjs"], bundle: true, format: "esm", conditions: ["workerd"] };
  await esbuild.build({ ...options, external: ["*.wasm"], outfile: "workerd.js", logLevel: "error" });
  const modules = ["core", "batch", "client", "cli", "sandbox"].map((name) => `(name = "${name}.wasm", wasm = embed "node_modules/astro-tokens/dist/${name}.wasm")`);
  write(
    "workerd.capnp",
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "workerd.js"), ${modules.join(", ")}],
  compatibilityDate = "2026-01-01",
);
`,
  );
  const child = spawn(program, ["serve", "--control-fd=1", "workerd.capnp"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  try {
    const port = await new Promise((resolve, reject) => {
      child.stdout.on("data", (data) => {
        const [, port] = /"port":(\d+)/.exec(data) ?? [];
        if (port !== undefined) resolve(port);
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`left with ${code}: ${errors}`)));
    });
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(30_000) });
    const said = await response.text();
    check(response.ok, `${said} ${errors}`);
    checkLife(said);
  } finally {
    child.kill();
  }
}

// ---- what they run ----------------------------------------------------------------------------------------------------

write("main.mjs", 'import { life } from "./app.mjs";\nconsole.log(await life());\n');
// The same program, with `require`.
write(
  "main.cjs",
  `${readFileSync(join(here, "app.mjs"), "utf8").replace(/^import (.*) from (".*");$/gm, (_, names, from) => `const ${names.replace(" as ", ": ")} = require(${from});`).replace("export ", "")}
life().then(console.log);
`,
);
write("fetch.mjs", 'import { life } from "./app.mjs";\nexport default { fetch: async () => new Response(await life()) };\n');
write(
  "slim.mjs",
  `import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Api, initialize } from "astro-tokens/slim";
try { new Api({ organizationId: "clorg" }); } catch (error) { if (!/call \`initialize\` first/.test(error.message)) throw error; }
initialize(readFileSync(fileURLToPath(import.meta.resolve("astro-tokens/core.wasm"))));
console.log(new Api({ organizationId: "clorg" }).listTokens().url);
`,
);
write(
  "consumer.mts",
  `import { Api, isValidationError, type TokenRequest } from "astro-tokens";
import { correctCommand } from "astro-tokens/cli";
import { type ApiToken, AstroTokens } from "astro-tokens/client";
import { Sandbox } from "astro-tokens/sandbox";
import { initialize } from "astro-tokens/slim";
import { initialize as initializeClient } from "astro-tokens/slim/client";

const request: TokenRequest = new Api({ organizationId: "clorg" }).createToken({ name: "CI", role: "WORKSPACE_MEMBER", workspaceId: "clws" });
const sandbox = new Sandbox();
const astro = new AstroTokens({ token: sandbox.ownerToken, fetch: sandbox.fetch });
export const sent: Promise<Response> = fetch(request.url, request);
export const tokens: AsyncIterable<ApiToken> = astro.tokens({ workspaceId: "clws" });
export const line: string | undefined = correctCommand("astro org token ls");
export const empty = (error: unknown): boolean => !isValidationError(error) || error.problems.length === 0;
export const given: ((source: WebAssembly.Module) => void)[] = [initialize, initializeClient];
`,
);
write("consumer.cts", readFileSync(join(folder, "consumer.mts"), "utf8"));

// A page's own script and a worker's know no import map, or the policy forbids it: they name the files.
const entries = { "astro-tokens": "index", "astro-tokens/batch": "batch", "astro-tokens/cli": "cli", "astro-tokens/client": "client", "astro-tokens/sandbox": "sandbox" };
const addresses = Object.entries(entries).map(([name, file]) => [name, `/node_modules/astro-tokens/dist/${file}.js`]);
const byAddress = addresses.reduce((text, [name, address]) => text.replace(`"${name}"`, `"${address}"`), readFileSync(join(folder, "app.mjs"), "utf8"));
write("addressed.mjs", byAddress);
write("plain.mjs", inPage.replace("app.mjs", "addressed.mjs"));
html("plain.html", '<script type="module" src="./plain.mjs"></script>');
html("open-plain.html", `<script type="importmap">${JSON.stringify({ imports: Object.fromEntries(addresses) })}</script><script type="module" src="./page.mjs"></script>`);
html("vite.html", '<script type="module" src="/page.mjs"></script>');
write("worker.mjs", 'import { life } from "./addressed.mjs";\nlife().then(postMessage);\n'.replace("addressed", "app"));
write("addressed-worker.mjs", 'import { life } from "./addressed.mjs";\nlife().then(postMessage);\n');
for (const [name, made] of [["worker", 'new Worker("./addressed-worker.mjs", { type: "module" })'], ["classic", 'new Worker("./classic.js")']]) {
  write(`${name}-page.mjs`, `const worker = ${made};\nworker.onmessage = ({ data }) => (document.title = data);\nworker.onerror = ({ message }) => (document.title = message || "the worker failed");\n`);
  html(`${name}.html`, `<script type="module" src="./${name}-page.mjs"></script>`);
}
write(
  "slim-page.mjs",
  `import { Api, initialize } from "/node_modules/astro-tokens/dist/slim.js";
initialize(await WebAssembly.compileStreaming(fetch("/node_modules/astro-tokens/dist/core.wasm")));
document.title = new Api({ organizationId: "clorg" }).listTokens().url;
`,
);
html("slim.html", '<script type="module" src="./slim-page.mjs"></script>');

// ---- what it reports, for the table of tests/stages.py ------------------------------------------------------------------

const matrix = join(here, "../../target/matrix");
const line = (...cells) => `${cells.map((cell) => String(cell).replaceAll("\n", " / ").replaceAll("\t", " ")).join("\t")}\n`;
mkdirSync(matrix, { recursive: true });
const reportOf = (name, lines) => writeFileSync(join(matrix, `test-bundlers.${name}`), lines.join(""));

const report = [];
const counts = { passed: 0, failed: 0, "not run": 0 };
for (const [what, test] of rows) {
  const start = performance.now();
  let result = "passed";
  let note = "";
  try {
    note = (await test()) ?? "";
  } catch (error) {
    result = error instanceof NotRun ? "not run" : "failed";
    note = error.message;
  }
  counts[result]++;
  console.log(`${result}: ${what}${note && ": "}${note}`);
  report.push(line("npm package", what, result, ((performance.now() - start) / 1000).toFixed(1), note.slice(0, 300)));
  reportOf("tsv", report);
}
await browser?.close();
server.close();

const sizes = [line(tarball.split("/").at(-1), statSync(tarball).size, "")];
for (const file of ["index.js", "batch.js", "client.js", "cli.js", "sandbox.js", "slim.js", "core.wasm", "slim-client.js", "client.wasm"]) {
  const bytes = readFileSync(join(installed, "dist", file));
  sizes.push(line(file, bytes.length, gzipSync(bytes, { level: 9 }).length));
}
reportOf("sizes.tsv", sizes);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts["not run"]} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
