// The listener with a filtering table: targets, filters, names, chains.

import { ANY, BasicMessageListener, type FilterEntry, Message, MessageQueue } from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { kit, promiseEnds } from "./kit.ts";

const invalid = (field: string): unknown =>
  expect.objectContaining({ code: "KERNEL_MESSAGE_INVALID", details: { field } });

/** A listener with an entry per name, each answering with its name. */
function named(...entries: (FilterEntry extends infer Entry ? Partial<Entry> : never)[]): BasicMessageListener {
  const made = new BasicMessageListener("table");
  for (const [index, entry] of entries.entries()) {
    made.add({ callback: () => entry.name ?? `entry ${index}`, ...entry });
  }
  return made;
}

const say = (listener: BasicMessageListener, fields: object = {}): unknown =>
  listener.handleMessage(new Message({ destinationId: "table", ...fields }));

describe("the first entry that matches", () => {
  it("wins; when none does nothing happens and the answer is null", () => {
    const listener = named({ match: { type: "a" }, name: "first" }, { match: { type: ["a", "b"] }, name: "second" });
    expect(say(listener, { type: "a" })).toBe("first");
    expect(say(listener, { type: "b" })).toBe("second");
    expect(say(listener, { type: "c" })).toBeNull();
    expect(new BasicMessageListener().handleMessageSync(new Message({ destinationId: 1 }))).toBeNull();
  });

  it("K40 matches when every field it names does: value, list, wildcard, predicate", () => {
    const listener = named({
      match: { type: ["x", "y"], sourceId: 7, groupId: ANY, content: (content) => typeof content === "string" },
    });
    expect(say(listener, { type: "x", sourceId: 7, content: "text" })).toBe("entry 0");
    expect(say(listener, { type: "z", sourceId: 7, content: "text" })).toBeNull();
    expect(say(listener, { type: "y", sourceId: "7", content: "text" })).toBeNull();
    expect(say(listener, { type: "y", sourceId: 7, content: 5 })).toBeNull();
  });

  it("K40 takes everything when it names no field", () => {
    expect(say(named({}))).toBe("entry 0");
    expect(say(named({ match: {} }))).toBe("entry 0");
    expect(say(named({ match: { type: ANY, sourceId: ANY } }))).toBe("entry 0");
  });

  it("K40 can ask about each envelope field", () => {
    const message = {
      type: "t",
      id: 1,
      sourceId: 2,
      destinationId: "table",
      responseRequired: true,
      blocking: true,
      synchronous: false,
    };
    for (const [field, value] of Object.entries(message)) {
      expect(say(named({ match: { [field]: value } }), message)).toBe("entry 0");
      expect(say(named({ match: { [field]: ["other"] } }), message)).toBeNull();
    }
  });

  it("K41 does not match a field that the message has not, except for the wildcard", () => {
    const wants = vi.fn<() => boolean>(() => true);
    for (const match of [
      { sourceId: 1 },
      { sourceId: [1, 2] },
      { sourceId: wants },
      { content: { a: null } },
      { content: { a: wants } },
    ]) {
      expect(say(named({ match }))).toBeNull();
      expect(say(named({ match }), { content: { b: 1 } })).toBeNull();
    }
    expect(wants).not.toHaveBeenCalled();
    expect(say(named({ match: { sourceId: ANY, content: { a: ANY } } }))).toBe("entry 0");
  });

  it("K42 matches content fields by name and by dotted path, in the same ways", () => {
    const content = { kind: "move", player: { name: "Ann", cards: [7, 8] }, "odd.name": null };
    const takes = (wanted: object): boolean =>
      say(named({ match: { content: wanted as never } }), { content }) !== null;
    expect(takes({ kind: "move" })).toBe(true);
    expect(takes({ kind: ["stay", "move"], "player.name": "Ann" })).toBe(true);
    expect(takes({ "player.cards.1": 8 })).toBe(true);
    expect(takes({ "player.cards": (cards: unknown) => Array.isArray(cards) && cards.length === 2 })).toBe(true);
    expect(takes({ "odd.name": null })).toBe(true);
    expect(takes({ "player.age": ANY })).toBe(true);
    expect(takes({ "player.name": "Bob" })).toBe(false);
    expect(takes({ "player.age": 7 })).toBe(false);
    expect(takes({ "kind.length": 4 })).toBe(false);
    expect(takes({ "player.cards.length": ANY })).toBe(true);
  });

  it.each(["__proto__", "constructor", "player.constructor.name", "toString"])(
    "K42 a path does not lead out of the data: %s",
    (path) => {
      const wants = vi.fn<() => boolean>(() => true);
      expect(say(named({ match: { content: { [path]: wants } } }), { content: { player: {} } })).toBeNull();
      expect(wants).not.toHaveBeenCalled();
    },
  );

  it("K42 can ask about the content as a whole", () => {
    expect(say(named({ match: { content: "ping" } }), { content: "ping" })).toBe("entry 0");
    expect(say(named({ match: { content: [1, null] } }), { content: null })).toBe("entry 0");
    expect(say(named({ match: { content: "ping" } }), { content: { ping: 1 } })).toBeNull();
  });

  it("a predicate that throws is a failure of the listener", async () => {
    const { dispatcher } = kit();
    dispatcher.register(
      named({
        match: {
          type: () => {
            throw new Error("bad predicate");
          },
        },
      }),
    );
    await expect(dispatcher.send({ destinationId: "table", responseRequired: true })).rejects.toThrow("bad predicate");
  });
});

