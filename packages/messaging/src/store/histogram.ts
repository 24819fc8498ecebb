// Counts messages over time. What blocks have counted is added up; only messages of what is not counted yet, or not of one bar alone, are looked at.

import type { Sql } from "@switchboard/storage";
import { type RawBuilder, sql } from "kysely";
import { countingFacet } from "./facets.ts";
import { type MessageFilter, type MessageState, stateSql, waysOf, whereSql } from "./message-filter.ts";
import { inRanges, runsOf, type SearchPlaces, type TimeRange } from "./search-places.ts";

/** One bar of a histogram. */
export interface HistogramBar {
  /** When it begins. Microseconds since 1970. */
  readonly atUs: number;
  readonly in: number;
  readonly out: number;
  readonly failed: number;
  readonly parked: number;
}

/** Which messages, and the time that the bars are parts of. */
export type HistogramWanted = MessageFilter & TimeRange;

type Counts = { -readonly [Key in keyof HistogramBar]: HistogramBar[Key] };
type BlockRow = {
  bar: number;
  from_us: number | null;
  to_us: number | null;
  inbound: number | null;
  outbound: number | null;
  failed: number | null;
  parked: number | null;
};

/** Counts messages of one database. */
export class MessageHistogram {
  readonly #sql: Sql;
  readonly #places: SearchPlaces;

  constructor(store: Sql, places: SearchPlaces) {
    this.#sql = store;
    this.#places = places;
  }

  /** Counts messages in `bars` equal parts of a time. */
  async of(filter: HistogramWanted, bars: number): Promise<HistogramBar[]> {
    const { fromUs, toUs } = filter;
    const widthUs = Math.max(1, Math.ceil((toUs - fromUs) / bars));
    const counts: Counts[] = Array.from({ length: bars }, (_, index) => ({
      atUs: fromUs + index * widthUs,
      in: 0,
      out: 0,
      failed: 0,
      parked: 0,
    }));
    // Of one bar it may be all of time, which is more than numbers can be divided by.
    const barOf = (time: RawBuilder<unknown>): RawBuilder<unknown> =>
      bars === 1 ? sql`0` : sql`(${time} - CAST(${fromUs} AS BIGINT)) / CAST(${widthUs} AS BIGINT)`;
    const facet = countingFacet(filter);
    if (facet !== undefined) {
      const rest = await this.#addBlocks(counts, { range: filter, facet, barOf });
      await this.#addMessages(counts, rest, { filter, barOf });
      return counts;
    }
    for (const way of waysOf(filter)) {
      const range = { fromUs, toUs };
      if (!(await this.#places.isKnown(way))) await this.#addMessages(counts, [range], { filter: way, barOf });
      else
        for await (const ranges of this.#places.of(way))
          await this.#addMessages(counts, ranges, { filter: way, barOf });
    }
    return counts;
  }

  /** Adds what blocks have counted; returns where nothing is counted, or where a block is of two bars. */
  async #addBlocks(
    counts: readonly Counts[],
    { range, facet, barOf }: { readonly range: TimeRange; readonly facet: RawBuilder<unknown>; readonly barOf: BarOf },
  ): Promise<TimeRange[]> {
    const { fromUs, toUs } = range;
    const isWhole = sql`is_counted = 1 AND from_us >= ${fromUs} AND to_us <= ${toUs} AND ${barOf(sql`from_us`)} = ${barOf(sql`to_us - 1`)}`;
    const first = sql`coalesce((SELECT max(from_us) FROM message_blocks WHERE from_us <= ${fromUs}), ${fromUs})`;
    // Blocks that are whole, by bar; then each that is not; then where all of them begin and end. At once, since they change meanwhile.
    const { rows } =
      await sql<BlockRow>`SELECT b.bar, NULL AS from_us, NULL AS to_us, sum(c.inbound) AS inbound, sum(c.outbound) AS outbound,
        sum(c.failed) AS failed, sum(c.parked) AS parked
      FROM (SELECT from_us, ${barOf(sql`from_us`)} AS bar FROM message_blocks WHERE from_us >= ${first} AND from_us < ${toUs} AND ${isWhole}) b
      JOIN message_block_counts c ON c.from_us = b.from_us AND ${facet} GROUP BY b.bar
      UNION ALL SELECT -1, from_us, to_us, NULL, NULL, NULL, NULL FROM message_blocks WHERE from_us >= ${first} AND from_us < ${toUs} AND NOT (${isWhole})
      UNION ALL SELECT -2, (SELECT min(from_us) FROM message_blocks), (SELECT to_us FROM message_blocks ORDER BY from_us DESC LIMIT 1), NULL, NULL, NULL, NULL`.execute(
        this.#sql.db,
      );
    const rest: TimeRange[] = [];
    const add = (from: number, to: number): void => {
      const part = { fromUs: Math.max(from, fromUs), toUs: Math.min(to, toUs) };
      if (part.fromUs < part.toUs) rest.push(part);
    };
    for (const row of rows) {
      if (row.bar >= 0) addTo(counts[row.bar], row);
      else if (row.bar === -1 && row.from_us !== null && row.to_us !== null) add(row.from_us, row.to_us);
      else {
        add(fromUs, row.from_us ?? toUs);
        if (row.to_us !== null) add(row.to_us, toUs);
      }
    }
    return rest;
  }

  async #addMessages(
    counts: readonly Counts[],
    ranges: readonly TimeRange[],
    { filter, barOf }: { readonly filter: MessageFilter; readonly barOf: BarOf },
  ): Promise<void> {
    for (const run of runsOf(ranges)) {
      const found = sql`SELECT ${barOf(sql`m.ts_us`)} AS bar, m.direction, ${stateSql} AS state FROM ${inRanges(run, this.#sql.dialect)} AND ${whereSql(filter)}`;
      const { rows } = await sql<{
        bar: number;
        direction: string;
        state: MessageState;
        total: number;
      }>`SELECT bar, direction, state, count(*) AS total FROM (${found}) AS found GROUP BY bar, direction, state`.execute(
        this.#sql.db,
      );
      for (const { bar, direction, state, total } of rows) {
        const isInbound = direction === "inbound";
        addTo(counts[bar], {
          inbound: isInbound ? total : 0,
          outbound: isInbound ? 0 : total,
          failed: state === "failed" ? total : 0,
          parked: state === "parked" ? total : 0,
        });
      }
    }
  }
}

type BarOf = (time: RawBuilder<unknown>) => RawBuilder<unknown>;

function addTo(counts: Counts | undefined, added: Pick<BlockRow, "inbound" | "outbound" | "failed" | "parked">): void {
  if (counts === undefined) return;
  counts.in += added.inbound ?? 0;
  counts.out += added.outbound ?? 0;
  counts.failed += added.failed ?? 0;
  counts.parked += added.parked ?? 0;
}
