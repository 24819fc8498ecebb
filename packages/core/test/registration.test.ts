// Listeners, sources and groups: who can be written to.

import {
  BasicMessageListener,
  Dispatcher,
  type Logger,
  type MessageListener,
  silentLogger,
  UndeliverableError,
} from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { kit, listener } from "./kit.ts";

const taken = expect.objectContaining({ name: "RegistrationError", code: "KERNEL_REGISTRATION" });

describe("listeners", () => {
  it("K1 one without an id gets an unused integer, and knows it", () => {
    const { dispatcher } = kit();
    dispatcher.register(listener(1, () => "one"));
    const second = listener(undefined, () => "two");
    const id = dispatcher.register(second);
    expect(id).toBe(2);
    expect(second.id).toBe(2);
    expect(dispatcher.sendSync({ destinationId: 2 })).toBe("two");
  });

  it("K1 one registered with automatic id gets an unused integer in place of its own", () => {
    const { dispatcher } = kit();
    const named = listener("named", () => "here");
    expect(dispatcher.register(named, { automaticId: true })).toBe(1);
    expect(named.id).toBe(1);
    expect(() => dispatcher.sendSync({ destinationId: "named" })).toThrow(UndeliverableError);
  });

  it("K1 a listener that is registered already does not get a second id", () => {
    const { dispatcher } = kit();
    const named = listener("named", () => "here");
    dispatcher.register(named);
    expect(() => dispatcher.register(named, { automaticId: true })).toThrow(taken);
    expect(named.id).toBe("named");
  });

  it.each(["player", 7, 0, ""])("K2 a taken id (%j) is a RegistrationError, and the first registration stays", (id) => {
    const { dispatcher } = kit();
    dispatcher.register(listener(id, () => "first"));
    expect(() => dispatcher.register(listener(id, () => "second"))).toThrow(taken);
    expect(dispatcher.sendSync({ destinationId: id })).toBe("first");
  });

  it("K3 deregistering an unknown id does nothing", () => {
    const { dispatcher } = kit();
    dispatcher.register(listener("a", () => "a"));
    dispatcher.deregister("b");
    dispatcher.deregister(listener("c", () => "c"));
    expect(dispatcher.activity().listeners).toBe(1);
  });

  it("K3 deregistering a listener object without an id is a RegistrationError", () => {
    const { dispatcher } = kit();
    expect(() => dispatcher.deregister(listener(undefined, () => null))).toThrow(taken);
  });

  it("a deregistered id is free for somebody else", () => {
    const { dispatcher } = kit();
    const first = listener("a", () => "first");
    dispatcher.register(first);
    dispatcher.deregister(first);
    dispatcher.register(listener("a", () => "second"));
    expect(dispatcher.sendSync({ destinationId: "a" })).toBe("second");
  });

  it("ids that are not strings or integers are refused", () => {
    const { dispatcher } = kit();
    expect(() => dispatcher.register(listener(1.5, () => null))).toThrow(
      expect.objectContaining({ code: "KERNEL_MESSAGE_INVALID", details: { field: "id" } }),
    );
    expect(() =>
      dispatcher.joinGroup(
        null as never,
        listener("a", () => null),
      ),
    ).toThrow(expect.objectContaining({ code: "KERNEL_MESSAGE_INVALID", details: { field: "groupId" } }));
  });
});

describe("sources", () => {
  it("get unused ids on request, in one name space with listeners", () => {
    const { dispatcher } = kit();
    expect(dispatcher.register(listener(undefined, () => null))).toBe(1);
    expect(dispatcher.registerSource()).toBe(2);
    expect(dispatcher.register(listener(undefined, () => null))).toBe(3);
    expect(dispatcher.registerSource("me")).toBe("me");
    expect(() => dispatcher.registerSource("me")).toThrow(taken);
    expect(() => dispatcher.register(listener("me", () => null))).toThrow(taken);
    expect(() => dispatcher.registerSource(3)).toThrow(taken);
  });

  it("are no destinations, and free when deregistered", () => {
    const { dispatcher } = kit();
    dispatcher.registerSource("me");
    expect(() => dispatcher.sendSync({ destinationId: "me" })).toThrow(UndeliverableError);
    dispatcher.deregister("me");
    expect(dispatcher.register(listener("me", () => null))).toBe("me");
  });
});