describe("the table", () => {
  it("K43 appends at -1 and at its length, inserts at 0 to length − 1, and renumbers", () => {
    const listener = named({ name: "a" }, { name: "b" });
    listener.add({ name: "c", callback: () => null }, 2);
    listener.add({ name: "d", callback: () => null }, -1);
    listener.add({ name: "first", callback: () => "first" }, 0);
    listener.add({ name: "third", callback: () => null }, 2);
    expect(listener.entries.map(({ name }) => name)).toEqual(["first", "a", "third", "b", "c", "d"]);
    expect(say(listener)).toBe("first");
  });

  it.each([-2, 2, 0.5, Number.NaN])("K43 refuses priority %d", (priority) => {
    const listener = named({ name: "a" });
    expect(() => listener.add({ callback: () => null }, priority)).toThrow(invalid("priority"));
    expect(listener.entries).toHaveLength(1);
  });

  it("K44 names are optional and unique", () => {
    const listener = named({}, {}, { name: "a" });
    const taken = expect.objectContaining({ code: "KERNEL_REGISTRATION" });
    expect(() => listener.add({ name: "a", callback: () => null })).toThrow(taken);
    listener.add({ name: "b", callback: () => null });
    expect(() => listener.replace("b", { name: "a", callback: () => null })).toThrow(taken);
    listener.replace("b", { name: "b", callback: () => null });
    expect(listener.entries.map(({ name }) => name)).toEqual([undefined, undefined, "a", "b"]);
  });

  it("removes and replaces by name or by the entry itself", () => {
    const listener = named({ name: "a" }, { name: "b" });
    const third: FilterEntry = { match: { type: "x" }, callback: () => "third" };
    listener.add(third);
    expect(listener.remove("a")).toBe(true);
    expect(listener.remove("a")).toBe(false);
    expect(listener.remove({ callback: () => null })).toBe(false);
    listener.replace(third, { callback: () => "replaced" });
    expect(listener.remove("b")).toBe(true);
    expect(say(listener)).toBe("replaced");
    expect(() => listener.replace("b", third)).toThrow('no entry named "b"');
  });

  it("K45 may change while messages are in flight: each goes by the table as it was when it arrived", async () => {
    const { dispatcher, settle } = kit();
    const old = promiseEnds();
    const listener = new BasicMessageListener("table");
    listener.add({ name: "only", asyncCallback: () => old.promise });
    dispatcher.register(listener);
    const first = dispatcher.send({ destinationId: "table", responseRequired: true });
    await settle();
    listener.replace("only", { name: "only", callback: () => "new" });
    await expect(dispatcher.send({ destinationId: "table", responseRequired: true })).resolves.toBe("new");
    listener.remove("only");
    await expect(dispatcher.send({ destinationId: "table", responseRequired: true })).resolves.toBeNull();
    old.resolve("old");
    await expect(first).resolves.toBe("old");
  });

  it("K45 a callback may change the table that has just called it", () => {
    const listener = new BasicMessageListener("table");
    listener.add({
      name: "once",
      callback: () => {
        listener.remove("once");
        return "once";
      },
    });
    expect([say(listener), say(listener)]).toEqual(["once", null]);
  });

  it.each<[string, object, string]>([
    ["no target", {}, "target"],
    ["two targets", { callback: () => null, queue: new MessageQueue() }, "target"],
    ["an unknown field", { match: { typ: "x" }, callback: () => null }, "typ"],
    ["an object as value", { match: { type: { a: 1 } }, callback: () => null }, "type"],
    ["an object in a list", { match: { content: { a: [{}] } }, callback: () => null }, "content.a"],
  ])("refuses an entry with %s", (_, entry, field) => {
    const listener = new BasicMessageListener();
    expect(() => listener.add(entry as FilterEntry)).toThrow(invalid(field));
    expect(listener.entries).toEqual([]);
  });
});

