import {
  messageStates,
  type FilterCondition,
  type FilterField,
  type MessageFilter,
} from "@switchboard/messaging/store";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessageQuery, queryKeys } from "../../src/services/message-query.ts";

const one = (field: FilterField, values: readonly string[], not = false): MessageFilter => ({
  conditions: [{ field, values, not }],
  text: [],
});
const words = (...values: string[]): MessageFilter => ({
  conditions: [],
  text: values.map((value) => ({ value: value.replace(/^-(?=.)/, ""), not: /^-./.test(value) })),
});

describe("the search language", () => {
  it.each<[string, MessageFilter]>([
    ["", words()],
    ["  \t ", words()],
    ["menu please", words("menu", "please")],
    ['"menu please"', words("menu please")],
    ['"menu please', words("menu please")],
    ['"say \\"yes\\" \\\\ no"', words('say "yes" \\ no')],
    ['""', words()],
    ["-menu", words("-menu")],
    ['-"menu please"', words("-menu please")],
    ["- 5", words("-", "5")],
    ["12:30 100% _x a\\b", words("12:30", "100%", "_x", "a\\b")],
    ["https://example.org/?a=1", words("https://example.org/?a=1")],
    ["😀😀 שלום مرحبا", words("😀😀", "שלום", "مرحبا")],
    ["channel:sms", one("channel", ["sms"])],
    ["Channel:sms", one("channel", ["sms"])],
    ["-channel:sms,ussd", one("channel", ["sms", "ussd"], true)],
    ['channel:"a, b","c"', one("channel", ["a, b", "c"])],
    ["channel:,sms,,ussd,", one("channel", ["sms", "ussd"])],
    ['from:"+46 70"', one("from", ["+46 70"])],
    ['from:"+46 70', one("from", ["+46 70"])],
    ['from:"+46"70', one("from", ["+4670"])],
    ["person:+2782*", one("person", ["+2782*"])],
    ["error:*", one("error", ["*"])],
    ["type:in", one("direction", ["inbound"])],
    ["state:Parked,FAILED", one("state", ["parked", "failed"])],
    ["test:yes", one("test", ["true"])],
    ['error:"no route, sorry"', one("error", ["no route, sorry"])],
    ["error:TIMEOUT:5", one("error", ["TIMEOUT:5"])],
  ])("reads %s", (text, filter) => {
    expect(parseMessageQuery(text)).toEqual({ filter, problems: [] });
  });

  it.each([
    ["colour:red", /^at 7: expected one of id, channel, .*, got "colour"; to search for the text, quote it$/],
    ["-colour:red", /^at 7: expected one of .*, got "colour"/],
    ["state:sleeping", /^at 7: state: expected waiting, answered, .*, parked, got "sleeping"$/],
    ["state:par*", /^at 7: state: expected .*, got "par\*"$/],
    ["type:sideways", /^at 7: type: expected in, inbound, out, outbound, got "sideways"$/],
    ["test:perhaps", /^at 7: test: expected .*, got "perhaps"$/],
    ["channel:", /^at 7: channel: expected a value behind the colon$/],
    ['channel:""', /^at 7: channel: expected a value behind the colon$/],
    ["constructor:x", /^at 7: expected one of .*, got "constructor"/],
    [`${"k".repeat(99)}:x`, /^at 7: expected one of .*, got "k{60}…"/],
  ])("leaves out %s, and says where it is and what was expected", (token, message) => {
    const { filter, problems } = parseMessageQuery(`hello ${token}`);
    expect(filter).toEqual(words("hello"));
    expect(problems).toEqual([{ source: token, at: 6, message: expect.stringMatching(message) }]);
  });

  it("reads fifty words and says that it left out the rest", () => {
    const { filter, problems } = parseMessageQuery("word ".repeat(400));
    expect(filter.text).toHaveLength(50);
    expect(problems).toEqual([
      { source: "word", at: 250, message: expect.stringContaining("at 251: expected at most 50") },
    ]);
  });

  it("never fails, whatever is typed, and tells of all that it leaves out", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('ab:",\\- *😀ש')), maxLength: 60 }), (text) => {
        const { filter, problems } = parseMessageQuery(text);
        for (const { at, source } of problems) expect(text.slice(at, at + source.length)).toBe(source);
        const understood = (filter.conditions ?? []).length + (filter.text ?? []).length + problems.length;
        // Nothing but empty quotes means nothing.
        if (understood === 0) expect(text.replaceAll(/[\s"\\-]/g, "")).toBe("");
      }),
      { numRuns: 1_000 },
    );
  });

  it("reads what was written with every value quoted as what was meant", () => {
    const value = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
    const open = Object.values(queryKeys).filter((field) => !["state", "direction", "test"].includes(field));
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
    fc.assert(
      fc.property(
        fc.array(condition, { maxLength: 5 }),
        fc.array(fc.record({ value, not: fc.boolean() }), { maxLength: 5 }),
        (conditions, text) => {
          const typed = [...conditions.map(written), ...text.map((word) => `${minus(word.not)}${quoted(word.value)}`)];
          expect(parseMessageQuery(typed.join(" "))).toEqual({ filter: { conditions, text }, problems: [] });
        },
      ),
    );
  });
});

function written({ field, values, not = false }: FilterCondition): string {
  return `${minus(not)}${field}:${values.map(quoted).join(",")}`;
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}

function minus(not: boolean): string {
  return not ? "-" : "";
}
