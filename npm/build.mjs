// Makes dist/ out of src/ and wasm/: for each entry one JavaScript file for `import`, one for `require`, and declarations
// for both.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
rmSync("dist", { recursive: true, force: true });

/**
 * Each entry has a WebAssembly module of its own, in the place of the one that the sources import, and a `flavour`: how it comes
 * by that module.
 */
const ownModule = (module, flavour = "") => ({
  name: "own-module",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/wasm\/\w+_bg\.js$/ }, () => ({ path: resolve(`wasm/${module}_bg.js`) }));
    onResolve({ filter: /^\.\.\/wasm\/\w+_bg\.wasm$/ }, () =>
      flavour === ".workerd" ? { path: `./${module}.wasm`, external: true } : { path: resolve(`wasm/${module}_bg.wasm`) },
    );
    onResolve({ filter: /^\.\/module\.js$/ }, () => ({ path: resolve(`src/module${flavour}.ts`) }));
  },
});

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** What all entries have in common. */
const common = {
  bundle: true,
  // Embedded, so that nothing has to be found, fetched or awaited at run time.
  loader: { ".wasm": "base64" },
  define: { VERSION: JSON.stringify(version) },
  logLevel: "warning",
};

/**
 * An entry for everything that runs JavaScript. `neutral`: nothing of Node, so the same file runs in browsers and elsewhere.
 *
 * The module is embedded twice, for `import` and for `require`. The one file that both can read, browsers included, is a script that
 * leaves it in a global, which no bundler can leave out where nothing is called; it would save three tenths of the download
 * from the registry, and nothing of what any program or page loads.
 */
async function everywhere(entry, module, flavour) {
  const [esm, cjs] = flavour === ".workerd" ? [".workerd.js"] : [".js", ".cjs"];
  for (const [format, ending] of [["esm", esm], ...(cjs === undefined ? [] : [["cjs", cjs]])]) {
    await build({
      ...common,
      entryPoints: [`src/${entry}.ts`],
      plugins: [ownModule(module, flavour)],
      format,
      outfile: `dist/${entry}${ending}`,
      target: "es2022",
      platform: "neutral",
    });
  }
}

for (const [entry, module] of [["index", "core"], ["batch", "batch"], ["client", "client"], ["cli", "cli"], ["sandbox", "sandbox"]]) {
  await everywhere(entry, module);
  await everywhere(entry, module, ".workerd");
  copyFileSync(`wasm/${module}_bg.wasm`, `dist/${module}.wasm`);
}
await everywhere("slim", "core", ".slim");
await everywhere("slim-client", "client", ".slim");

// The command `astro-tokens` runs in Node alone: its host, and the file that is started.
for (const entry of ["program", "main"]) {
  await build({
    ...common,
    entryPoints: [`src/${entry}.ts`],
    plugins: [ownModule(entry)],
    external: entry === "main" ? ["./program.js"] : [],
    format: "esm",
    outfile: `dist/${entry}.js`,
    target: "node20",
    platform: "node",
    banner: entry === "main" ? { js: "#!/usr/bin/env node" } : {},
  });
}
chmodSync("dist/main.js", 0o755);

// `require` gets the same declarations under names that TypeScript takes for CommonJS.
const internal = ["base64", "checks", "core", "frame", "main", "module", "module.workerd", "plain", "program", "random"];
execFileSync("node_modules/.bin/tsc", ["--emitDeclarationOnly", "--outDir", "dist", "--rootDir", "src"], { stdio: "inherit" });
for (const name of internal) rmSync(`dist/${name}.d.ts`);
for (const file of readdirSync("dist").filter((file) => file.endsWith(".d.ts"))) {
  const declarations = readFileSync(`dist/${file}`, "utf8");
  writeFileSync(`dist/${file.replace(/\.d\.ts$/, ".d.cts")}`, declarations.replace(/(from "\.\/.*)\.js"/g, '$1.cjs"'));
}
