import { Api as RequestApi } from "./api.js";
import { type Batch, type BatchOptions, createTokens } from "./batches.js";
import type { CreateTokenInput } from "./inputs.js";

/** An `Api` that builds the requests of many tokens at once, too. */
export class Api extends RequestApi {
  /**
   * Builds the requests that create many tokens. An entry that is wrong does not stop the others.
   *
   * ```js
   * const batch = api.createTokens(await readFile("tokens.ndjson"));
   * batch.throwForErrors();
   * for (const request of batch) await send(request);
   * ```
   *
   * @param entries NDJSON, as text or as bytes of UTF-8: one object a line with the fields of `createToken`; blank lines are
   *   no entries. Or an iterable of such objects, in which lines of NDJSON are read, too.
   * @returns The requests, and what is wrong with the entries that made none.
   * @throws {TypeError} for anything else, and for unknown options.
   * @see https://github.com/ndjson/ndjson-spec
   */
  createTokens(entries: string | Uint8Array | Iterable<CreateTokenInput | string | Uint8Array>, options: BatchOptions = {}): Batch {
    return createTokens(RequestApi.settings(this), entries, options);
  }
}
