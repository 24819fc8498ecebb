// The envelope: defaults, validity, copies.

import { Message, type MessageFields } from "@switchboard/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("a message", () => {
  it("has the documented defaults", () => {
    expect(Object.fromEntries(Object.entries(new Message({ id: 1, destinationId: "d" })))).toEqual({
      type: "",
      id: 1,
      sourceId: undefined,
      destinationId: "d",
      groupId: undefined,
      processId: undefined,
      responseRequired: false,
      isResponse: false,
      blocking: false,
      synchronous: undefined,
      content: undefined,
      sourceProcessId: undefined,
    });
  });

  it("gets an unused integer as its id when none is given", () => {
    const ids = Array.from({ length: 100 }, () => new Message({ destinationId: 1 }).id);
    expect(ids.every((id) => Number.isSafeInteger(id))).toBe(true);
    expect(new Set(ids).size).toBe(100);
  });

  it.each([0, ""])("takes %j for an id like any other", (id) => {
    expect(new Message({ id, sourceId: id, destinationId: id })).toMatchObject({ id, sourceId: id, destinationId: id });
    expect(new Message({ id, isResponse: true }).id).toBe(id);
    expect(() => new Message({ destinationId: id, groupId: "g" })).toThrow("destinationId and groupId are both set");
  });

  it.each<[string, MessageFields]>([
    ["groupId", { destinationId: 1, groupId: 2 }],
    ["destinationId", {}],
    ["id", { isResponse: true }],
    ["responseRequired", { id: 1, isResponse: true, responseRequired: true }],
    ["responseRequired", { destinationId: 1, synchronous: true, responseRequired: true }],
    ["isResponse", { id: 1, synchronous: true, isResponse: true }],
    ["blocking", { destinationId: 1, synchronous: true, blocking: true }],
    ["processId", { destinationId: 1, synchronous: true, processId: "p" }],
    ["type", { destinationId: 1, type: 5 as never }],
    ["id", { destinationId: 1, id: 1.5 }],
    ["id", { destinationId: 1, id: "x".repeat(1025) }],
    ["sourceId", { destinationId: 1, sourceId: null as never }],
    ["destinationId", { destinationId: {} as never }],
    ["destinationId", { destinationId: Number.NaN }],
    ["groupId", { groupId: Infinity }],
    ["processId", { destinationId: 1, processId: 7 as never }],
    ["responseRequired", { destinationId: 1, responseRequired: 1 as never }],
    ["isResponse", { destinationId: 1, isResponse: "yes" as never }],
    ["blocking", { destinationId: 1, blocking: null as never }],
    ["synchronous", { destinationId: 1, synchronous: 0 as never }],
  ])("is refused when %s is wrong, naming it (case %$)", (field, fields) => {
    expect(() => new Message(fields)).toThrow(
      expect.objectContaining({ name: "MessageError", code: "KERNEL_MESSAGE_INVALID", details: { field } }),
    );
  });

  it("is refused with a MessageError, or good, whatever it is made of", () => {
    const anything = fc.record(
      Object.fromEntries(Object.keys(new Message({ destinationId: 1 })).map((field) => [field, fc.anything()])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (fields) => {
        try {
          const message = new Message(fields);
          expect([message.destinationId, message.groupId].filter((id) => id !== undefined).length).toBeLessThan(2);
        } catch (error) {
          expect(error).toMatchObject({ code: "KERNEL_MESSAGE_INVALID" });
        }
      }),
    );
  });
});

describe("a copy", () => {
  const original = new Message({
    type: "t",
    id: "i",
    destinationId: "d",
    sourceId: 1,
    blocking: true,
    content: { a: 1 },
  });

  it("is a new message with the same fields", () => {
    expect(original.copy()).toEqual(original);
    expect(original.copy()).not.toBe(original);
  });

  it("has the changes that are asked for", () => {
    expect(original.copy({ groupId: "g", destinationId: undefined, blocking: false })).toMatchObject({
      id: "i",
      groupId: "g",
      destinationId: undefined,
      blocking: false,
    });
    expect(original.copy({ id: undefined }).id).not.toBe("i");
  });

  it("is as strictly checked as the original", () => {
    expect(() => original.copy({ groupId: "g" })).toThrow("both set");
  });
});
