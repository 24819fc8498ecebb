// Extended JSON values, dates, and secrets that never show.

import { inspect } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeValue, encodeValue, maskedText, maxDepth, Password, RegexText } from "../src/index.ts";

const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
const date = (text: string): string => (decodeValue(JSON.stringify({ $date: text })) as Date).toISOString();

describe("writing", () => {
  it.each([
    [new Date("2017-05-09T00:35:49.123Z"), '{"$date":"2017-05-09 00:35:49.123000"}'],
    [new Date("2017-05-09T00:35:49Z"), '{"$date":"2017-05-09 00:35:49"}'],
    [new Date("0001-01-01T00:00:00.001Z"), '{"$date":"0001-01-01 00:00:00.001000"}'],
    [new Date(Number.NaN), "null"],
    [new Date(8.64e15), "null"],
    [new Uint8Array([104, 105]), '{"$binary":"aGk="}'],
    [Buffer.from("hi"), '{"$binary":"aGk="}'],
    [new RegexText("^a"), '{"$regex":"^a"}'],
    [/^a/i, '{"$regex":"^a"}'],
    [new Password("s"), '{"$password":"s"}'],
    [new Set([1, new Date(0)]), '[1,{"$date":"1970-01-01 00:00:00"}]'],
    [new Map([["a", new Set([1])]]), '{"a":[1]}'],
    [12n, "12"],
    [2n ** 70n, '"1180591620717411303424"'],
    [new Error("no"), '"Error: no"'],
    [new URL("http://localhost/"), '"http://localhost/"'],
    [undefined, "null"],
    [() => 1, "null"],
    [{ a: undefined, b: [undefined], c: Number.NaN }, '{"b":[null],"c":null}'],
    [{ deep: [{ at: new Date(0) }, 5] }, '{"deep":[{"at":{"$date":"1970-01-01 00:00:00"}},5]}'],
  ])("%o", (value, text) => {
    expect(encodeValue(value)).toBe(text);
  });

  it("does not change what it writes", () => {
    const value = Object.freeze({ list: Object.freeze([new Date(0)]) });
    encodeValue(value);
    expect(value.list[0]).toBeInstanceOf(Date);
  });

  it("refuses what refers to itself", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => encodeValue(loop)).toThrow(expect.objectContaining({ code: "PROTOCOL_VALUE_INVALID" }));
  });
});

describe("reading", () => {
  it("revives typed values anywhere", () => {
    const text = '[{"$date":"2017-05-09 00:35:49"},{"a":{"$binary":"aGk="}},{"$regex":"x+"},{"$password":"s"}]';
    const [date, nested, regex, password] = decodeValue(text) as [Date, { a: Uint8Array }, RegexText, Password];
    expect(date).toEqual(new Date("2017-05-09T00:35:49Z"));
    expect([...nested.a]).toEqual([104, 105]);
    expect(regex).toEqual(new RegexText("x+"));
    expect(password.reveal()).toBe("s");
  });

  it("finds markers that are written with escapes", () => {
    expect(decodeValue('{"\\u0024date":"2017-05-09"}')).toEqual(new Date("2017-05-09"));
    expect(() => decodeValue('{"\\u005f_proto__":{"a":1}}')).toThrow("__proto__");
  });

  it("leaves objects with more members, or with unknown markers, as they are", () => {
    expect(decodeValue('{"$date":"x","b":1}')).toEqual({ $date: "x", b: 1 });
    expect(decodeValue('{"$other":1}')).toEqual({ $other: 1 });
  });

  it.each([
    '{"$date":"soon"}',
    '{"$date":5}',
    '{"$binary":"%"}',
    '{"$binary":[]}',
    '{"$regex":1}',
    '{"$password":null}',
    '{"a":{"__proto__":{}}}',
  ])("refuses %s", (text) => {
    expect(() => decodeValue(text)).toThrow(expect.objectContaining({ code: "PROTOCOL_VALUE_INVALID", errno: 22 }));
  });

  it("never quotes a refused secret", () => {
    expect(() => decodeValue('{"$date":"hunter2"}')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("hunter2") }),
    );
  });

  it(`allows ${maxDepth} levels and refuses one more`, () => {
    expect(encodeValue(decodeValue(nested(maxDepth)))).toBe(nested(maxDepth));
    expect(() => decodeValue(nested(maxDepth + 1))).toThrow(
      expect.objectContaining({ code: "PROTOCOL_VALUE_INVALID" }),
    );
  });

  it("gives back what was written", () => {
    const leaf = fc.oneof(
      fc.date({
        min: new Date("0000-01-01T00:00:00Z"),
        max: new Date("9999-12-31T23:59:59.999Z"),
        noInvalidDate: true,
      }),
      fc.uint8Array({ maxLength: 100 }),
      fc.string().map((pattern) => new RegexText(pattern)),
      fc.string({ unit: "grapheme" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
      fc.boolean(),
      fc.constant(null),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("tree")),
        fc.dictionary(fc.stringMatching(/^[a-z.]*$/), tie("tree")),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const back = decodeValue(encodeValue(value));
        expect(back).toEqual(toPlain(value));
      }),
    );
  });
});

