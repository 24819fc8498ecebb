// The table of commands: for each its arguments, whether it writes, and the kind of value it works on. Everything that treats commands
// alike (prefixing, checking, the thread, atomic groups, Redis) reads it from here.

import { StorageError } from "../errors.ts";
import type {
  AtomicReads,
  AtomicWrites,
  KeyKind,
  KeyValue,
  PageOptions,
  RankOptions,
  SetOptions,
} from "./key-value.ts";

/** The calls that an engine carries out; the others are built from them. */
export type CommandName = Exclude<keyof KeyValue, "keys" | "scan" | "atomic" | "sub">;

/** A hash on its way to or from an engine: an object would not survive every field name and every thread unchanged. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** Arguments that engines get in another form than callers give them: without objects, which are costly to send to a thread. */
interface FlatArgs {
  set: [key: string, text: string, ttlMs: number | undefined];
  setnx: [key: string, text: string, ttlMs: number | undefined];
  hset: [key: string, fields: Fields];
  zrange: [key: string, start: number, stop: number, reverse: boolean];
  zrangebyscore: [key: string, min: number, max: number, offset: number, limit: number];
}

/** A command's arguments, with full keys. */
export type CommandArgs<Name extends CommandName> = Name extends keyof FlatArgs
  ? FlatArgs[Name]
  : Required<Parameters<KeyValue[Name]>>;

/** What a command answers. */
export type CommandReply<Name extends CommandName> = Name extends "hgetall"
  ? Fields
  : Awaited<ReturnType<KeyValue[Name]>>;

/** A command as it travels to an engine: its name, then its arguments, checked and with full keys. */
export type Command = readonly [name: CommandName, ...args: unknown[]];

/** Checks one argument and returns it in the form that engines get. */
type Argument = (value: unknown, place: Place) => unknown;

interface Place {
  readonly command: string;
  /** Put in front of keys. */
  readonly prefix: string;
}

interface CommandSpec {
  readonly args: readonly Argument[];
  /** What all further arguments are. */
  readonly rest?: Argument;
  /** A second one made from the last argument. */
  readonly alsoLast?: Argument;
  readonly writes: boolean;
  /** What the keys must hold; undefined: anything. */
  readonly kind?: KeyKind;
}

const maxTtlMs = 3_153_600_000_000;
// What is safe to hand on as arguments of a function, with Node's default stack.
const maxArguments = 50_000;

// Every Node from 20 on has it; the library that TypeScript has for ES2023 does not.
interface WellFormed {
  toWellFormed(): string;
}

const text: Argument = (value, { command }) => {
  if (typeof value !== "string") throw invalid(command, "text", value);
  // Engines that encode to UTF-8 would do the same; done here it is the same for all.
  return (value as unknown as WellFormed).toWellFormed();
};
const key: Argument = (value, place) => place.prefix + String(text(value, place));
const integer: Argument = (value, { command }) => {
  if (!Number.isSafeInteger(value)) throw invalid(command, "a whole number", value);
  return value;
};
const amount: Argument = (value = 1, place) => integer(value, place);
const score: Argument = (value, { command }) => {
  if (typeof value !== "number" || Number.isNaN(value)) throw invalid(command, "a number", value);
  // Not every engine keeps the sign of zero.
  return value === 0 ? 0 : value;
};
const ttl: Argument = (value, { command }) => {
  if (!Number.isSafeInteger(value) || Number(value) < 1 || Number(value) > maxTtlMs) {
    throw invalid(command, `ttlMs from 1 to ${maxTtlMs}`, value);
  }
  return value;
};
const fields: Argument = (value, place) => {
  if (typeof value !== "object" || value === null) throw invalid(place.command, "an object of texts", value);
  return Object.entries(value).map(([name, member]) => [text(name, place), text(member, place)]);
};
const setTtl: Argument = (value, place) => {
  const ttlMs = (value as SetOptions | undefined)?.ttlMs;
  return ttlMs === undefined ? undefined : ttl(ttlMs, place);
};
const reverse: Argument = (value) => (value as RankOptions | undefined)?.reverse === true;
const count: Argument = (value, { command }) => {
  if (!Number.isSafeInteger(value) || Number(value) < 0) throw invalid(command, "a count of 0 or more", value);
  return value;
};
const offset: Argument = (value, place) => count((value as PageOptions | undefined)?.offset ?? 0, place);
const limit: Argument = (value, place) =>
  count((value as PageOptions | undefined)?.limit ?? Number.MAX_SAFE_INTEGER, place);

const reads = (args: readonly Argument[], kind?: KeyKind): CommandSpec => ({
  args,
  writes: false,
  ...(kind === undefined ? {} : { kind }),
});
const writes = (args: readonly Argument[], kind?: KeyKind): CommandSpec => ({ ...reads(args, kind), writes: true });

