/**
 * Types that a platform brings along. Where the compiler knows none, as with `lib: ["ES2022"]` alone, each is as much of it
 * as this package needs, so that nobody needs the declarations of a browser or of Node.
 */

type Global<Name extends string, Otherwise> = typeof globalThis extends Record<Name, { prototype: infer Known }> ? Known : Otherwise;

/** The `AbortSignal` of the platform. */
export type Signal = Global<
  "AbortSignal",
  {
    readonly aborted: boolean;
    readonly reason: unknown;
    throwIfAborted(): void;
    addEventListener(type: "abort", listener: () => void): void;
    removeEventListener(type: "abort", listener: () => void): void;
  }
>;

/** The `Response` of the platform. */
export type Answered = Global<
  "Response",
  {
    readonly status: number;
    readonly headers: Iterable<[string, string]>;
    arrayBuffer(): Promise<ArrayBuffer>;
    text(): Promise<string>;
    json(): Promise<unknown>;
  }
>;

/** What `fetch` of the platform takes. */
export type Asked = string | Global<"URL", { readonly href: string }> | Global<"Request", { readonly url: string }>;

/** With what else `fetch` of the platform is called. */
export interface AskedWith {
  method?: string;
  headers?: unknown;
  body?: unknown;
  signal?: Signal | null;
}
