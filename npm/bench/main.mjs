// The rows of JavaScript: `make bench` runs this and makes one table of all languages.

import assert from "node:assert/strict";
import { Api } from "astro-tokens-under-test";
import { entriesText } from "./inputs.mjs";
import { measure } from "./measure.mjs";
import { body, create } from "./peers.mjs";
