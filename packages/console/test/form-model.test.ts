// Forms from JSON Schema: which widget, what is wrong and when, what is sent.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedKeys, withoutSecrets } from "../src/pages/workers/changes.ts";
import { cleaned, complaint, complaints, groupsOf, labelOf, parseDuration, widgetOf } from "../src/parts/form-model.ts";
import type { Schema } from "../src/services/types.ts";
import { schemaOf } from "../src/testing/schemas.ts";

const smpp = schemaOf("SmppTransceiverTransport").schema;

describe("widgets", () => {
  it.each<[Schema, string]>([
    [{ type: "string" }, "line"],
    [{ type: "string", maxLength: 121 }, "text"],
    [{ type: "string", format: "text" }, "text"],
    [{ type: "string", enum: ["a", "b", "c"] }, "segments"],
    [{ type: "string", enum: ["a", "b", "c", "d"] }, "select"],
    [{ type: "string", enum: Array.from({ length: 13 }, (_, index) => String(index)) }, "search"],
    [{ type: "integer" }, "number"],
    [{ type: "number", unit: "s" }, "duration"],
    [{ type: "boolean" }, "boolean"],
    [{ type: "string", "x-secret": true }, "secret"],
    [{ type: "object", properties: { a: {} } }, "object"],
    [{ type: "object", additionalProperties: { type: "string" } }, "map"],
    [{ type: "array", items: { type: "string" } }, "chips"],
    [{ type: "array", items: { type: "object" } }, "json"],
    [{ oneOf: [{}, {}] }, "choice"],
    [{ type: ["string", "null"] }, "line"],
    [{}, "json"],
  ])("draws %j as %s", (schema, widget) => {
    expect(widgetOf(schema)).toBe(widget);
  });

  it("gives up drawing below a depth of four", () => {
    expect(widgetOf({ type: "string" }, 5)).toBe("json");
  });
});

describe("durations", () => {
  it.each([
    ["90", "s", 90],
    ["90s", "s", 90],
    ["2 min", "s", 120],
    ["1.5 h", "s", 5400],
    ["2 min", "ms", 120_000],
    ["250ms", "s", 0.25],
    ["soon", "s", undefined],
    ["-1", "s", undefined],
  ])("understands %s in %s as %s", (text, unit, value) => {
    expect(parseDuration(text, unit)).toBe(value);
  });
});

describe("complaints", () => {
  it("says what is there, then what is allowed", () => {
    expect(complaint({ type: "string", maxLength: 15 }, "cliniclinegateway")).toBe("17 characters, at most 15");
    expect(complaint({ type: "integer", minimum: 0 }, -1)).toBe("-1, at least 0");
    expect(complaint({ type: "integer" }, "ten")).toBe("“ten” is not a number");
  });

  it("while typing says only what more typing cannot repair", () => {
    expect(complaint({ type: "string", minLength: 3 }, "a", { isTyping: true })).toBeUndefined();
    expect(complaint({ type: "string", minLength: 3 }, "a")).toBe("1 characters, at least 3");
    expect(complaint({ type: "string", maxLength: 3 }, "abcd", { isTyping: true })).toBe("4 characters, at most 3");
    expect(complaint({ type: "string" }, "", { isRequired: true, isTyping: true })).toBeUndefined();
  });

  it("finds what is missing", () => {
    expect([...complaints(smpp, { twisted_endpoint: "tcp:a:1" }).keys()]).toEqual(["system_id", "password"]);
  });

  it("never throws, whatever a value or pattern is", () => {
    fc.assert(
      fc.property(fc.string(), fc.anything(), (pattern, value) => {
        complaint({ type: "string", pattern }, value);
        complaint({ type: "string", format: "regex" }, pattern);
      }),
    );
  });
});

describe("what is sent", () => {
  it("leaves out what is at its default, and secrets that were not touched", () => {
    const before = { system_id: "clinicline", password: "********" };
    expect(cleaned(smpp, { ...before, mt_tps: 0, throttle_delay: 0.2 }, before)).toEqual({
      system_id: "clinicline",
      throttle_delay: 0.2,
    });
    expect(cleaned(smpp, { ...before, password: "new" }, before)).toEqual({ system_id: "clinicline", password: "new" });
  });

  it("A20 keeps no secret in a draft", () => {
    const before = { system_id: "clinicline", password: "********" };
    const value = { system_id: "other", password: "typed" };
    const keys = changedKeys(smpp, before, value);
    expect(keys).toEqual(["system_id", "password"]);
    expect(withoutSecrets(smpp, value, keys)).toEqual({ system_id: "other" });
  });

  it("folds what is at its default and not basic, and groups the rest", () => {
    const { shown, folded } = groupsOf(smpp, {});
    expect([...shown.keys()]).toEqual(["Connection", "Speed and patience"]);
    expect(folded).toContain("log_pdus");
    expect(groupsOf(smpp, { log_pdus: true }).folded).not.toContain("log_pdus");
  });

  it("makes labels of keys", () => {
    expect([labelOf("system_id", {}), labelOf("a", { title: "Bind as" })]).toEqual(["System id", "Bind as"]);
  });
});
