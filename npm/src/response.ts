/** The answer to a request, before anything is made of it. */

import { checkObject } from "./checks.js";

/** The answer to a request, as any HTTP client gets it. */
export interface ResponseParts {
  /** The status: 200. */
  readonly status: number;
  /** The headers: `Headers`, a `Map` or another list of pairs, or an object; the names in any case. */
  readonly headers?:
    | Iterable<readonly [string, string]>
    | Readonly<Record<string, string | readonly string[] | undefined>>
    | undefined;
  /** The whole body. */
  readonly body?: string | Uint8Array | null | undefined;
}

const encoder = new TextEncoder();
const empty = new Uint8Array();

/** What the core takes: the status, names and values of the headers in turn, and the bytes of the body. */
export type Parts = [status: number, headers: string[], body: Uint8Array];

/** @throws {TypeError} where it is none. */
export function partsOf(response: ResponseParts): Parts {
  checkObject("the answer", response);
  return [statusOf(response), headersOf(response), bodyOf(response)];
}

function statusOf({ status }: ResponseParts): number {
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw new TypeError("the status of the answer has to be a number of three digits");
  }
  return status;
}

function headersOf({ headers }: ResponseParts): string[] {
  if (headers === undefined) return [];
  checkObject("`headers` of the answer", headers);
  const pairs: Iterable<readonly [string, unknown]> = Symbol.iterator in headers ? headers : Object.entries(headers);
  const list: string[] = [];
  for (const [name, values] of pairs) {
    for (const value of Array.isArray(values) ? values : [values]) {
      if (value !== undefined) list.push(String(name), String(value));
    }
  }
  return list;
}

function bodyOf({ body = null }: ResponseParts): Uint8Array {
  if (typeof body === "string") return encoder.encode(body);
  if (body === null) return empty;
  // In every realm: `instanceof` knows the bytes of this one alone.
  if (Object.prototype.toString.call(body) === "[object Uint8Array]") return body;
  throw new TypeError("the body of the answer has to be a string or bytes: `await response.text()`");
}
