// Synchronous sending: a function call by address.

import { DEFERRED, Message, SynchronousError, UndeliverableError } from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { kit, listener } from "./kit.ts";
import { linkPair } from "./link-pair.ts";

describe("sendSync", () => {
  it("K10 calls the listener at once and returns what it returns", () => {
    const { dispatcher } = kit();
    const seen: Message[] = [];
    dispatcher.register(
      listener(
        "a",
        () => "never",
        (message) => [seen.push(message), message.content],
      ),
    );
    const message = new Message({ type: "t", destinationId: "a", content: { x: 1 } });
    expect(dispatcher.sendSync(message)).toEqual([1, { x: 1 }]);
    expect(seen[0]).toBe(message);
    expect(message.synchronous).toBe(true);
  });

  it.each([undefined, null, 0, "", false, { a: 1 }])("K10 returns %j as it is", (reply) => {
    const { dispatcher } = kit();
    dispatcher.register(listener("a", () => reply));
    expect(dispatcher.sendSync({ destinationId: "a" })).toBe(reply);
  });

  it("K11 lets the listener's exception through unchanged", () => {
    const { dispatcher } = kit();
    const error = new RangeError("too far");
    dispatcher.register(
      listener("a", () => {
        throw error;
      }),
    );
    expect(() => dispatcher.sendSync({ destinationId: "a" })).toThrow(error);
  });

  it("K12 returns a message for nobody to its sender", () => {
    const { dispatcher } = kit();
    expect(() => dispatcher.sendSync({ id: 7, type: "greet", destinationId: "nobody" })).toThrow(
      expect.objectContaining({
        name: "UndeliverableError",
        code: "KERNEL_UNDELIVERABLE",
        message: 'message 7 "greet": nobody has the id "nobody" here',
      }),
    );
  });

  it("K13 calls every member of a group in order of joining and returns nothing", () => {
    const { dispatcher } = kit();
    const got: string[] = [];
    for (const name of ["c", "a", "b"])
      dispatcher.joinGroup(
        "g",
        listener(undefined, () => got.push(name)),
      );
    expect(dispatcher.sendSync({ groupId: "g" })).toBeUndefined();
    expect(got).toEqual(["c", "a", "b"]);
  });

  it("K14 calls all members, then throws the first exception with the others attached", () => {
    const { dispatcher } = kit();
    const errors = ["first", "second", "third"].map((text) => new Error(text));
    const last = vi.fn<() => unknown>();
    for (const error of errors) {
      dispatcher.joinGroup(
        "g",
        listener(undefined, () => {
          throw error;
        }),
      );
    }
    dispatcher.joinGroup("g", listener(undefined, last));
    expect(() => dispatcher.sendSync({ groupId: "g" })).toThrow(errors[0]);
    expect(errors[0]).toMatchObject({ suppressed: [errors[1], errors[2]] });
    expect(last).toHaveBeenCalledOnce();
  });

  it("K15 does not reach another process, whatever the handler there", async () => {
    const [a, b] = [kit({ processId: "A" }), kit({ processId: "B" })];
    b.dispatcher.register(listener("far", () => "plain callback"));
    b.dispatcher.joinGroup(
      "g",
      listener(undefined, () => null),
    );
    const here = vi.fn<() => unknown>();
    a.dispatcher.joinGroup("g", listener(undefined, here));
    const [near, far] = linkPair();
    await Promise.all([a.dispatcher.join(near), b.dispatcher.join(far)]);
    const refusal = expect.objectContaining({ name: "SynchronousError", code: "KERNEL_NOT_SYNCHRONOUS" });
    expect(() => a.dispatcher.sendSync({ destinationId: "far" })).toThrow(refusal);
    expect(() => a.dispatcher.sendSync({ groupId: "g" })).toThrow(refusal);
    expect(here).not.toHaveBeenCalled();
  });

  it("K16 waits behind nothing: a blocked destination answers", async () => {
    const { dispatcher, settle } = kit();
    dispatcher.register(
      listener(
        "a",
        () => new Promise(() => undefined),
        () => "at once",
      ),
    );
    void dispatcher.send({ destinationId: "a", blocking: true });
    await settle();
    expect(dispatcher.activity().activeChannels).toBe(1);
    expect(dispatcher.sendSync({ destinationId: "a" })).toBe("at once");
  });

  it("refuses a promise or a deferred answer, and still tells how the promise ends", async () => {
    const { dispatcher, failures, settle } = kit();
    dispatcher.register(listener("promise", async () => "later"));
    dispatcher.register(listener("rejected", () => Promise.reject(new Error("late trouble"))));
    dispatcher.register(listener("deferred", () => DEFERRED));
    for (const destinationId of ["promise", "rejected", "deferred"]) {
      expect(() => dispatcher.sendSync({ destinationId })).toThrow(SynchronousError);
    }
    await settle();
    expect(failures).toMatchObject([{ error: new Error("late trouble") }]);
  });

  it("refuses a message made or sent for the other way", async () => {
    const { dispatcher } = kit();
    dispatcher.register(listener("a", () => "a"));
    const message = new Message({ destinationId: "a" });
    await dispatcher.send(message);
    const invalid = expect.objectContaining({ code: "KERNEL_MESSAGE_INVALID", details: { field: "synchronous" } });
    expect(() => dispatcher.sendSync(message)).toThrow(invalid);
    expect(dispatcher.sendSync(message.copy())).toBe("a");
    await expect(dispatcher.send({ destinationId: "a", synchronous: true })).rejects.toEqual(invalid);
    expect(() => dispatcher.sendSync({ destinationId: "a", responseRequired: true })).toThrow("responseRequired");
  });

  it("is refused after shutdown", async () => {
    const { dispatcher } = kit();
    dispatcher.register(listener("a", () => "a"));
    await dispatcher.shutdown();
    expect(() => dispatcher.sendSync({ destinationId: "a" })).toThrow(
      expect.objectContaining({ code: "KERNEL_SHUT_DOWN" }),
    );
    expect(() => dispatcher.sendSync({ groupId: "a" })).toThrow(expect.objectContaining({ code: "KERNEL_SHUT_DOWN" }));
    expect(() => dispatcher.sendSync({ destinationId: "b" })).not.toThrow(UndeliverableError);
  });
});
