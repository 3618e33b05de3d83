import * as glue from "../wasm/client_bg.js";
import { checkNumber } from "./checks.js";
import { run } from "./core.js";
import type { ApiToken } from "./token.js";

/** Why a token deserves a look. */
export interface Finding {
  /**
   * `expired`: it does not work any more. `expires`: it stops working soon. `never_expires`: it never does. `unused`: it
   * was used, but not lately. `never_used`: it was never used, although it is old enough.
   */
  readonly kind: "expired" | "expires" | "never_expires" | "unused" | "never_used";
  /** The days that it is about; absent where it is about none. */
  readonly days?: number;
}

/** What to look for. */
export interface AuditOptions {
  /** Tokens that expire within so many days. Default: 30. */
  expiringWithinDays?: number | undefined;
  /** Tokens that nobody has used for so many days. Default: 90. */
  unusedForDays?: number | undefined;
  /** The time. Default: now. */
  now?: Date | number | undefined;
}

/**
 * What is to say about a token, judged from a list alone.
 *
 * ```js
 * for await (const token of astro.tokens()) {
 *   for (const { kind, days } of findingsOf(token)) console.log(token.name, kind, days);
 * }
 * ```
 */
export function findingsOf(token: ApiToken, options: AuditOptions = {}): Finding[] {
  const { expiringWithinDays = 30, unusedForDays = 90, now = Date.now() } = options;
  checkNumber("expiringWithinDays", expiringWithinDays);
  checkNumber("unusedForDays", unusedForDays);
  const nowMs = Number(now);
  checkNumber("now", nowMs);
  const json = JSON.stringify(token) ?? "";
  const found = run(() => glue.findings(json, expiringWithinDays, unusedForDays, nowMs) as Finding[] | undefined);
  if (found === undefined) throw new TypeError("findingsOf takes a token");
  return found;
}
