// Asynchronous sending: handing over, replies and exceptions, order.

import { Message } from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { type Kit, kit, listener, promiseEnds, sleep } from "./kit.ts";

describe("without response required", () => {
  it("K20 settles when the message is queued, before it is handled", async () => {
    const { dispatcher, settle } = kit();
    const handle = vi.fn<() => unknown>(() => "dropped");
    dispatcher.register(listener("a", handle));
    const sent = dispatcher.send({ destinationId: "a" });
    expect(handle).not.toHaveBeenCalled();
    await expect(sent).resolves.toBeUndefined();
    await settle();
    expect(handle).toHaveBeenCalledOnce();
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
  ])("K20 the exception of a listener that %s goes to onError, with message and listener", async (_, handle) => {
    const { dispatcher, failures, settle } = kit();
    const failing = listener("a", handle);
    dispatcher.register(failing);
    const message = new Message({ destinationId: "a" });
    await expect(dispatcher.send(message)).resolves.toBeUndefined();
    await settle();
    expect(failures).toEqual([{ error: new Error("no"), message, listener: failing }]);
  });

  it("K20 without an onError of one's own, failures are written to the console", async () => {
    const written = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { dispatcher, settle } = kit({ onError: undefined as never });
    const error = new Error("no");
    dispatcher.register(listener("a", () => Promise.reject(error)));
    void dispatcher.send({ id: 5, type: "t", destinationId: "a" });
    await settle();
    expect(written.mock.calls).toEqual([['switchboard: message 5 "t" failed in listener "a":', error]]);
    written.mockRestore();
  });

  it("K20 an onError that throws hurts nobody", async () => {
    const written = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { dispatcher } = kit({
      onError: () => {
        throw new Error("onError's own");
      },
    });
    dispatcher.register(listener("a", () => Promise.reject(new Error("no"))));
    dispatcher.register(listener("b", () => "fine"));
    void dispatcher.send({ destinationId: "a" });
    await expect(dispatcher.send({ destinationId: "b", responseRequired: true })).resolves.toBe("fine");
    await vi.waitFor(() => expect(written).toHaveBeenCalledTimes(2));
    written.mockRestore();
  });
});

describe("with response required", () => {
  it.each([["x"], [null], [undefined], [0], [{ a: 1 }]])(
    "K21 settles with what the listener returned: %j",
    async (reply) => {
      const { dispatcher } = kit();
      dispatcher.register(listener("plain", () => reply));
      dispatcher.register(listener("promised", async () => reply));
      await expect(dispatcher.send({ destinationId: "plain", responseRequired: true })).resolves.toBe(reply);
      await expect(dispatcher.send({ destinationId: "promised", responseRequired: true })).resolves.toBe(reply);
    },
  );

  it("K21 takes anything with a then for a promise", async () => {
    const { dispatcher } = kit();
    // oxlint-disable-next-line unicorn/no-thenable -- promises of other makes are the point
    dispatcher.register(listener("a", () => ({ then: (resolve: (value: string) => void) => resolve("thenable") })));
    await expect(dispatcher.send({ destinationId: "a", responseRequired: true })).resolves.toBe("thenable");
  });

  it("K22 the listener's exception reaches the sender, of the same class and with its stack", async () => {
    class Refusal extends Error {}
    const { dispatcher, failures } = kit();
    const error = new Refusal("no");
    dispatcher.register(
      listener("throws", () => {
        throw error;
      }),
    );
    dispatcher.register(listener("rejects", () => Promise.reject(error)));
    await expect(dispatcher.send({ destinationId: "throws", responseRequired: true })).rejects.toBe(error);
    await expect(dispatcher.send({ destinationId: "rejects", responseRequired: true })).rejects.toBe(error);
    expect(failures).toEqual([]);
  });

  it.each([true, false])(
    "K23 an unknown destination is an error at once (response required: %j)",
    async (responseRequired) => {
      const { dispatcher } = kit();
      await expect(dispatcher.send({ id: 3, destinationId: "nobody", responseRequired })).rejects.toMatchObject({
        name: "UndeliverableError",
        code: "KERNEL_UNDELIVERABLE",
        retryable: true,
        message: 'message 3: nobody has the id "nobody" here or in a linked process',
      });
      await expect(
        dispatcher.send({ destinationId: "nobody", processId: "p", responseRequired }),
      ).rejects.toMatchObject({
        message: expect.stringContaining('nobody has the id "nobody" in process "p"'),
      });
    },
  );

  it("rejects, and never throws, for an invalid message", async () => {
    const { dispatcher } = kit();
    await expect(dispatcher.send({ destinationId: 1, groupId: 2 })).rejects.toMatchObject({
      code: "KERNEL_MESSAGE_INVALID",
    });
    await expect(dispatcher.send({ destinationId: 1 }, { timeoutMs: -1 })).rejects.toMatchObject({
      code: "KERNEL_MESSAGE_INVALID",
      details: { field: "timeoutMs" },
    });
    await expect(dispatcher.send({ destinationId: 1 }, { timeoutMs: Number.NaN })).rejects.toMatchObject({
      details: { field: "timeoutMs" },
    });
  });

  it("refuses a second message with an id that is awaited already", async () => {
    const { dispatcher } = kit();
    const reply = promiseEnds();
    dispatcher.register(listener("a", () => reply.promise));
    const first = dispatcher.send({ id: "x", destinationId: "a", responseRequired: true });
    await expect(dispatcher.send({ id: "x", destinationId: "a", responseRequired: true })).rejects.toMatchObject({
      code: "KERNEL_MESSAGE_INVALID",
      details: { field: "id" },
    });
    reply.resolve("first");
    await expect(first).resolves.toBe("first");
    await expect(dispatcher.send({ id: "x", destinationId: "a", responseRequired: true })).resolves.toBe("first");
  });
});

describe("order", () => {
  const delays: Readonly<Record<string, number>> = { A: 3000, B: 400, C: 500 };

  /** Sends A, B and C to one slow listener and returns what happened, in order. */
  async function race({ dispatcher, clock }: Kit, blocking: boolean): Promise<string[]> {
    const events: string[] = [];
    dispatcher.register(
      listener("slow", async ({ type }) => {
        events.push(`start ${type}`);
        await sleep(clock, delays[type] ?? 0);
        return type;
      }),
    );
    const replies = Object.keys(delays).map(async (type) => {
      const reply = await dispatcher.send({ type, destinationId: "slow", responseRequired: true, blocking });
      events.push(`reply ${String(reply)}`);
    });
    await clock.advance(10_000);
    await Promise.all(replies);
    return events;
  }

  it("K24 messages to one destination start in sending order, and replies come in any order", async () => {
    expect(await race(kit(), false)).toEqual(["start A", "start B", "start C", "reply B", "reply C", "reply A"]);
  });

  it("K25 blocking messages are answered one after the other", async () => {
    expect(await race(kit(), true)).toEqual(["start A", "reply A", "start B", "reply B", "start C", "reply C"]);
  });

  it("K24 a listener that sends from its handler does not get the next message before it returns", async () => {
    const { dispatcher, settle } = kit();
    const events: string[] = [];
    dispatcher.register(
      listener("a", ({ type }) => {
        events.push(`start ${type}`);
        if (type === "first") void dispatcher.send({ type: "second", destinationId: "a" });
        events.push(`end ${type}`);
      }),
    );
    void dispatcher.send({ type: "first", destinationId: "a" });
    await settle();
    expect(events).toEqual(["start first", "end first", "start second", "end second"]);
  });
});
