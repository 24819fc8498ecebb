// A worker for the tests of threads.

import { StorageError } from "../../src/errors.ts";
import { Failed } from "../../src/thread/protocol.ts";
import { serve } from "../../src/thread/serve.ts";

/** What it may be told. */
export type Order = { readonly say: number } | { readonly fail: string } | "batch size" | "modules" | "die";

serve<Order>((data) => {
  if (data === "refuse to open") throw new StorageError("STORAGE_CORRUPT", "as told");
  const modules: string[] = [];
  return {
    answer: (orders) => orders.map((order) => (order === "modules" ? modules.join(" ") : obey(order, orders.length))),
    load: (_url, module) => void modules.push((module as { name: string }).name),
    close: () => undefined,
  };
});

function obey(order: Exclude<Order, "modules">, size: number): unknown {
  if (order === "batch size") return size;
  // Ends this thread only.
  if (order === "die") process.exit();
  if ("say" in order) return order.say;
  const cause = new Error("inside");
  return new Failed(new StorageError("STORAGE_LOCKED", order.fail, { cause, details: { place: "thread" } }));
}