/** Every command. */
export const commands: Readonly<Record<CommandName, CommandSpec>> = {
  exists: reads([key]),
  type: reads([key]),
  pttl: reads([key]),
  delete: { ...writes([]), rest: key },
  rename: writes([key, key]),
  pexpire: writes([key, ttl]),
  persist: writes([key]),

  get: reads([key], "string"),
  set: writes([key, text, setTtl]),
  setnx: writes([key, text, setTtl]),
  incrby: writes([key, amount], "string"),

  hget: reads([key, text], "hash"),
  hexists: reads([key, text], "hash"),
  hgetall: reads([key], "hash"),
  hlen: reads([key], "hash"),
  hvals: reads([key], "hash"),
  hset: writes([key, fields], "hash"),
  hsetnx: writes([key, text, text], "hash"),
  hdel: { ...writes([key], "hash"), rest: text },
  hincrby: writes([key, text, amount], "hash"),

  sismember: reads([key, text], "set"),
  smembers: reads([key], "set"),
  scard: reads([key], "set"),
  sunion: { ...reads([], "set"), rest: key },
  sadd: { ...writes([key], "set"), rest: text },
  srem: { ...writes([key], "set"), rest: text },
  spop: writes([key], "set"),
  smove: writes([key, key, text], "set"),

  zscore: reads([key, text], "zset"),
  zcard: reads([key], "zset"),
  zcount: reads([key, score, score], "zset"),
  zrange: reads([key, integer, integer, reverse], "zset"),
  zrangebyscore: { ...reads([key, score, score, offset], "zset"), alsoLast: limit },
  zadd: writes([key, score, text], "zset"),
  zrem: { ...writes([key], "zset"), rest: text },
  zremrangebyrank: writes([key, integer, integer], "zset"),

  llen: reads([key], "list"),
  lrange: reads([key, integer, integer], "list"),
  lpush: { ...writes([key], "list"), rest: text },
  rpush: { ...writes([key], "list"), rest: text },
  lpop: writes([key], "list"),
  rpop: writes([key], "list"),
  lrem: writes([key, integer, text], "list"),
  ltrim: writes([key, integer, integer], "list"),
  rpoplpush: writes([key, key], "list"),
};

const groupReads: Readonly<Record<keyof AtomicReads, true>> = {
  exists: true,
  type: true,
  get: true,
  hget: true,
  hexists: true,
  hgetall: true,
  hlen: true,
  sismember: true,
  scard: true,
  zscore: true,
  zcard: true,
  zcount: true,
  zrange: true,
  zrangebyscore: true,
  llen: true,
  lrange: true,
};

const groupWrites: Readonly<Record<keyof AtomicWrites, true>> = {
  delete: true,
  pexpire: true,
  persist: true,
  set: true,
  hset: true,
  hdel: true,
  sadd: true,
  srem: true,
  smove: true,
  zadd: true,
  zrem: true,
  zremrangebyrank: true,
  lpush: true,
  rpush: true,
  lrem: true,
  ltrim: true,
  rpoplpush: true,
};

/** What an atomic group can read, and what it can write. */
export const groupCommands: { readonly reads: readonly CommandName[]; readonly writes: readonly CommandName[] } = {
  reads: Object.keys(groupReads) as CommandName[],
  writes: Object.keys(groupWrites) as CommandName[],
};

/**
 * Checks a call's arguments and puts `prefix` in front of its keys.
 *
 * @throws {StorageError} STORAGE_ARGUMENT_INVALID.
 */
export function toCommand(name: CommandName, prefix: string, given: readonly unknown[]): Command {
  const { args, rest, alsoLast } = commands[name];
  if (given.length > maxArguments) throw invalid(name, `at most ${maxArguments} arguments`, given.length);
  const place = { command: name, prefix };
  const command: [CommandName, ...unknown[]] = [name];
  for (let index = 0; index < args.length; index++) command.push(args[index]?.(given[index], place));
  if (alsoLast !== undefined) command.push(alsoLast(given[args.length - 1], place));
  if (rest !== undefined) {
    for (let index = args.length; index < given.length; index++) command.push(rest(given[index], place));
  }
  return command;
}

/** The full keys a command works on. */
export function keysOf([name, ...args]: Command): string[] {
  const { args: specs, rest } = commands[name];
  return args.filter((_, index) => (specs[index] ?? rest) === key) as string[];
}

/** The time to live that a command gives a key, milliseconds, if it does. */
export function ttlOf(command: Command): number | undefined {
  const [name] = command;
  if (name === "pexpire") return command[2] as number;
  return name === "set" || name === "setnx" ? (command[3] as number | undefined) : undefined;
}

function invalid(command: string, expected: string, got: unknown): StorageError {
  const shown = typeof got === "string" ? "text" : typeof got === "number" ? String(got) : typeof got;
  return new StorageError("STORAGE_ARGUMENT_INVALID", `${command}: expected ${expected}, got ${shown}`);
}
