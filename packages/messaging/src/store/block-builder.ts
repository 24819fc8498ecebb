// Gathers what is known of messages block by block, behind the writers' backs: their counts by value, and with SQLite their texts. A block is done in
// one transaction, so whatever ends the process, each block is right or marked as not being so (block-marks.ts).

import { type Clock, type Logger, silentLogger } from "@switchboard/core";
import type { Sql } from "@switchboard/storage";
import { type Compilable, type RawBuilder, sql } from "kysely";
import { facetRows } from "./facets.ts";
import { makeIndexes } from "./postgresql-indexes.ts";
import type { TimeRange } from "./search-places.ts";
import { blocksPerPart, TextParts } from "./text-parts.ts";

// What became of the newest messages changes all the time.
const settledMs = 10_000;

type Block = { from_us: number; to_us: number; text_part: number | null };

/** What blocks are built of. */
export interface BlockBuilderOptions {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Default 256; those of one moment are in one block, however many they are. */
  readonly messagesPerBlock?: number;
}

/** Builds blocks of one database; only one process should at a time. */
export class BlockBuilder {
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #texts: TextParts;
  readonly #messagesPerBlock: number;
  #isPrepared = false;
  #part: { readonly number: number; blocks: number } | undefined;
  #stepsUntilMending = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ sql: store, clock, logger = silentLogger, messagesPerBlock = 256 }: BlockBuilderOptions) {
    this.#sql = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#messagesPerBlock = messagesPerBlock;
    this.#texts = new TextParts(store);
  }

  /** Does one block, one that is missing or one that has to be done anew. Returns false when there is none. */
  step(): Promise<boolean> {
    return this.#inTurn(() => this.#step());
  }

  async #step(): Promise<boolean> {
    if (!this.#isPrepared && this.#sql.dialect === "postgresql") await makeIndexes(this.#sql, this.#logger);
    this.#isPrepared = true;
    if (this.#stepsUntilMending > 0 && (await this.#append())) {
      this.#stepsUntilMending -= 1;
      return true;
    }
    if (await this.#mend()) {
      this.#stepsUntilMending = 1;
      return true;
    }
    // Finding out that nothing is wrong means looking at all blocks.
    this.#stepsUntilMending = 100;
    return await this.#append();
  }

  /** Up to when all is in blocks. Microseconds since 1970; undefined when nothing is. */
  async untilUs(): Promise<number | undefined> {
    const [last] = await this.#read<{ to_us: number }>(
      sql`SELECT to_us FROM message_blocks ORDER BY from_us DESC LIMIT 1`,
    );
    return last?.to_us;
  }

  /** The next full block behind the last. */
  async #append(): Promise<boolean> {
    const fromUs = (await this.untilUs()) ?? (await this.#oldest());
    if (fromUs === undefined) return false;
    const toUs = await this.#end({ fromUs, toUs: (this.#clock.now() - settledMs) * 1_000 });
    if (toUs === undefined) return false;
    await this.#build({ fromUs, toUs }, false);
    return true;
  }

  /** A block that is not right any more, or one for messages that are older than all blocks. */
  async #mend(): Promise<boolean> {
    const hasTexts = await this.#texts.isThere();
    const [wrong] = await this.#read<Block>(sql`SELECT from_us, to_us, text_part FROM message_blocks
      WHERE is_counted = 0 ${hasTexts ? sql`OR text_part IS NULL` : sql``} ORDER BY from_us DESC LIMIT 1`);
    const block = wrong ?? (await this.#older());
    if (block === undefined) return false;
    const { from_us: fromUs, to_us: toUs, text_part } = block;
    // Many may have come into it.
    const end = (await this.#end({ fromUs, toUs })) ?? toUs;
    await this.#build({ fromUs, toUs: end }, text_part !== null, end < toUs ? { fromUs: end, toUs } : undefined);
    return true;
  }

  async #older(): Promise<Block | undefined> {
    const [row] = await this.#read<{ first: number | null }>(sql`SELECT min(from_us) AS first FROM message_blocks`);
    const oldest = await this.#oldest();
    const first = row?.first;
    if (first === undefined || first === null || oldest === undefined || oldest >= first) return undefined;
    return { from_us: oldest, to_us: first, text_part: null };
  }

  async #oldest(): Promise<number | undefined> {
    const [row] = await this.#read<{ oldest: number | null }>(sql`SELECT min(ts_us) AS oldest FROM messages`);
    return row?.oldest ?? undefined;
  }

  /** Where a full block ends that begins with a range; undefined when there are not as many messages. */
  async #end({ fromUs, toUs }: TimeRange): Promise<number | undefined> {
    const [row] = await this.#read<{
      ts_us: number;
    }>(sql`SELECT ts_us FROM messages WHERE ts_us >= ${fromUs} AND ts_us < ${toUs}
      ORDER BY ts_us LIMIT 1 OFFSET ${this.#messagesPerBlock - 1}`);
    return row === undefined ? undefined : row.ts_us + 1;
  }

  /** `rest` becomes a block that is to be done. Texts that are indexed stay so, unless the block is divided. */
  async #build(range: TimeRange, hasTexts: boolean, rest?: TimeRange): Promise<void> {
    const addsTexts = !hasTexts || rest !== undefined;
    const part = await this.#nextPart();
    const { fromUs, toUs } = range;
    const add = (block: TimeRange, isCounted: number, text: number | null): Compilable =>
      this.#statement(sql`INSERT INTO message_blocks (from_us, to_us, is_counted, text_part)
        VALUES (${block.fromUs}, ${block.toUs}, ${isCounted}, ${text})
        ON CONFLICT (from_us) DO UPDATE SET to_us = excluded.to_us, is_counted = excluded.is_counted
        ${addsTexts ? sql`, text_part = excluded.text_part` : sql``}`);
    await this.#sql.batch([
      // Who stores a message waits a moment, or is waited for: else neither would see what the other does.
      ...(this.#sql.dialect === "postgresql"
        ? [{ sql: "LOCK TABLE message_blocks IN SHARE ROW EXCLUSIVE MODE", parameters: [] }]
        : []),
      this.#statement(sql`DELETE FROM message_block_counts WHERE from_us = ${fromUs}`),
      this.#statement(
        sql`INSERT INTO message_block_counts (field, value, from_us, inbound, outbound, failed, parked) ${facetRows(fromUs, toUs)}`,
      ),
      add(range, 1, addsTexts ? part : null),
      ...(rest === undefined ? [] : [add(rest, 0, null)]),
      ...(addsTexts && part !== null ? this.#texts.add(part, range) : []),
    ]);
    if (addsTexts && this.#part !== undefined) this.#part.blocks += 1;
  }

  async #nextPart(): Promise<number | null> {
    if (!(await this.#texts.isThere())) return null;
    if (this.#part === undefined) {
      const [last] = await this.#read<{
        number: number;
        blocks: number;
      }>(sql`SELECT text_part AS number, count(*) AS blocks FROM message_blocks
        WHERE text_part IS NOT NULL GROUP BY text_part ORDER BY text_part DESC LIMIT 1`);
      this.#part = last ?? { number: 1, blocks: 0 };
    }
    if (this.#part.blocks >= blocksPerPart) this.#part = { number: this.#part.number + 1, blocks: 0 };
    return this.#part.number;
  }

  /** Forgets the blocks before a time, which nothing is left of. */
  forget(beforeUs: number): Promise<void> {
    return this.#inTurn(() => this.#forget(beforeUs));
  }

  async #forget(beforeUs: number): Promise<void> {
    const gone = sql`SELECT from_us FROM message_blocks WHERE to_us <= ${beforeUs}`;
    await this.#sql.batch([
      this.#statement(sql`DELETE FROM message_block_counts WHERE from_us IN (${gone})`),
      this.#statement(sql`DELETE FROM message_blocks WHERE to_us <= ${beforeUs}`),
    ]);
    const part = await this.#nextPart();
    if (part !== null) await this.#texts.dropUnused(part);
  }

  // Else a block that is just being done would come back, and leave a gap behind it that nobody looks into.
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #statement(raw: RawBuilder<unknown>): Compilable {
    return { compile: () => raw.compile(this.#sql.db) };
  }

  async #read<Row>(raw: RawBuilder<unknown>): Promise<readonly Row[]> {
    return (await (raw as RawBuilder<Row>).execute(this.#sql.db)).rows;
  }
}
