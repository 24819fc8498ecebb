import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeText, LineDecoder, type TelnetInput } from "../src/telnet/line-decoder.ts";

function read(...bytes: readonly (string | readonly number[])[]): {
  lines: string[];
  answers: number[][];
  rest: string;
} {
  const decoder = new LineDecoder(100);
  const inputs = bytes.flatMap((piece) =>
    decoder.read(typeof piece === "string" ? Buffer.from(piece) : Buffer.from(piece)),
  );
  return { ...sorted(inputs), rest: decoder.takePartialLine().toString() };
}

function sorted(inputs: readonly TelnetInput[]): { lines: string[]; answers: number[][] } {
  return {
    lines: inputs.flatMap((input) => (input.kind === "line" ? [input.bytes.toString()] : [])),
    answers: inputs.flatMap((input) => (input.kind === "answer" ? [[...input.bytes]] : [])),
  };
}

describe("LineDecoder", () => {
  it.each([
    ["CR LF ends a line", ["a\r\nb\r\n"], ["a", "b"]],
    ["LF ends a line", ["a\nb\n"], ["a", "b"]],
    ["CR NUL ends a line", ["a\r\0b\r\0"], ["a", "b"]],
    ["a bare CR ends a line", ["a\rb\r\n"], ["a", "b"]],
    ["CR and LF may come apart", ["a\r", "\nb\n"], ["a", "b"]],
    ["a line may come in pieces", ["par", "tial\n"], ["partial"]],
    ["an empty line is one", ["\r\n"], [""]],
    ["spaces are kept", ["  a  \n"], ["  a  "]],
    ["backspace takes back a character", ["abx\b\n", "cy\x7f\n"], ["ab", "c"]],
    ["backspace takes back a whole letter, however many bytes it has", ["aé\b€\b😀\b\n"], ["a"]],
    ["backspace at the beginning does nothing", ["\b\ba\n"], ["a"]],
    ["erase character and erase line", ["ab", [255, 247], "c\n", "gone", [255, 248], "new\n"], ["ac", "new"]],
    ["IAC IAC is byte 255", [[255, 255], "\n"], [Buffer.of(255).toString()]],
    ["subnegotiation is passed over", ["a", [255, 250, 24, 0, 10, 255, 255, 13, 255, 240], "b\n"], ["ab"]],
    ["other commands are passed over", ["a", [255, 241, 255, 244], "b\n"], ["ab"]],
  ])("%s", (_name, input, lines) => {
    expect(read(...input).lines).toEqual(lines);
  });

  it("refuses every option, and says so once per request", () => {
    const { answers } = read([255, 253, 1, 255, 251, 31, 255, 252, 3, 255, 254, 5]);
    expect(answers).toEqual([
      [255, 252, 1],
      [255, 254, 31],
    ]);
  });

  it("answers the question whether anybody is there", () => {
    expect(Buffer.from(read([255, 246]).answers[0] ?? []).toString()).toBe("[Yes]\r\n");
  });

  it("stops at a line that is too long, and reads nothing after it", () => {
    const decoder = new LineDecoder(3);
    expect(decoder.read(Buffer.from("abcd\nmore\n"))).toEqual([{ kind: "overflow" }]);
    expect(decoder.hasPartialLine).toBe(true);
  });

  it("reads the same however the bytes are cut", () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(60)), (input, cuts) => {
        const whole = new LineDecoder(1_000);
        const expected = sorted(whole.read(input));
        const pieces = new LineDecoder(1_000);
        const places = [0, ...cuts.map((cut) => Math.min(cut, input.length)).toSorted((a, b) => a - b), input.length];
        const found = places.slice(1).flatMap((end, index) => pieces.read(input.subarray(places[index], end)));
        expect(sorted(found)).toEqual(expected);
        expect(pieces.takePartialLine()).toEqual(whole.takePartialLine());
      }),
    );
  });

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const line = text.replaceAll(/[\p{Cc}]/gu, "");
        expect(read([...encodeText(`${line}\n`)]).lines).toEqual([line]);
      }),
    );
  });
});

it("writes every kind of line end as CR LF", () => {
  expect(encodeText("a\nb\r\nc\rd").toString()).toBe("a\r\nb\r\nc\r\nd");
});
