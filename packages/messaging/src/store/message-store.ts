// The message store: keeps messages, the events about them, their batches, and what workers did with them, in a database. Who stores what is
// decided elsewhere: by the storing middleware, and by whoever watches the workers.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { Sql } from "@switchboard/storage";
import { eventCodec, userMessageCodec } from "../message/codec.ts";
import { newMessageId } from "../message/envelope.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Batches } from "./batches.ts";
import { BlockBuilder } from "./block-builder.ts";
import { BlockMarks } from "./block-marks.ts";
import { Maintenance } from "./maintenance.ts";
import { MessageReader } from "./message-reader.ts";
import type { BatchChoice } from "./message-writer.ts";
import { packTrail } from "./packed-trail.ts";
import { prune, type RetentionRules } from "./retention.ts";
import type { StoredDirection } from "./rows.ts";
import { storeMigrations, storeNamespace } from "./schema.ts";
import type { GroupInput, StoreInput } from "./store-procedure.ts";
import type { TrailEntry } from "./trail.ts";
import { WriteQueue } from "./write-queue.ts";

/** How a message store is opened. */
export interface MessageStoreOptions {
  /** Where it keeps everything. It is not closed with the store. */
  readonly sql: Sql;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Makes ids of batches. */
  readonly newId?: () => string;
  /** How many messages and events may wait to be written, default 10_000; further ones are refused with STORAGE_OVERLOADED. */
  readonly maxPending?: number;
  /** Default: all is kept. */
  readonly retention?: RetentionRules;
  /** Whether it forgets old messages and keeps the index by itself, which one process of those that share a database should. Default true. */
  readonly maintains?: boolean;
}

/** Something that was stored. */
export type StoreItem =
  | {
      readonly kind: "message";
      readonly direction: StoredDirection;
      readonly message: UserMessage;
      readonly into: BatchChoice;
    }
  | { readonly kind: "event"; readonly event: TransportEvent; readonly batchIds: readonly string[] | undefined };

const maxGroup = 512;
const lateMs = 250;

/**
 * Opens the message store of a database, and makes or mends its tables.
 *
 * @throws {StorageError} STORAGE_SCHEMA_NEWER; what the database throws.
 */
export async function openMessageStore(options: MessageStoreOptions): Promise<MessageStore> {
  const { sql } = options;
  await sql.migrate(storeNamespace, storeMigrations);
  const write = await sql.procedure(new URL("./store-procedure.ts", import.meta.url));
  return new MessageStore({ ...options, write });
}

/** An open message store. What it has resolved is safe. */
export class MessageStore {
  readonly batches: Batches;
  readonly read: MessageReader;
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #write: (input: StoreInput) => Promise<void>;
  readonly #queue: WriteQueue<StoreItem>;
  readonly #retention: RetentionRules;
  readonly #marks: BlockMarks;
  readonly #builder: BlockBuilder;
  readonly #maintenance: Maintenance | undefined;
  readonly #stored = new Set<(items: readonly StoreItem[]) => void>();
  #lastUs = 0;
  #storedCount = 0;
  #hasFailed = false;
  #writingSince: number | undefined;

  /** Use {@link openMessageStore}, which sees to the tables. */
  constructor(options: MessageStoreOptions & { readonly write: (input: StoreInput) => Promise<void> }) {
    const { sql, clock = systemClock, logger = silentLogger, newId = newMessageId, maxPending = 10_000 } = options;
    this.#sql = sql;
    this.#clock = clock;
    this.#retention = options.retention ?? {};
    this.batches = new Batches({ sql, clock, newId });
    this.read = new MessageReader(sql);
    this.#marks = new BlockMarks(sql.dialect);
    this.#builder = new BlockBuilder({ sql, clock, logger });
    this.#write = options.write;
    this.#queue = new WriteQueue({ write: (group) => this.#writeGroup(group), maxGroup, maxPending });
    this.#maintenance = options.maintains === false ? undefined : this.#maintain(clock, logger);
  }

