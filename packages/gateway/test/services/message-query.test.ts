import { messageStates, type FilterField, type MessageFilter } from "@switchboard/messaging/store";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessageQuery, queryKeys, writeMessageQuery } from "../../src/services/message-query.ts";

describe("the search language", () => {
  it.each<[string, MessageFilter]>([
    ["", { conditions: [], text: [] }],
    [
      "menu please",
      {
        conditions: [],
        text: [
          { value: "menu", not: false },
          { value: "please", not: false },
        ],
      },
    ],
    ['"menu please"', { conditions: [], text: [{ value: "menu please", not: false }] }],
    ["-menu", { conditions: [], text: [{ value: "menu", not: true }] }],
    ["channel:sms", { conditions: [{ field: "channel", values: ["sms"], not: false }], text: [] }],
    ["-channel:sms,ussd", { conditions: [{ field: "channel", values: ["sms", "ussd"], not: true }], text: [] }],
    ["person:+2782*", { conditions: [{ field: "person", values: ["+2782*"], not: false }], text: [] }],
    ["type:in", { conditions: [{ field: "direction", values: ["inbound"], not: false }], text: [] }],
    ['error:"no route"', { conditions: [{ field: "error", values: ["no route"], not: false }], text: [] }],
    [
      "state:parked hello",
      { conditions: [{ field: "state", values: ["parked"], not: false }], text: [{ value: "hello", not: false }] },
    ],
  ])("reads %s", (text, filter) => {
    expect(parseMessageQuery(text)).toEqual({ filter, skipped: [] });
  });

  it.each(["colour:red", "state:sleeping", "type:sideways", "channel:", "constructor:x", "-colour:red"])(
    "leaves out %s and says so",
    (token) => {
      expect(parseMessageQuery(`hello ${token}`)).toEqual({
        filter: { conditions: [], text: [{ value: "hello", not: false }] },
        skipped: [token],
      });
    },
  );

  it("never fails, whatever is typed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const { filter } = parseMessageQuery(text);
        expect((filter.conditions ?? []).length + (filter.text ?? []).length).toBeLessThanOrEqual(50);
      }),
    );
  });

  it("reads what it has written as the same filter", () => {
    const value = fc.string({ minLength: 1, maxLength: 12 }).filter((one) => !one.includes(","));
    const open = Object.values(queryKeys).filter((field) => field !== "state" && field !== "direction");
    const condition = fc.oneof(
      fc.record({
        field: fc.constantFrom<FilterField>(...open),
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
        not: fc.boolean(),
      }),
      fc.record({
        field: fc.constant<FilterField>("state"),
        values: fc.uniqueArray(fc.constantFrom<string>(...messageStates), { minLength: 1 }),
        not: fc.boolean(),
      }),
    );
    const words = fc.record({ value, not: fc.boolean() });
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 5 }), fc.array(words, { maxLength: 5 }), (conditions, text) => {
        expect(parseMessageQuery(writeMessageQuery({ conditions, text }))).toEqual({
          filter: { conditions, text },
          skipped: [],
        });
      }),
    );
  });
});
