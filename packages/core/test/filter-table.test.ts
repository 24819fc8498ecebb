// The index of the filtering table against walking the rows.

import { ANY, type FilterEntry, type Match, Message, type MessageMatch } from "@switchboard/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { FilterTable } from "../src/filter-table.ts";

const value = fc.constantFrom<(string | number | boolean | null)[]>("a", "b", "1", 1, 0, true, null, "");
const even = (seen: unknown): boolean => typeof seen === "number" && seen % 2 === 0;
const text = (seen: unknown): boolean => typeof seen === "string";
const match: fc.Arbitrary<Match> = fc.oneof(
  { weight: 4, arbitrary: value },
  fc.array(value, { maxLength: 3 }),
  fc.constantFrom<Match[]>(ANY, even, text),
);
const entry: fc.Arbitrary<MessageMatch> = fc.record(
  { type: match, sourceId: match, content: fc.record({ x: match, "y.z": match }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);
const message = fc.record(
  {
    type: fc.constantFrom("a", "b", "1", ""),
    sourceId: fc.constantFrom("a", "b", "1", 1, 0, ""),
    content: fc.record({ x: value, y: fc.record({ z: value }, { requiredKeys: [] }) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

/** What matching means, said once more in the plainest way. */
function matches(wanted: MessageMatch, { type, sourceId, content }: Message): boolean {
  const fields = content as { x?: unknown; y?: { z?: unknown } } | undefined;
  const seen: Readonly<Record<string, unknown>> = { type, sourceId, x: fields?.x, "y.z": fields?.y?.z };
  const { content: contentMatch = {}, ...envelope } = wanted;
  return Object.entries({ ...envelope, ...(contentMatch as Record<string, Match>) }).every(([field, one]) => {
    if (one === ANY) return true;
    if (seen[field] === undefined) return false;
    if (typeof one === "function") return one(seen[field]);
    return Array.isArray(one) ? one.includes(seen[field]) : one === seen[field];
  });
}

it("K40 K41 K42 the index finds the same entry as walking the rows, through every change", () => {
  const change = fc.record({
    at: fc.nat(20),
    entry,
    what: fc.constantFrom("add" as const, "remove" as const, "replace" as const),
  });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 20 }),
      fc.array(message, { minLength: 1, maxLength: 10 }),
      (changes, fields) => {
        const table = new FilterTable();
        const rows: FilterEntry[] = [];
        const messages = fields.map((one) => new Message({ destinationId: 1, ...one }));
        for (const { at, entry: wanted, what } of changes) {
          const made: FilterEntry = { match: wanted, callback: () => null };
          const position = at % (rows.length + 1);
          const existing = rows[position];
          if (what === "add" || existing === undefined) {
            table.add(made, position);
            rows.splice(position, 0, made);
          } else if (what === "remove") {
            table.remove(existing);
            rows.splice(position, 1);
          } else {
            table.replace(existing, made);
            rows[position] = made;
          }
          for (const one of messages) {
            expect(table.find(one)?.entry).toBe(rows.find((row) => matches(row.match ?? {}, one)));
          }
        }
        expect(table.entries).toEqual(rows);
      },
    ),
  );
});
