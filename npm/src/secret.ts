/** Registered, so that the entries of this package, which are bundled apart, know each other's secrets. */
const brand = Symbol.for("astro-tokens/secret");

/** Not in the secrets themselves: the console of a browser shows private fields, too. */
const values = new WeakMap<Secret, string>();

const redacted = "[redacted]";

/**
 * The value of a token: whoever has it can do what the token may.
 *
 * Nothing shows it but {@link Secret.expose}: as a string, in JSON and in Node's inspection it is redacted, it has no
 * properties, and what `structuredClone` or `postMessage` make of it is empty. It is returned once, by create and by
 * rotate, and never again. A string in JavaScript stays in memory until it is collected; nothing can overwrite it.
 *
 * The entries of this package are bundled apart, and each has a class of its own: a secret of `astro-tokens/sandbox` is no
 * `instanceof` that of `astro-tokens/client`. {@link isSecret} knows them all, and whatever takes a secret takes any.
 *
 * ```js
 * const secret = new Secret("eyJhbGciOiJSUzI1NiJ9.e30.c2ln");
 * `${secret}`; // "[redacted]"
 * secret.expose(); // "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"
 * ```
 */
export class Secret {
  static {
    Object.defineProperty(this.prototype, brand, { value: true });
    // What Node calls for `console.log`; registered, so that nothing of Node is needed for it.
    Object.defineProperty(this.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: () => `Secret(${redacted})` });
  }

  /** Takes a value into custody. */
  constructor(value: string) {
    // No message may show what it is instead.
    if (typeof value !== "string") throw new TypeError(`a secret has to be a string, not ${typeof value}`);
    values.set(this, value);
    Object.freeze(this);
  }

  /** The value itself. What becomes of it from here is the caller's. */
  expose(): string {
    const value = values.get(this);
    if (value === undefined) throw new TypeError("this is no secret; a copy of one does not hold its value");
    return value;
  }

  /** `[redacted]` */
  toString(): string {
    return redacted;
  }

  /** `[redacted]` */
  toJSON(): string {
    return redacted;
  }
}

/** Whether this is a {@link Secret}, also one of another entry or copy of this package, where `instanceof` says no. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && brand in value;
}
