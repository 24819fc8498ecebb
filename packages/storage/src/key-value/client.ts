// The KeyValue that users hold: turns calls into commands for a backend, adds and strips prefixes, runs atomic groups. The same for all engines.

import { StorageError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { type Command, type CommandName, commands, groupCommands, toCommand } from "./commands.ts";
import { escapeGlob } from "./glob.ts";
import type { GroupRead } from "./group.ts";
import type { AtomicGroup, KeyValue, KeyValueStore } from "./key-value.ts";

/** How keys are named. */
export interface KeyNaming {
  /** Put in front of every key, with the separator between. Default none. */
  readonly keyPrefix?: string;
  /** Default ":". Below a sub-manager it is always ":". */
  readonly keySeparator?: string;
}

type Call = (...args: unknown[]) => Promise<unknown>;

const defaultSeparator = ":";
const maxAttempts = 100;

/** Puts the KeyValue interface on a backend. */
export function createKeyValueStore(backend: Backend, { keyPrefix = "", keySeparator }: KeyNaming): KeyValueStore {
  const state = { isClosed: false };
  const keyValue = createKeyValue(guarded(backend, state), keyPrefix, keySeparator);
  let closing: Promise<void> | undefined;
  return Object.assign(keyValue, {
    close: (): Promise<void> => {
      state.isClosed = true;
      closing ??= backend.close();
      return closing;
    },
  });
}

function createKeyValue(backend: Backend, name: string, separator = defaultSeparator): KeyValue {
  const prefix = name === "" ? "" : name + separator;
  const run = (command: CommandName): Call => {
    // Async, so that a bad argument rejects instead of being thrown.
    return async (...args) => backend.decode(command, await backend.run(toCommand(command, prefix, args)));
  };
  const calls = Object.fromEntries((Object.keys(commands) as CommandName[]).map((command) => [command, run(command)]));

  async function* scan(pattern = "*"): AsyncGenerator<string> {
    for await (const key of backend.scan(escapeGlob(prefix) + pattern)) yield key.slice(prefix.length);
  }

  const others: Pick<KeyValue, "keys" | "scan" | "atomic" | "sub"> = {
    scan,
    keys: async (pattern) => {
      const found = new Set<string>();
      for await (const key of scan(pattern)) found.add(key);
      return [...found].toSorted();
    },
    atomic: (work) => runAtomically(backend, prefix, work),
    sub: (added) => createKeyValue(backend, prefix + added),
  };
  return Object.assign(calls, others) as unknown as KeyValue;
}

/** Lets nothing through once the store is closed. */
function guarded(backend: Backend, state: { readonly isClosed: boolean }): Backend {
  const check = (): void => {
    if (state.isClosed) throw new StorageError("STORAGE_CLOSED", "the key-value store is closed");
  };
  return {
    run: async (command) => {
      check();
      return backend.run(command);
    },
    decode: (name, answer) => backend.decode(name, answer),
    commit: async (group) => {
      check();
      return backend.commit(group);
    },
    async *scan(pattern) {
      check();
      yield* backend.scan(pattern);
    },
    close: () => backend.close(),
  };
}

async function runAtomically<Result>(
  backend: Backend,
  prefix: string,
  work: (group: AtomicGroup) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const reads: GroupRead[] = [];
    const writes: Command[] = [];
    const result = await work(createGroup(backend, prefix, { reads, writes }));
    // One read alone is true of its own moment.
    if (writes.length === 0 && reads.length <= 1) return result;
    if (await backend.commit({ reads, writes })) return result;
  }
  throw new StorageError("STORAGE_CONFLICT", `an atomic group met other changes ${maxAttempts} times in a row`);
}

/** The handle that a group's work gets: notes down what is read, with its answer, and what is to be written. */
function createGroup(
  backend: Backend,
  prefix: string,
  { reads, writes }: { readonly reads: GroupRead[]; readonly writes: Command[] },
): AtomicGroup {
  const read = (name: CommandName): Call => {
    return async (...args) => {
      const command = toCommand(name, prefix, args);
      const answer = await backend.run(command);
      reads.push({ command, answer });
      return backend.decode(name, answer);
    };
  };
  const write = (name: CommandName) => {
    return (...args: unknown[]): void => void writes.push(toCommand(name, prefix, args));
  };
  return Object.fromEntries([
    ...groupCommands.reads.map((name) => [name, read(name)]),
    ...groupCommands.writes.map((name) => [name, write(name)]),
  ]);
}