  /** How many messages and events wait to be written. */
  get pending(): number {
    return this.#queue.pending;
  }

  /** True from a write that failed to the next one that does not, and while one takes longer than a quarter of a second. */
  get isInTrouble(): boolean {
    return this.#hasFailed || (this.#writingSince !== undefined && this.#clock.now() - this.#writingSince > lateMs);
  }

  /**
   * Stores a message; resolves when it is safe. One that is there already gets the new payload and further batches; it loses none.
   *
   * @throws {StorageError} STORAGE_OVERLOADED, STORAGE_CLOSED; what the database throws.
   */
  addMessage(direction: StoredDirection, message: UserMessage, into: BatchChoice = {}): Promise<void> {
    return this.#queue.add({ kind: "message", direction, message, into });
  }

  /**
   * Stores an event; resolves when it is safe. A new one gets the batches of its message, unless `batchIds` says which.
   *
   * @throws {StorageError} As {@link addMessage}.
   */
  addEvent(event: TransportEvent, batchIds?: readonly string[]): Promise<void> {
    return this.#queue.add({ kind: "event", event, batchIds });
  }

  /**
   * Keeps what workers did with messages; resolves when it is safe. With `mayWait` that it is only with the next call without it: the steps of one
   * message that are written together share a row. Where entries are kept is decided by what they answer, so `read.trail` wants the id of the
   * question, too, to find those of its answer.
   */
  addTrail(entries: readonly TrailEntry[], { mayWait = false }: { readonly mayWait?: boolean } = {}): Promise<void> {
    return this.#write({ trail: packTrail(entries), isDue: !mayWait });
  }

  /** Calls `listener` with what has become safe, group by group. Returns its remover. */
  onStored(listener: (items: readonly StoreItem[]) => void): () => void {
    this.#stored.add(listener);
    return () => this.#stored.delete(listener);
  }

  /** Forgets what the retention rules do not keep; done by itself every minute. Returns how many messages it was. */
  prune(rules: RetentionRules = this.#retention): Promise<number> {
    return prune({ store: this.#sql, marks: this.#marks, builder: this.#builder }, rules, this.#clock.now());
  }

  /** Brings the index up to date, by which messages are found sooner; done by itself every few seconds. */
  async index(): Promise<void> {
    while (await this.#builder.step());
  }

  /** Writes what waits, and refuses more. The database stays open. Idempotent. */
  async close(): Promise<void> {
    // Whoever stores something from now on waits to hear that it is refused, before anything goes on.
    this.#hasFailed = true;
    await this.#maintenance?.end();
    await this.#queue.close();
  }

  async #writeGroup(group: readonly StoreItem[]): Promise<void> {
    // Different for each group, which tells a new event from one that was there.
    this.#lastUs = Math.max(this.#clock.now() * 1_000, this.#lastUs + 1);
    this.#writingSince = this.#clock.now();
    try {
      await this.#write(inputOf(group, this.#lastUs));
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    } finally {
      this.#writingSince = undefined;
    }
    this.#storedCount += group.length;
    for (const listener of this.#stored) listener(group);
  }

  #maintain(clock: Clock, logger: Logger): Maintenance {
    const { keepMs, maxMessages } = this.#retention;
    const keepsAll = keepMs === undefined && maxMessages === undefined;
    const prune = keepsAll ? undefined : () => this.prune();
    return new Maintenance({ clock, logger, builder: this.#builder, prune, stored: () => this.#storedCount });
  }
}

function inputOf(group: readonly StoreItem[], nowUs: number): GroupInput {
  const messages: GroupInput["messages"][number][] = [];
  const events: GroupInput["events"][number][] = [];
  for (const item of group) {
    if (item.kind === "event") events.push([eventCodec.textOf(item.event), item.batchIds]);
    else messages.push([item.direction, userMessageCodec.textOf(item.message), item.into]);
  }
  return { messages, events, nowUs };
}
