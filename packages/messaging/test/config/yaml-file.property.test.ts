// Whatever is in a file, reading it ends in values or in a coded error.

import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ConfigSource, parseConfig } from "../../src/config/index.ts";

const pieces = fc.constantFrom(
  ..."a b : - [ ] { } , ' \" # & * ! | > % @ ? ~ \t \n".split(" "),
  " ",
  "  ",
  "\n",
  "\n  ",
  ": ",
  "- ",
  "&x ",
  "*x",
  "<<: ",
  "? ",
  "!!set ",
  "!!binary ",
  "!!omap ",
  "!!str ",
  "!include ",
  "!<tag:x> ",
  "---\n",
  "...\n",
  "__proto__",
  "constructor",
  "0x1F",
  "1:30",
  "null",
  "yes",
);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary" }),
  fc.constantFrom("[", "{a: ", "- ", "a:\n ", "&a [*a", "? ").map((piece) => piece.repeat(500)),
);

it("any text is values or a coded error", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (yaml) => {
      try {
        const source = await parseConfig(yaml, "fuzzed.yaml", "/nonexistent");
        expect(source).toBeInstanceOf(ConfigSource);
        expect(Object.getPrototypeOf(source.values)).toBe(Object.prototype);
        for (const key of Object.keys(source.values)) expect(source.locate([key, 0, "x"])?.source).toBe("fuzzed.yaml");
      } catch (error) {
        expect(error).toMatchObject({ name: "ConfigError", code: "CONFIG_FILE_INVALID" });
      }
    }),
    { numRuns: 300 },
  );
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
