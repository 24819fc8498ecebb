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

const defaultSeparator = ":";
const maxAttempts = 100;
const commandNames = Object.keys(commands) as CommandName[];

/** Puts the KeyValue interface on a backend. */
export function createKeyValueStore(backend: Backend, { keyPrefix, keySeparator }: KeyNaming): KeyValueStore {
  const connection = new Connection(backend);
  const client = new KeyValueClient(connection, prefixOf(keyPrefix, keySeparator));
  return Object.assign(client, { close: () => connection.close() }) as unknown as KeyValueStore;
}

function prefixOf(name = "", separator = defaultSeparator): string {
  return name === "" ? "" : name + separator;
}

/** A backend that lets nothing through once it is closed. Shared by a store and its sub-managers. */
class Connection {
  readonly #backend: Backend;
  readonly #decoders: ReadonlyMap<CommandName, ((answer: unknown) => unknown) | undefined>;
  #closing: Promise<void> | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
    this.#decoders = new Map(commandNames.map((name) => [name, backend.decoder(name)]));
  }

  /** The backend, unless it is closed. @throws {StorageError} STORAGE_CLOSED. */
  get backend(): Backend {
    if (this.#closing === undefined) return this.#backend;
    throw new StorageError("STORAGE_CLOSED", "the key-value store is closed");
  }

  decoder(name: CommandName): ((answer: unknown) => unknown) | undefined {
    return this.#decoders.get(name);
  }

  close(): Promise<void> {
    this.#closing ??= this.#backend.close();
    return this.#closing;
  }
}

/** One prefix on a connection. Its commands are added to the prototype below, from the table. */
class KeyValueClient {
  readonly #connection: Connection;
  readonly #prefix: string;

  constructor(connection: Connection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  run(name: CommandName, given: readonly unknown[]): Promise<unknown> {
    try {
      const answer = this.#connection.backend.run(toCommand(name, this.#prefix, given));
      const decode = this.#connection.decoder(name);
      return decode === undefined ? answer : answer.then(decode);
    } catch (error) {
      // A bad argument, or the end.
      return Promise.reject(error);
    }
  }

  async *scan(pattern = "*"): AsyncGenerator<string> {
    for await (const key of this.#connection.backend.scan(escapeGlob(this.#prefix) + pattern)) {
      yield key.slice(this.#prefix.length);
    }
  }

  async keys(pattern?: string): Promise<string[]> {
    const found = new Set<string>();
    for await (const key of this.scan(pattern)) found.add(key);
    return [...found].toSorted();
  }

  sub(name: string): KeyValue {
    return new KeyValueClient(this.#connection, prefixOf(this.#prefix + name)) as unknown as KeyValue;
  }

  async atomic<Result>(work: (group: AtomicGroup) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const reads: GroupRead[] = [];
      const writes: Command[] = [];
      const result = await work(this.#group(reads, writes));
      // One read alone is true of its own moment.
      if (writes.length === 0 && reads.length <= 1) return result;
      if (await this.#connection.backend.commit({ reads, writes })) return result;
    }
    throw new StorageError("STORAGE_CONFLICT", `an atomic group met other changes ${maxAttempts} times in a row`);
  }

  /** The handle that a group's work gets: notes down what is read, with its answer, and what is to be written. */
  #group(reads: GroupRead[], writes: Command[]): AtomicGroup {
    const read = (name: CommandName) => {
      return async (...given: unknown[]): Promise<unknown> => {
        const command = toCommand(name, this.#prefix, given);
        const answer = await this.#connection.backend.run(command);
        reads.push({ command, answer });
        const decode = this.#connection.decoder(name);
        return decode === undefined ? answer : decode(answer);
      };
    };
    const write = (name: CommandName) => {
      return (...given: unknown[]): void => void writes.push(toCommand(name, this.#prefix, given));
    };
    return Object.fromEntries([
      ...groupCommands.reads.map((name) => [name, read(name)]),
      ...groupCommands.writes.map((name) => [name, write(name)]),
    ]);
  }
}

for (const name of commandNames) {
  Object.defineProperty(KeyValueClient.prototype, name, {
    value: function callCommand(this: KeyValueClient, ...given: unknown[]): Promise<unknown> {
      return this.run(name, given);
    },
  });
}
