/** Types of arguments, which a caller without a compiler gets wrong: each is looked at before it crosses into WebAssembly. */

/** @throws {TypeError} that names the argument, and shows nothing of it. */
export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw new TypeError(`${name} has to be a string, not ${kindOf(value)}`);
}

/** As {@link checkText}, for `true` and `false`. */
export function checkBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new TypeError(`${name} has to be a boolean, not ${kindOf(value)}`);
}

/** As {@link checkText}, for numbers that are neither NaN nor infinite. */
export function checkNumber(name: string, value: unknown): asserts value is number {
  if (typeof value !== "number") throw new TypeError(`${name} has to be a number, not ${kindOf(value)}`);
  if (!Number.isFinite(value)) throw new TypeError(`${name} has to be a finite number, not ${value}`);
}

/** As {@link checkText}, for functions that may be left out. */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw new TypeError(`${name} has to be a function, not ${kindOf(value)}`);
}

/** As {@link checkText}, for objects, of which `null` is none. */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null) throw new TypeError(`${name} has to be an object, not ${kindOf(value)}`);
}

/** An object with no other properties than these. @throws {TypeError} */
export function checkOptions(name: string, value: unknown, names: readonly string[]): void {
  checkObject(name, value);
  const unknown = Object.keys(value).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  const all = names.map((known) => `\`${known}\``).join(", ");
  throw new TypeError(`\`${unknown}\` is not known in ${name}, which ${names.length === 1 ? "has only" : "has"} ${all}`);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}
