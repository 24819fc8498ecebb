// The memory engine: for tests, and for one process that may forget everything when it ends.

import { type Clock, systemClock } from "@switchboard/core";
import { type Backend, fieldsDecoder } from "../backend.ts";
import { Engine } from "../engine/engine.ts";
import { compileGlob } from "../glob.ts";
import { Sweeper } from "../sweeper.ts";
import { MemoryStore } from "./memory-store.ts";

/** Opens an empty store in this process's memory. */
export function openMemoryBackend({ clock = systemClock }: { readonly clock?: Clock }): Backend {
  const store = new MemoryStore();
  const engine = new Engine(store);
  const sweeper = new Sweeper(clock, async () => engine.sweep(clock.now()));
  const now = <Result>(work: (now: number) => Result): Result => {
    const result = work(clock.now());
    sweeper.expects(engine.nextExpiry());
    return result;
  };
  return {
    run: async (command) => now((time) => engine.run(command, time)),
    decoder: fieldsDecoder,
    commit: async (group) => now((time) => engine.commit(group, time)),
    async *scan(pattern) {
      const { matches } = compileGlob(pattern);
      for (const key of store.keys()) {
        if (matches(key) && engine.run(["exists", key], clock.now()) === true) yield key;
      }
    },
    close: async () => sweeper.stop(),
  };
}
