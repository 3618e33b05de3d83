// The package, as both `import` and `require` give it. Inside of this package its name stands for itself; copied into
// another folder, these tests run against the package that is installed there.

import { createRequire } from "node:module";

export const packages = {
  import: await import("astro-tokens"),
  require: createRequire(import.meta.url)("astro-tokens"),
};
