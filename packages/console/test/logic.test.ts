// What pages decide without being drawn: trails, live lists, keys, searches, questions, the same call, lines on a phone.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandsOf, keyHint, keyOf, keyTable } from "../src/keys.ts";
import { pages, pageOf } from "../src/pages.ts";
import { toThread } from "../src/pages/conversation/thread.ts";
import { emptyTail, mostRows, tailAfter } from "../src/pages/messages/live-tail.ts";
import { movedTooFar } from "../src/parts/moved.ts";
import { sameCall } from "../src/pages/services/same-call.ts";
import { diffLines } from "../src/parts/diff-lines.ts";
import { joinTokens, splitTokens } from "../src/parts/filter-tokens.ts";
import { choiceOf, smsParts } from "../src/parts/sms.ts";
import { nextSort, sortKeys, sortRows } from "../src/parts/sort-rows.ts";
import { headlineOf, sentenceOf, sumOf } from "../src/parts/trail-rows.ts";
import { explainRules, trailOf } from "../src/testing/trails.ts";
import { startedAt } from "../src/testing/data/clock.ts";
import { messageRows, newMessage } from "../src/testing/data/messages.ts";
import { ruleSeeds } from "../src/testing/data/rules.ts";

describe("trail", () => {
  it("A14 adds up to its headline within 1 ms, for every message of the day", () => {
    const timed = messageRows.map((row) => trailOf(row, [])).filter(({ total_ms }) => total_ms !== null);
    expect(timed.length).toBeGreaterThan(100);
    expect(timed.filter(({ rows, total_ms }) => Math.abs(sumOf(rows) - (total_ms ?? 0)) > 1)).toEqual([]);
  });

  it("says where most of the time went", () => {
    const row = messageRows.find(({ took_ms }) => took_ms === 236);
    if (row === undefined) throw new Error("the day has a message answered in 236 ms");
    expect(headlineOf(trailOf(row, []))).toEqual({ title: "Answered in 236 ms", note: "91 % of it in clinic-finder" });
  });

  it("is one sentence a row", () => {
    const row = messageRows.find(({ took_ms }) => took_ms === 236);
    if (row === undefined) throw new Error("the day has a message answered in 236 ms");
    const [, queue, hop] = trailOf(row, []).rows;
    if (queue === undefined || hop === undefined) throw new Error("the trail has rows");
    expect(sentenceOf(queue)).toBe("ussd-7700.inbound, waited 3 milliseconds");
    expect(sentenceOf(hop)).toBe("plus 4 milliseconds, ussd-codes, rule 1, to clinic-finder, took 1 millisecond");
  });
});

describe("live list", () => {
  const row = (count: number): ReturnType<typeof newMessage> =>
    newMessage(count, new Date(startedAt.getTime() + count * 10));

  it("A12 held and resumed has every row once, and what was under the eye has not moved", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 }), fc.nat(40), (batches, holdAt) => {
        let state = emptyTail;
        let count = 0;
        for (const [index, size] of batches.entries()) {
          if (index === holdAt) state = tailAfter(state, { kind: "hold", at: startedAt });
          const before = state.rows;
          const rows = Array.from({ length: size }, () => row(count++)).toReversed();
          state = tailAfter(state, { kind: "batch", rows: [...rows, ...rows.slice(0, 1)], skipped: 0 });
          if (state.heldSince !== undefined) expect(state.rows).toBe(before);
        }
        state = tailAfter(state, { kind: "resume" });
        const expected = Array.from({ length: count }, (_, index) => row(count - 1 - index).id);
        expect(new Set(state.rows.map(({ id }) => id)).size).toBe(count);
        expect(state.rows.map(({ id }) => id)).toEqual(expected);
      }),
    );
  });

  it("keeps no more than its rows, and counts what the server skipped", () => {
    let state = emptyTail;
    for (let batch = 0; batch < 60; batch++) {
      const rows = Array.from({ length: 100 }, (_, index) => row(batch * 100 + index)).toReversed();
      state = tailAfter(state, { kind: "batch", rows, skipped: 1 });
    }
    expect([state.rows.length, state.skipped]).toEqual([mostRows, 60]);
  });
});

describe("keys", () => {
  it("has one meaning for a key, but what is said of lists", () => {
    const all = keyTable.flatMap(({ keys }) => keys);
    expect(all.filter((key, index) => all.indexOf(key) !== index)).toEqual([]);
  });

  it("has a sequence for every page, and every page a path", () => {
    for (const { name, path } of pages) {
      const binding = keyTable.find(({ id }) => id === `go.${name}`);
      expect(binding?.keys[0]).toMatch(/^g [a-z]$/);
      expect(pageOf(path)?.name).toBe(name);
    }
  });

  it("writes keys as people say them and finds commands by them", () => {
    expect([keyHint("palette"), keyHint("close"), keyHint("retry"), keyHint("hold")]).toEqual([
      "Ctrl K",
      "Esc",
      "R",
      "Space",
    ]);
    expect(keyOf({ key: "k", ctrlKey: true, metaKey: false, altKey: false })).toBe("Ctrl+K");
    expect(commandsOf("q", "g").map(({ id }) => id)).toEqual(["go.Queues"]);
  });

  it("never shadows the browser's own", () => {
    const own = new Set(["Ctrl+F", "Ctrl+L", "Ctrl+T", "Ctrl+W", "Ctrl+N", "Ctrl+R", "Ctrl+P", "F5", "Tab"]);
    expect(keyTable.flatMap(({ keys }) => keys).filter((key) => own.has(key))).toEqual([]);
  });
});

