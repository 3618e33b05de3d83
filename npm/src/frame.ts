/**
 * Packs any value into a frame, which crosses into WebAssembly with one copy of numbers and one of text.
 * `bindings/wasm/src/frame.rs` reads it.
 *
 * A frame is a list of pairs, a tag and its argument, and a text in which all strings follow each other. An object is
 * a pair with the number of its members, followed by each one's key and value, a list one with the number of its items.
 */

/** What a pair stands for. In the comment, its argument. */
const Tag = {
  absent: 0,
  /** 0 or 1. */
  boolean: 1,
  /** The number itself. */
  number: 2,
  hugeInteger: 3,
  brokenText: 4,
  /** The number of items. */
  list: 5,
  /** The number of members. */
  object: 6,
  /** From here on, the length of a string in UTF-16 code units. This one is digits that fit into 64 bits. */
  integer: 7,
  text: 8,
  /** Any other value; the string is what JavaScript calls its type. */
  other: 9,
} as const;

/** No input needs more than an object, a list, an object and its values; this also ends cyclic structures. */
const deepest = 3;

/** More items than any list here has a use for. */
const longest = 100_000;

/** Half of a character alone: with the flag `u`, whole pairs are other code points. */
const loneSurrogate = /\p{Surrogate}/u;

/** One packed value. */
export interface Frame {
  /** The pairs. */
  readonly numbers: number[];
  /** The strings. */
  text: string;
}

/** May run code of the caller (getters, traps of proxies); what that throws is thrown. */
export function pack(value: unknown): Frame {
  const frame = { numbers: [], text: "" };
  add(frame, value, deepest);
  return frame;
}

function add(frame: Frame, value: unknown, room: number): void {
  switch (typeof value) {
    case "string":
      return addString(frame, Tag.text, value);
    case "number":
      return addPair(frame, Tag.number, value);
    case "undefined":
      return addPair(frame, Tag.absent, 0);
    case "boolean":
      return addPair(frame, Tag.boolean, value ? 1 : 0);
    case "bigint":
      // The digits of a larger one would take quadratic time, and no field takes it anyway.
      if (BigInt.asIntN(64, value) !== value) return addPair(frame, Tag.hugeInteger, 0);
      return addString(frame, Tag.integer, value.toString());
    case "object":
      return value === null ? addPair(frame, Tag.absent, 0) : addObject(frame, value, room);
    default:
      return addString(frame, Tag.other, typeof value);
  }
}

function addObject(frame: Frame, value: object, room: number): void {
  if (room > 0 && Array.isArray(value)) {
    // Read once: a getter or a proxy may change it on the way.
    const length = value.length;
    // `new Array(2 ** 32 - 1)` costs its maker nothing, and a frame of it all the memory there is.
    if (length > longest) return addString(frame, Tag.other, `Array(${length})`);
    addPair(frame, Tag.list, length);
    for (let index = 0; index < length; index++) add(frame, value[index], room - 1);
    return;
  }
  // `Date`, `Map`, `Headers` and so on have names of their own here, in every realm; plain objects and instances of
  // classes, which people use for options too, are called `Object`.
  const type = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (room === 0 || type !== "Object") return addString(frame, Tag.other, type);
  const keys = Object.keys(value);
  addPair(frame, Tag.object, keys.length);
  for (const key of keys) {
    addString(frame, Tag.text, key);
    add(frame, (value as Record<string, unknown>)[key], room - 1);
  }
}

function addPair(frame: Frame, tag: number, argument: number): void {
  frame.numbers.push(tag, argument);
}

function addString(frame: Frame, tag: number, text: string): void {
  frame.numbers.push(tag, text.length);
  frame.text += text;
}

/**
 * Takes strings with lone surrogates out: UTF-8 has none, and encoding would replace them without a word. They are
 * looked at one by one: two halves at the ends of neighbours look like a whole character in the text.
 */
export function dropBrokenText(frame: Frame): void {
  const { numbers, text } = frame;
  let end = 0;
  frame.text = "";
  for (let at = 0; at < numbers.length; at += 2) {
    if (numbers[at]! < Tag.integer) continue;
    const string = text.slice(end, (end += numbers[at + 1]!));
    if (loneSurrogate.test(string)) {
      numbers[at] = Tag.brokenText;
      numbers[at + 1] = 0;
    } else {
      frame.text += string;
    }
  }
}
