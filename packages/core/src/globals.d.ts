// The few host functions the kernel uses. Every JavaScript host has them (browsers, Node, Deno, Bun, workers);
// naming them here, instead of loading a host's types, makes the compiler refuse everything else.

declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare function queueMicrotask(callback: () => void): void;
declare const console: { error(...values: unknown[]): void };

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
