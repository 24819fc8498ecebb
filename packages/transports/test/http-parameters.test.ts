import * as fc from "fast-check";
import { expect, it } from "vitest";
import { readTarget } from "../src/http-rpc/parameters.ts";

// What node:http lets through in a request's target.
const piece = fc.oneof(
  fc.string({
    unit: fc.constantFrom("a", "&", "=", "+", "%", "2", "#", "'", '"', "<", "\u00e9", "\u00ff"),
    maxLength: 3,
  }),
  fc.constantFrom("%C3%A9", "%ff", "%zz", "??"),
);

it("reads the usual path as any other, whatever its query", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const target = `/api?${pieces.join("")}`;
      const taken = readTarget(target, "/api");
      const url = readTarget(target, "/another");
      expect(taken.path).toBe(url.path);
      expect([...taken.query]).toEqual([...url.query]);
    }),
  );
});

it.each([
  ["/api", "/api"],
  ["/api#part", "/api"],
  ["/other/../api?x=1", "/api"],
  ["http://host/api?x=1", "/api"],
])("finds the path of %s", (target, path) => {
  expect(readTarget(target, "/api").path).toBe(path);
});