describe("search", () => {
  it("tells words from tokens, with exclusion and quotes", () => {
    expect(splitTokens('lake -application:echo error:"too fast"')).toEqual([
      { key: undefined, value: "lake", excludes: false },
      { key: "application", value: "echo", excludes: true },
      { key: "error", value: "too fast", excludes: false },
    ]);
  });

  it("writes tokens as they were read", () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const token = fc.record({ key: fc.option(word, { nil: undefined }), value: word, excludes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const given = tokens.map((each) => (each.key === undefined ? { ...each, excludes: false } : each));
        expect(splitTokens(joinTokens(given))).toEqual(given);
      }),
    );
  });
});

describe("questions", () => {
  it("A15 speaks up when the numbers moved by more than 5 %", () => {
    expect([movedTooFar(100, 105), movedTooFar(100, 106), movedTooFar(31, 31), movedTooFar(6, 7)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

describe("the same call", () => {
  const args = ["keywords", { from_addr: "+27720009087", password: "secret" }];

  it.each(["CLI", "curl", "TypeScript"] as const)("A20 has no secret as %s", (form) => {
    const text = sameCall(form, "routers.explain", args, "http://127.0.0.1:5000");
    expect(text).toContain("routers.explain");
    expect(text).toContain("$PASSWORD");
    expect(text).not.toContain('"secret"');
  });

  it("quotes what a shell would take apart", () => {
    expect(sameCall("CLI", "a.b", ["it's", "plain"], "")).toBe(String.raw`switchboard call a.b '"it'\''s"' plain`);
  });
});

describe("phone", () => {
  it("counts characters and parts in the alphabet that the text needs", () => {
    expect(smsParts("a".repeat(160))).toEqual({ used: 160, of: 160, parts: 1 });
    expect(smsParts("a".repeat(161))).toEqual({ used: 161, of: 306, parts: 2 });
    expect(smsParts("€")).toEqual({ used: 2, of: 160, parts: 1 });
    expect(smsParts("ж".repeat(71))).toEqual({ used: 71, of: 134, parts: 2 });
  });

  it("finds the choices of a screen", () => {
    expect(["1 Find a clinic", "0. Back", "Clinic Line", "12 more", "1"].map((line) => choiceOf(line))).toEqual([
      "1",
      "0",
      undefined,
      "12",
      undefined,
    ]);
  });

  it("pairs what was asked with what came back, and forgets what is before a restart", () => {
    const asked = { ...newMessage(1, new Date(1000)), direction: "in" as const };
    const answer = { ...newMessage(2, new Date(1200)), direction: "out" as const, in_reply_to: asked.id };
    expect(toThread([answer, asked], 0)).toEqual([{ asked, answers: [answer] }]);
    expect(toThread([answer, asked], 1000)).toEqual([]);
  });
});

describe("difference", () => {
  it("marks lines that go and that come", () => {
    expect(diffLines("a\nb\nc", "a\nx\nc")).toEqual(["  a", "- b", "+ x", "  c"]);
  });

  it("keeps both texts whole", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        const side = (sign: string): string =>
          lines
            .filter((line) => line.startsWith(sign) || line.startsWith(" "))
            .map((line) => line.slice(2))
            .join("\n");
        expect([side("-"), side("+")]).toEqual([before, after]);
      }),
    );
  });
});

describe("rules", () => {
  it("decide as the router does", () => {
    const why = explainRules(ruleSeeds["ussd-codes"] ?? [], { to_addr: "*120*7700#" });
    expect(why.targets).toEqual([{ endpoint: "default", application: "clinic-finder", rule: 1 }]);
  });
});

describe("the order of rows", () => {
  const rows = [
    { name: "b", waiting: 1 },
    { name: "a", waiting: 1 },
    { name: "c", waiting: 20 },
  ];
  const columns = [
    { id: "name", sort: ({ name }: { readonly name: string }) => name },
    { id: "waiting", sort: ({ waiting }: { readonly waiting: number }) => waiting },
  ];
  const order = (sort: string | null): string =>
    sortRows(rows, columns, sort)
      .map(({ name }) => name)
      .join("");

  it("is by one key, by a second among equals, and as it comes for keys that there are not", () => {
    expect([null, "waiting:down", "waiting:down,name:up", "waiting:up,name:down", "age:up", ""].map(order)).toEqual([
      "bac",
      "cba",
      "cab",
      "bac",
      "bac",
      "bac",
    ]);
  });

  it("goes up, down and away by its header, and with Shift takes a second key beside the first", () => {
    const press = (sort: string | null, id: string, isSecond = false): string | null =>
      nextSort(sortKeys(sort), id, isSecond);
    expect([press(null, "name"), press("name:up", "name"), press("name:down", "name")]).toEqual([
      "name:up",
      "name:down",
      null,
    ]);
    expect([
      press("name:up", "waiting", true),
      press("name:up,waiting:up", "waiting", true),
      press("name:up,waiting:down", "waiting", true),
      press("name:up,waiting:down", "name", true),
      press("name:up,waiting:down", "waiting"),
    ]).toEqual(["name:up,waiting:up", "name:up,waiting:down", "name:up", "name:down,waiting:down", null]);
  });
});