describe("filters", () => {
  class Filtered extends BasicMessageListener {
    readonly seen: unknown[] = [];

    protected override preFilter(message: Message): Message | undefined {
      if (message.type === "drop") return undefined;
      return message.type === "change" ? message.copy({ type: "changed" }) : message;
    }

    protected override postFilter(message: Message, result: unknown): void {
      this.seen.push([message.type, result]);
    }
  }

  it("K47 the pre-filter may change or drop a message; the post-filter sees message and result", () => {
    const listener = new Filtered("f");
    listener.add({ callback: ({ type }) => `got ${type}` });
    for (const type of ["plain", "change", "drop"]) {
      expect(say(listener, { type })).toBe(type === "drop" ? null : `got ${type === "change" ? "changed" : type}`);
      listener.handleMessageSync(new Message({ type, destinationId: "f" }));
    }
    const expected = [
      ["plain", "got plain"],
      ["changed", "got changed"],
    ];
    expect(listener.seen).toEqual(expected.flatMap((pair) => [pair, pair]));
  });

  it("K47 the post-filter sees what an asynchronous callback resolves with, before the sender does", async () => {
    const { dispatcher } = kit();
    const listener = new Filtered("f");
    listener.add({ asyncCallback: async () => "later" });
    dispatcher.register(listener);
    await expect(dispatcher.send({ type: "t", destinationId: "f", responseRequired: true })).resolves.toBe("later");
    expect(listener.seen).toEqual([["t", "later"]]);
  });

  it("K47 the post-filter is not called when the target fails", async () => {
    const { dispatcher } = kit();
    const listener = new Filtered("f");
    listener.add({ match: { type: "sync" }, callback: () => Promise.reject(new Error("no")) });
    listener.add({
      callback: () => {
        throw new Error("no");
      },
    });
    dispatcher.register(listener);
    for (const type of ["sync", "other"]) {
      await expect(dispatcher.send({ type, destinationId: "f", responseRequired: true })).rejects.toThrow("no");
    }
    expect(listener.seen).toEqual([]);
  });

  it("K47 a post-filter that throws fails the message, as the listener would", async () => {
    class Strict extends BasicMessageListener {
      protected override postFilter(): void {
        throw new Error("not like this");
      }
    }
    const { dispatcher } = kit();
    const listener = new Strict("f");
    listener.add({ callback: () => "fine" });
    dispatcher.register(listener);
    await expect(dispatcher.send({ destinationId: "f", responseRequired: true })).rejects.toThrow("not like this");
  });

  it("K48 a subclass may override the handlers and the table", () => {
    class Own extends BasicMessageListener {
      override handleMessageSync(message: Message): unknown {
        return `sync ${message.type}`;
      }

      protected override route(message: Message): ReturnType<BasicMessageListener["route"]> {
        return super.route(message.copy({ type: message.type.toLowerCase() }));
      }
    }
    const listener = new Own("own");
    listener.add({ match: { type: "hello" }, callback: ({ type }) => type });
    expect(say(listener, { type: "HELLO" })).toBe("HELLO");
    expect(listener.handleMessageSync(new Message({ type: "x", destinationId: "own" }))).toBe("sync x");
  });
});

describe("chains", () => {
  it("pass messages from listener to listener, to the end", async () => {
    const { dispatcher } = kit();
    const [first, second, last] = ["first", "second", "last"].map((id) => new BasicMessageListener(id)) as [
      BasicMessageListener,
      BasicMessageListener,
      BasicMessageListener,
    ];
    first.add({ listener: second });
    second.add({ listener: last });
    last.add({ callback: ({ content }) => `last has ${String(content)}` });
    dispatcher.register(first);
    expect(dispatcher.sendSync({ destinationId: "first", content: 1 })).toBe("last has 1");
    await expect(dispatcher.send({ destinationId: "first", content: 2, responseRequired: true })).resolves.toBe(
      "last has 2",
    );
  });

  it("that would be a ring are refused, naming it", () => {
    const [a, b, c] = ["a", "b", undefined].map((id) => new BasicMessageListener(id)) as [
      BasicMessageListener,
      BasicMessageListener,
      BasicMessageListener,
    ];
    a.add({ match: { type: "x" }, callback: () => null });
    a.add({ match: { type: "y" }, listener: b });
    b.add({ listener: c });
    const ring = (names: string): unknown =>
      expect.objectContaining({
        name: "RegistrationError",
        code: "KERNEL_CYCLE",
        message: `messages would go round in a ring: ${names}`,
      });
    expect(() => c.add({ listener: a })).toThrow(
      ring('listener without id → listener "a" → listener "b" → listener without id'),
    );
    expect(() => a.add({ listener: a })).toThrow(ring('listener "a" → listener "a"'));
    c.add({ name: "end", callback: () => "end" });
    expect(() => c.replace("end", { listener: b })).toThrow(
      ring('listener without id → listener "b" → listener without id'),
    );
    expect(say(a, { type: "y" })).toBe("end");
  });

  it("that were a ring once may be built when it is broken", () => {
    const [a, b] = [new BasicMessageListener("a"), new BasicMessageListener("b")];
    a.add({ name: "on", listener: b });
    expect(() => b.add({ listener: a })).toThrow("ring");
    a.remove("on");
    b.add({ listener: a });
    expect(b.entries).toHaveLength(1);
  });
});
