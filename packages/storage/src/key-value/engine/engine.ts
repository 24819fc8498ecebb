// Carries out commands on a store that lives in this thread: the whole of the memory engine, and what the SQLite engine runs in its worker.
// Redis carries out its commands itself.

import { isDeepStrictEqual } from "node:util";
import type { Command, CommandName } from "../commands.ts";
import { type Group, kindNeeds } from "../group.ts";
import { hashCommands, listCommands, setCommands } from "./container-commands.ts";
import type { CommandSet } from "./command-set.ts";
import { Entries } from "./entries.ts";
import type { EntryStore } from "./entry-store.ts";
import { keyCommands } from "./key-commands.ts";
import { sortedSetCommands } from "./sorted-set-commands.ts";

// How many expired keys one sweep removes, so that it does not hold up others for long.
const sweepLimit = 1_000;

/** Runs commands, groups and sweeps on `store`. Each takes the time as `now`, milliseconds since 1970. */
export class Engine {
  readonly #entries: Entries;
  readonly #commands: CommandSet<CommandName>;

  constructor(store: EntryStore) {
    const entries = new Entries(store);
    this.#entries = entries;
    this.#commands = {
      ...keyCommands(entries),
      ...hashCommands(entries),
      ...setCommands(entries),
      ...sortedSetCommands(entries),
      ...listCommands(entries),
    };
  }

  /**
   * Runs one command. When it throws a {@link StorageError}, nothing has been changed.
   *
   * @throws {StorageError} STORAGE_WRONG_TYPE, STORAGE_NOT_INTEGER, STORAGE_ARGUMENT_INVALID; what the store throws.
   */
  run(command: Command, now: number): unknown {
    this.#entries.now = now;
    const run = this.#commands[command[0]] as (...args: unknown[]) => unknown;
    return run(...command.slice(1));
  }

  /** Does a group's writes if its reads still answer the same; returns whether they do. */
  commit({ reads, writes }: Group, now: number): boolean {
    for (const { command, answer } of reads) {
      if (!isDeepStrictEqual(this.run(command, now), answer)) return false;
    }
    for (const { key, kind } of kindNeeds(writes)) this.#entries.get(key, kind);
    for (const command of writes) this.run(command, now);
    return true;
  }

  /** Removes keys that have expired. Returns when the next one will be due, undefined if none is. */
  sweep(now: number): number | undefined {
    const { store } = this.#entries;
    for (const entry of store.expired(now, sweepLimit)) store.remove(entry);
    return store.nextExpiry();
  }

  /** When the next key expires, milliseconds since 1970. */
  nextExpiry(): number | undefined {
    return this.#entries.store.nextExpiry();
  }
}
