// Makes dist/ out of src/ and wasm/: for each entry one JavaScript file for `import`, one for `require`, and declarations
// for both.

import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
rmSync("dist", { recursive: true, force: true });

/** Each entry has a WebAssembly module of its own, in the place of the one that the sources import. */
const ownModule = (entry) => ({
  name: "own-module",
  setup({ onResolve }) {
    const module = entry === "index" ? "core" : entry;
    const pattern = /^\.\.\/wasm\/\w+_bg\.(js|wasm)$/;
    onResolve({ filter: pattern }, ({ path }) => ({ path: resolve(path.replace(pattern, `wasm/${module}_bg.$1`)) }));
  },
});

/** `.` is the entry `index`, `./cli` the entry `cli`: each is a file in src/. */
const { exports, version } = JSON.parse(readFileSync("package.json", "utf8"));
const entries = Object.keys(exports).filter((path) => path !== "./package.json").map((path) => path.slice(2) || "index");

for (const entry of entries) {
  for (const [format, extension] of [
    ["esm", "js"],
    ["cjs", "cjs"],
  ]) {
    await build({
      entryPoints: [`src/${entry}.ts`],
      plugins: [ownModule(entry)],
      bundle: true,
      format,
      outfile: `dist/${entry}.${extension}`,
      target: "es2022",
      // `neutral`: nothing of Node, so the same file runs in browsers and elsewhere.
      platform: "neutral",
      // Embedded, so that nothing has to be found, fetched or awaited at run time.
      loader: { ".wasm": "base64" },
      define: { VERSION: JSON.stringify(version) },
      logLevel: "warning",
    });
  }
}

// The command `astro-tokens` runs in Node alone: its host, and the file that is started.
for (const entry of ["program", "main"]) {
  await build({
    entryPoints: [`src/${entry}.ts`],
    plugins: [ownModule(entry)],
    bundle: true,
    external: entry === "main" ? ["./program.js"] : [],
    format: "esm",
    outfile: `dist/${entry}.js`,
    target: "node20",
    platform: "node",
    banner: entry === "main" ? { js: "#!/usr/bin/env node" } : {},
    loader: { ".wasm": "base64" },
    define: { VERSION: JSON.stringify(version) },
    logLevel: "warning",
  });
}
chmodSync("dist/main.js", 0o755);

// `require` gets the same declarations under names that TypeScript takes for CommonJS.
const internal = ["base64", "checks", "core", "frame", "main", "plain", "program"];
execFileSync("node_modules/.bin/tsc", ["--emitDeclarationOnly", "--outDir", "dist", "--rootDir", "src"], { stdio: "inherit" });
for (const name of internal) rmSync(`dist/${name}.d.ts`);
for (const file of readdirSync("dist").filter((file) => file.endsWith(".d.ts"))) {
  const declarations = readFileSync(`dist/${file}`, "utf8");
  writeFileSync(`dist/${file.replace(/\.d\.ts$/, ".d.cts")}`, declarations.replace(/(from "\.\/.*)\.js"/g, '$1.cjs"'));
}
