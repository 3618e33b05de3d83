// The package, as both `import` and `require` give it. Inside of this package its name stands for itself; copied into
// another folder, these tests run against the package that is installed there.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const packages = {
  import: await import("astro-tokens"),
  require: require("astro-tokens"),
};

/** The entry for many tokens at once, which has all of the other one too. */
export const batchPackages = {
  "import batch": await import("astro-tokens/batch"),
  "require batch": require("astro-tokens/batch"),
};

/** The entry that talks to Astro, which has all of the other two. */
export const clientPackages = {
  "import client": await import("astro-tokens/client"),
  "require client": require("astro-tokens/client"),
};

/** The entry with an Astro in memory. */
export const sandboxPackages = {
  "import sandbox": await import("astro-tokens/sandbox"),
  "require sandbox": require("astro-tokens/sandbox"),
};

/** The entry with the command line, which has all of the other three. */
export const cliPackages = {
  "import cli": await import("astro-tokens/cli"),
  "require cli": require("astro-tokens/cli"),
};
