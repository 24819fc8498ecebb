// Searches of a batch by regular expressions: started once, looked at while they run, and kept for a day. The same search of the same batch has the
// same token, and is not run again while its result is there.

import { createHash } from "node:crypto";
import type { Clock, Logger } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import { isJsonObject } from "../message/json.ts";
import type { UserMessage } from "../message/user-message.ts";
import { asciiJson } from "../store/ascii-json.ts";
import type { MessageStore } from "../store/message-store.ts";
import type { StoredDirection } from "../store/rows.ts";
import { type PatternCondition, PatternThread } from "./pattern-thread.ts";

/** Where a search looks, and for what. */
export interface PatternSearch {
  readonly batchId: string;
  readonly direction: StoredDirection;
  readonly conditions: readonly PatternCondition[];
}

/** Some of a result. */
export interface SearchPage {
  readonly ids: readonly string[];
  readonly count: number;
  readonly isInProgress: boolean;
}

/** What searches live on. */
export interface PatternSearchesOptions {
  readonly store: MessageStore;
  readonly keyValue: KeyValue;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whoever starts more at a time waits for the first. */
const maxAtOnce = 4;
const pageSize = 500;

/**
 * The token of a search: `inbound-` and the MD5 of its conditions, each as the sorted list of its members, sorted.
 *
 * Sorting and JSON are Python's, so that tokens are those that Vumi gave.
 */
export function searchToken(direction: StoredDirection, conditions: readonly object[]): string {
  const normalised = conditions
    .map((condition) => Object.entries(condition).toSorted(([one], [other]) => compare(one, other)))
    .toSorted((one, other) => compare(pythonJson(one), pythonJson(other)));
  return `${direction}-${createHash("md5").update(pythonJson(normalised)).digest("hex")}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** JSON with a blank behind commas and colons. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (!isJsonObject(value)) return asciiJson(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${asciiJson(key)}: ${pythonJson(member)}`)
    .join(", ")}}`;
}

/** Runs searches and keeps what they find. */
export class PatternSearches {
  readonly #options: PatternSearchesOptions;
  readonly #running = new Map<string, Promise<void>>();
  #isClosed = false;

  constructor(options: PatternSearchesOptions) {
    this.#options = options;
  }

  /** Starts a search unless its result is there; `ttlMs`: how long the result is kept. Returns its token, and its end. */
  async start(
    search: PatternSearch,
    ttlMs: number,
  ): Promise<{ readonly token: string; readonly ended: Promise<void> }> {
    const token = searchToken(search.direction, search.conditions);
    const { keyValue } = this.#options;
    const key = keyOf(search.batchId, token);
    const running = this.#running.get(key);
    if (running !== undefined) return { token, ended: running };
    const state = await keyValue.hget(`${key}:state`, "in_progress");
    // One that was in progress when its process ended is begun anew.
    if (state === "0") return { token, ended: Promise.resolve() };
    while (this.#running.size >= maxAtOnce) await Promise.race(this.#running.values());
    const again = this.#running.get(key);
    if (again !== undefined) return { token, ended: again };
    const ended = this.#run(key, search, ttlMs)
      .catch((error: unknown) => {
        this.#options.logger.error({ batch: search.batchId, err: error }, "a search of stored messages failed");
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, ended);
    return { token, ended };
  }

  /** Ids of what was found, from rank `start` to `stop`, both included, the newest first unless `oldestFirst`. */
  async page(
    { batchId, token }: { readonly batchId: string; readonly token: string },
    { start, stop, oldestFirst }: { readonly start: number; readonly stop: number; readonly oldestFirst: boolean },
  ): Promise<SearchPage> {
    const { keyValue } = this.#options;
    const key = keyOf(batchId, token);
    const found = await keyValue.zrange(`${key}:found`, start, stop, { reverse: !oldestFirst });
    const state = await keyValue.hget(`${key}:state`, "in_progress");
    return {
      ids: found.map(({ member }) => member),
      count: await keyValue.zcard(`${key}:found`),
      isInProgress: this.#running.has(key) || state === "1",
    };
  }

  /** Ends all that run; what they have found so far is lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#running.values());
  }

  async #run(key: string, { batchId, direction, conditions }: PatternSearch, ttlMs: number): Promise<void> {
    const { store, keyValue, clock, logger } = this.#options;
    const thread = new PatternThread(conditions, clock);
    await keyValue.delete(`${key}:found`);
    await keyValue.hset(`${key}:state`, { in_progress: "1" });
    await keyValue.pexpire(`${key}:state`, ttlMs);
    try {
      let after: string | undefined;
      do {
        const page = await store.batches.messages(batchId, direction, {
          limit: pageSize,
          reverse: true,
          ...(after !== undefined && { after }),
        });
        for (const { message_id } of page.rows) {
          const message = await store.read.message(direction, message_id);
          if (
            message === undefined ||
            !(await thread.matches(conditions.map(({ key: path }) => valueAt(message, path))))
          )
            continue;
          await keyValue.zadd(`${key}:found`, Date.parse(`${message.timestamp.replace(" ", "T")}Z`), message_id);
          await keyValue.pexpire(`${key}:found`, ttlMs);
        }
        after = page.next;
      } while (after !== undefined && !this.#isClosed);
      if (!this.#isClosed) await keyValue.hset(`${key}:state`, { in_progress: "0" });
    } finally {
      await thread.close();
    }
    if (thread.tooSlow > 0) {
      const note = { batch: batchId, messages: thread.tooSlow };
      logger.warn(note, "a search pattern takes too long for some messages, which count as not matching");
    }
  }
}

function keyOf(batchId: string, token: string): string {
  return `search:${batchId}:${token}`;
}

/** The value at a path that begins with `msg.`, as text; null for none, for nothing in it, and for what is no single value. */
function valueAt(message: UserMessage, path: string): string | null {
  const [root, ...steps] = path.split(".");
  if (root !== "msg" || steps.length === 0) return null;
  let value: unknown = message;
  for (const step of steps) value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}