describe("groups", () => {
  const collect = (): { got: string[]; member: (name: string) => MessageListener } => {
    const got: string[] = [];
    return { got, member: (name) => listener(undefined, () => got.push(name)) };
  };

  it("K4 a listener joins once; joining again changes nothing and is logged", () => {
    const warn = vi.fn<Logger["warn"]>();
    const { dispatcher } = kit({ logger: { ...silentLogger, warn } });
    const { got, member } = collect();
    const ann = member("ann");
    dispatcher.joinGroup("g", ann);
    dispatcher.joinGroup("g", ann);
    dispatcher.sendSync({ groupId: "g" });
    expect(got).toEqual(["ann"]);
    expect(warn).toHaveBeenCalledWith({ groupId: "g", listener: undefined }, expect.stringContaining("already"));
  });

  it("K5 members need neither an id nor a registration", () => {
    const { dispatcher } = kit();
    const { got, member } = collect();
    dispatcher.joinGroup("g", member("nobody in particular"));
    dispatcher.sendSync({ groupId: "g" });
    expect(got).toEqual(["nobody in particular"]);
    expect(dispatcher.activity()).toMatchObject({ listeners: 0, groups: 1 });
  });

  it("K6 the group goes with its last member", () => {
    const { dispatcher } = kit();
    const { member } = collect();
    const [ann, bob] = [member("ann"), member("bob")];
    dispatcher.joinGroup("g", ann);
    dispatcher.joinGroup("g", bob);
    dispatcher.leaveGroup("g", ann);
    dispatcher.leaveGroup("g", ann);
    dispatcher.leaveGroup("unknown", ann);
    expect(dispatcher.activity().groups).toBe(1);
    dispatcher.leaveGroup("g", bob);
    expect(dispatcher.activity().groups).toBe(0);
  });

  it("K6 a whole group can be dissolved", () => {
    const { dispatcher } = kit();
    const { got, member } = collect();
    dispatcher.joinGroup("g", member("ann"));
    dispatcher.joinGroup("g", member("bob"));
    dispatcher.dissolveGroup("g");
    dispatcher.dissolveGroup("g");
    dispatcher.sendSync({ groupId: "g" });
    expect(got).toEqual([]);
    expect(dispatcher.activity().groups).toBe(0);
  });

  it("K7 a send to a group that does not exist succeeds with zero deliveries, and a hook reports it", async () => {
    const { dispatcher, drops, settle } = kit();
    expect(dispatcher.sendSync({ id: 1, groupId: "nobody" })).toBeUndefined();
    await expect(dispatcher.send({ id: 2, groupId: "nobody" })).resolves.toBeUndefined();
    await expect(dispatcher.send({ id: 3, groupId: "nobody", responseRequired: true })).resolves.toBeNull();
    await settle();
    expect(drops).toEqual([1, 2, 3].map((id) => ({ reason: "no-members", id })));
    expect(dispatcher.activity().groups).toBe(0);
  });

  it("a listener that is deregistered stays in its groups", () => {
    const { dispatcher } = kit();
    const { got, member } = collect();
    const ann = member("ann");
    dispatcher.register(ann);
    dispatcher.joinGroup("g", ann);
    dispatcher.deregister(ann);
    dispatcher.sendSync({ groupId: "g" });
    expect(got).toEqual(["ann"]);
  });

  it("who joins or leaves while a message is handled does not change who gets that message", () => {
    const { dispatcher } = kit();
    const { got, member } = collect();
    const bob = member("bob");
    dispatcher.joinGroup(
      "g",
      listener(undefined, () => {
        dispatcher.leaveGroup("g", bob);
        dispatcher.joinGroup("g", member("carl"));
      }),
    );
    dispatcher.joinGroup("g", bob);
    dispatcher.sendSync({ groupId: "g" });
    expect(got).toEqual(["bob"]);
  });
});

describe("the dispatcher of the process", () => {
  it("K8 is one, and registers automatically", async () => {
    expect(Dispatcher.default).toBe(Dispatcher.default);
    const greeter = new BasicMessageListener();
    greeter.add({ callback: () => "hello" });
    const id = Dispatcher.default.register(greeter, { automaticId: true });
    await expect(Dispatcher.default.send({ destinationId: id, responseRequired: true })).resolves.toBe("hello");
    Dispatcher.default.deregister(greeter);
  });

  it.each([
    ["processId", { processId: "" }],
    ["processId", { processId: "x".repeat(129) }],
    ["maxQueued", { maxQueued: 0 }],
    ["maxQueued", { maxQueued: Number.NaN }],
    ["maxAnnounced", { maxAnnounced: -1 }],
  ])("refuses a bad %s", (field, options) => {
    expect(() => new Dispatcher(options)).toThrow(
      expect.objectContaining({ code: "KERNEL_MESSAGE_INVALID", details: { field } }),
    );
  });
});