// fast-check's dictionaries have no prototype, which toEqual tells apart from what JSON.parse makes.
function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]));
  }
  return value;
}

describe("secrets", () => {
  it("86 a password shows its mask wherever it is printed", () => {
    const password = new Password("hunter2");
    const shown = [
      JSON.stringify({ password }),
      String(password),
      inspect({ password }, { showHidden: true, depth: 9 }),
    ];
    for (const text of shown) expect(text).not.toContain("hunter2");
    expect(JSON.stringify(password)).toBe(`"${maskedText}"`);
  });
});

describe("dates are read in any ISO 8601 form", () => {
  it.each([
    ["2017-05-09 00:35:49.123456", "2017-05-09T00:35:49.123Z"],
    ["2017-05-09T00:35:49.999999+00:00", "2017-05-09T00:35:49.999Z"],
    ["2017-05-09T00:35:49Z", "2017-05-09T00:35:49.000Z"],
    ["2017-05-09t02:05:49,5+01:30", "2017-05-09T00:35:49.500Z"],
    ["2017-05-09T00:35:49-0330", "2017-05-09T04:05:49.000Z"],
    ["2017-05-09T00:35:49+02", "2017-05-08T22:35:49.000Z"],
    ["20170509T003549Z", "2017-05-09T00:35:49.000Z"],
    ["20170509T0035", "2017-05-09T00:35:00.000Z"],
    ["2017-05-09T00:35.5", "2017-05-09T00:35:30.000Z"],
    ["2017-05-09 07", "2017-05-09T07:00:00.000Z"],
    ["2017-05-09T24:00", "2017-05-10T00:00:00.000Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
    ["2017-05-09", "2017-05-09T00:00:00.000Z"],
    ["2017-05", "2017-05-01T00:00:00.000Z"],
    ["2017", "2017-01-01T00:00:00.000Z"],
    ["2017-129", "2017-05-09T00:00:00.000Z"],
    ["2017129", "2017-05-09T00:00:00.000Z"],
    ["2017-W19-2", "2017-05-09T00:00:00.000Z"],
    ["2017W192T12:00Z", "2017-05-09T12:00:00.000Z"],
    ["2020-W53", "2020-12-28T00:00:00.000Z"],
    ["2008-W01-1", "2007-12-31T00:00:00.000Z"],
    ["2016-02-29", "2016-02-29T00:00:00.000Z"],
    ["0044-03-15", "0044-03-15T00:00:00.000Z"],
    ["+012345-01-01T00:00Z", "+012345-01-01T00:00:00.000Z"],
  ])("%s", (text, iso) => {
    expect(date(text)).toBe(iso);
  });

  it.each([
    "",
    "T",
    "2017-13",
    "2017-02-29",
    "2017-05-00",
    "2017-05-09T",
    "2017-05-09T25",
    "2017-05-09T24:00:01",
    "2017-05-09 00:60:00",
    "2017-05-09T1",
    "2017-W54",
    "2017-366",
    "2017-05-09T00:00+24",
    "2017-05-09Z",
    "05/09/2017",
    "2017-05-09 00:35:61",
  ])("%s is none", (text) => {
    expect(() => date(text)).toThrow("expected an ISO 8601 date and time");
  });

  it("a text of any length is looked at only as far as dates go", () => {
    expect(() => date(`2017-05-09T00:00:00.${"1".repeat(1_000_000)}`)).toThrow("expected an ISO 8601 date and time");
  });

  it("reads what every host writes", () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (value) => {
        expect(date(value.toISOString())).toBe(value.toISOString());
      }),
    );
  });
});
