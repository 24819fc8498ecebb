import type { Logger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { beforeEach, describe, expect, it } from "vitest";
import { fieldsOf } from "../../src/config/fields.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { ConfigSource } from "../../src/config/source.ts";
import { createUserMessage, type UserMessage } from "../../src/message/user-message.ts";
import {
  AddressPrefixProviderSettingMiddleware,
  AddressTranslationMiddleware,
  LoggingMiddleware,
  SessionLengthMiddleware,
  StaticProviderSettingMiddleware,
  TaggingMiddleware,
  UnidecoderMiddleware,
} from "../../src/middleware/index.ts";
import { normaliseMsisdn } from "../../src/middleware/msisdn.ts";
import type { MiddlewareClass } from "../../src/worker/create-middleware.ts";
import { type Middleware, MiddlewareStack } from "../../src/worker/middleware.ts";

let clock: TestClock;
let keyValue: KeyValueStore;
let logged: [level: string, line: string][];

beforeEach(async () => {
  clock = new TestClock(1_000_000);
  keyValue = await openKeyValue({ driver: "memory", clock });
  logged = [];
});

async function create(made: MiddlewareClass, config: Readonly<Record<string, unknown>> = {}): Promise<MiddlewareStack> {
  const note = (level: string) => (_fields: object, line: string) => void logged.push([level, line]);
  const logger: Logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  const context = { name: "mw", workerName: "worker", keyValue, clock, logger };
  const read = await readConfig(fieldsOf(made), new ConfigSource(config));
  const middleware: Middleware = new made(read as never, context);
  return new MiddlewareStack([{ name: "mw", middleware }]);
}

function message(fields: Partial<UserMessage> = {}): UserMessage {
  const base = createUserMessage({
    to_addr: "8000",
    from_addr: "+27831",
    transport_name: "t",
    transport_type: "sms",
    content: "x",
  });
  return { ...base, ...fields };
}

const inbound = async (stack: MiddlewareStack, one: UserMessage): Promise<UserMessage> =>
  stack.run("consume", "inbound", { message: one, connector: "c", alongside: () => undefined });
const outbound = async (stack: MiddlewareStack, one: UserMessage): Promise<UserMessage> =>
  stack.run("publish", "outbound", { message: one, connector: "c", alongside: () => undefined });

describe("AddressTranslationMiddleware", () => {
  it("translates what goes out, and back what comes in; other addresses stay", async () => {
    const stack = await create(AddressTranslationMiddleware, {
      outbound_map: { info: "555", other: "666", second: "555" },
    });
    expect((await outbound(stack, message({ to_addr: "info" }))).to_addr).toBe("555");
    expect((await outbound(stack, message({ to_addr: "555" }))).to_addr).toBe("555");
    expect((await inbound(stack, message({ from_addr: "555" }))).from_addr).toBe("info");
    expect((await inbound(stack, message({ from_addr: "info" }))).from_addr).toBe("info");
    expect((await inbound(stack, message({ from_addr: null }))).from_addr).toBeNull();
    expect((await outbound(stack, message({ to_addr: "constructor" }))).to_addr).toBe("constructor");
  });
});

describe("LoggingMiddleware", () => {
  it("writes the line that log tools parse, at the level of its kind, and leaves the message alone", async () => {
    const stack = await create(LoggingMiddleware, { log_level: "warning" });
    const one = message();
    expect(await inbound(stack, one)).toBe(one);
    expect(logged).toEqual([["warn", `Processed inbound message for c: ${JSON.stringify(one)}`]]);
  });

  it("refuses a level that does not exist", async () => {
    await expect(create(LoggingMiddleware, { log_level: "loud" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("TaggingMiddleware", () => {
  const config = {
    incoming: { addr_pattern: "^\\d+(\\d{3})$", tagpool_template: "pool\\1", tagname_template: "mytag-\\g<0>" },
    outgoing: {
      tagname_pattern: "mytag-(\\d{4})",
      msg_template: { from_addr: "\\1", helper_metadata: { extra: { whole: "\\g<0>", count: 3 } } },
    },
  };

  it("M32 M34 writes the tag as a list when the address matches, over an older one", async () => {
    const tagged = await inbound(
      await create(TaggingMiddleware, config),
      message({ helper_metadata: { tag: { tag: ["a", "b"] }, kept: 1 } }),
    );
    expect(tagged.helper_metadata).toEqual({ tag: { tag: ["pool000", "mytag-8000"] }, kept: 1 });
    expect(JSON.parse(JSON.stringify(tagged))).toEqual(tagged);
  });

  it.each([{ to_addr: "abc" }, { to_addr: null }])(
    "M32 leaves a message alone that does not match (%j)",
    async (fields) => {
      const one = message({ ...fields, helper_metadata: { tag: { tag: ["a", "b"] } } });
      expect(await inbound(await create(TaggingMiddleware, config), one)).toBe(one);
    },
  );

  it("M33 merges the template into what carries a tag: fills texts, keeps sibling keys, copies numbers", async () => {
    const one = message({ helper_metadata: { tag: { tag: ["pool", "mytag-1234"] }, extra: { sibling: true } } });
    const merged = await outbound(await create(TaggingMiddleware, config), one);
    expect(merged.from_addr).toBe("1234");
    expect(merged.helper_metadata["extra"]).toEqual({ sibling: true, whole: "mytag-1234", count: 3 });
  });

  it("M33 ends on a template that contains itself", async () => {
    const template: Record<string, unknown> = { from_addr: "\\1" };
    const inner: Record<string, unknown> = { text: "\\g<0>" };
    inner["self"] = inner;
    template["helper_metadata"] = { extra: inner };
    const read = await readConfig(fieldsOf(TaggingMiddleware), new ConfigSource(config));
    const looped = { ...(read as object), outgoing: { ...(read["outgoing"] as object), msg_template: template } };
    const tagging = new TaggingMiddleware(looped as never);
    const merged = tagging.outbound(message({ helper_metadata: { tag: { tag: ["p", "mytag-1234"] } } }));
    expect(merged.helper_metadata["extra"]).toEqual({ text: "mytag-1234", self: {} });
  });

  it.each([{}, { tag: { tag: ["pool", "other"] } }, { tag: { tag: "odd" } }, { tag: null }])(
    "M32 leaves alone what carries no tag that matches (%j)",
    async (helper_metadata) => {
      const one = message({ helper_metadata });
      expect(await outbound(await create(TaggingMiddleware, config), one)).toBe(one);
    },
  );

  it("refuses a configuration without its parts", async () => {
    await expect(create(TaggingMiddleware, { incoming: {} })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("provider setting", () => {
  it("M35 the static one overwrites", async () => {
    const stack = await create(StaticProviderSettingMiddleware, { provider: "mtn" });
    expect((await inbound(stack, message({ provider: "old" }))).provider).toBe("mtn");
    expect((await outbound(stack, message())).provider).toBe("mtn");
  });

  const prefixes = { provider_prefixes: { "+278": "any", "+2783": "mtn", "+2782": "voda" } };

  it.each([
    ["longest prefix wins", { from_addr: "+27831" }, "mtn"],
    ["shorter one otherwise", { from_addr: "+27841" }, "any"],
    ["none", { from_addr: "+441" }, null],
    ["a provider that is there stays", { from_addr: "+27831", provider: "old" }, "old"],
  ])("M35 by prefix: %s", async (_name, fields, provider) => {
    const stack = await create(AddressPrefixProviderSettingMiddleware, prefixes);
    expect((await inbound(stack, message(fields))).provider).toBe(provider);
  });

  it("M35 logs a missing address and passes the message", async () => {
    const stack = await create(AddressPrefixProviderSettingMiddleware, prefixes);
    const one = message({ to_addr: null });
    expect(await outbound(stack, one)).toBe(one);
    expect(logged).toHaveLength(1);
  });

  it("compares normalised numbers and keeps the message's own", async () => {
    const stack = await create(AddressPrefixProviderSettingMiddleware, {
      ...prefixes,
      normalize_msisdn: { country_code: "27" },
    });
    const one = await outbound(stack, message({ to_addr: "083 123 4567" }));
    expect(one).toMatchObject({ provider: "mtn", to_addr: "083 123 4567" });
  });

  it.each([
    ["12345", "27", "12345"],
    ["0027831234", "27", "+27831234"],
    ["0831234567", "27", "+27831234567"],
    ["+1 (555) 123", "27", "+1555123"],
    ["27831234567", "27", "+27831234567"],
    ["831234567", "27", "831234567"],
  ])("normalises %s with country code %s to %s", (number, code, expected) => {
    expect(normaliseMsisdn(number, code, false)).toBe(expected);
  });

  it("M106 an empty country code puts a plus before any longer number, which strip_plus takes away again", () => {
    expect(normaliseMsisdn("761234567", "", false)).toBe("+761234567");
    expect(normaliseMsisdn("761234567", "", true)).toBe("761234567");
  });
});

describe("SessionLengthMiddleware", () => {
  const key = "t:+27831:session_created";

  it("M36 new writes the time to the store and the message; close adds the end and forgets", async () => {
    const stack = await create(SessionLengthMiddleware);
    const begun = await inbound(stack, message({ session_event: "new" }));
    expect(begun.helper_metadata["session"]).toEqual({ session_start: 1000 });
    expect(await keyValue.get(key)).toBe("1000.0");
    expect(await keyValue.pttl(key)).toBe(600_000);
    await clock.advance(2_500);
    const resumed = await inbound(stack, message({ session_event: "resume" }));
    expect(resumed.helper_metadata["session"]).toEqual({ session_start: 1000 });
    expect(await keyValue.pttl(key)).toBe(597_500);
    const closed = await outbound(stack, message({ to_addr: "+27831", session_event: "close" }));
    expect(closed.helper_metadata["session"]).toEqual({ session_start: 1000, session_end: 1002.5 });
    expect(await keyValue.get(key)).toBeUndefined();
  });

  it("M36 never overwrites what the message says", async () => {
    const stack = await create(SessionLengthMiddleware, { field_name: "billing" });
    const helper_metadata = { billing: { session_start: 1, session_end: 2 } };
    const one = await inbound(stack, message({ session_event: "close", helper_metadata }));
    expect(one.helper_metadata).toEqual(helper_metadata);
  });

  it("M36 a close without a known beginning has an end only", async () => {
    const one = await inbound(await create(SessionLengthMiddleware), message({ session_event: "close" }));
    expect(one.helper_metadata["session"]).toEqual({ session_end: 1000 });
  });

  it("M36 logs a missing address or tag and passes the message", async () => {
    const byTag = await create(SessionLengthMiddleware, { namespace_type: "tag" });
    const one = message({ session_event: "new" });
    expect(await inbound(byTag, one)).toBe(one);
    const nobody = message({ from_addr: null });
    expect(await inbound(await create(SessionLengthMiddleware), nobody)).toBe(nobody);
    expect(logged).toHaveLength(2);
  });

  it("keeps sessions of a tag by pool and name", async () => {
    const stack = await create(SessionLengthMiddleware, { namespace_type: "tag" });
    await inbound(stack, message({ session_event: "new", helper_metadata: { tag: { tag: ["pool", "name"] } } }));
    expect(await keyValue.get("pool:name:+27831:session_created")).toBe("1000.0");
  });
});

it("UnidecoderMiddleware writes content in ASCII and leaves none alone", async () => {
  const stack = await create(UnidecoderMiddleware);
  expect((await outbound(stack, message({ content: "Čau, světe ☺" }))).content).toMatch(/^Cau, svete [\x20-\x7e]*$/);
  expect((await inbound(stack, message({ content: null }))).content).toBeNull();
});
