// Groups with members in two dispatchers that are joined by a link.

import { DEFERRED } from "@switchboard/core";
import { describe, expect, it, vi } from "vitest";
import { joined } from "./joined.ts";
import { listener, outcomeOf, promiseEnds } from "./kit.ts";

describe("a group across a link", () => {
  it("K29 every member in every process gets the message; all answers are awaited", async () => {
    const replies = [promiseEnds(), promiseEnds()];
    const got: string[] = [];
    const member = (name: string, reply: unknown) =>
      listener(undefined, ({ content }) => {
        got.push(`${name} ${String(content)}`);
        return reply;
      });
    const { a, b } = await joined((there) => {
      replies.forEach(({ promise }, index) => there.dispatcher.joinGroup("g", member(`far ${index}`, promise)));
    });
    a.dispatcher.joinGroup("g", member("near", null));
    const sent = outcomeOf(a.dispatcher.send({ groupId: "g", content: "x", responseRequired: true }));
    await a.settle();
    expect(got.toSorted()).toEqual(["far 0 x", "far 1 x", "near x"]);
    replies[0]?.resolve(1);
    await b.settle();
    expect(sent.state()).toBe("waiting");
    replies[1]?.reject(new Error("far trouble"));
    await b.settle();
    await a.settle();
    expect(sent.state()).toMatchObject({ error: { name: "RemoteError", message: "far trouble" } });
  });

  it("the own members' exceptions come before those of other processes", async () => {
    const { a } = await joined((b) =>
      b.dispatcher.joinGroup(
        "g",
        listener(undefined, () => Promise.reject(new Error("far"))),
      ),
    );
    a.dispatcher.joinGroup(
      "g",
      listener(undefined, () => Promise.reject(new Error("near"))),
    );
    const error = await a.dispatcher.send({ groupId: "g", responseRequired: true }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "near", suppressed: [{ message: "far" }] });
  });

  it("may be limited to one process", async () => {
    const [near, far] = [vi.fn<() => null>(() => null), vi.fn<() => null>(() => null)];
    const { a } = await joined((b) => b.dispatcher.joinGroup("g", listener(undefined, far)));
    a.dispatcher.joinGroup("g", listener(undefined, near));
    await a.dispatcher.send({ groupId: "g", processId: "B", responseRequired: true });
    expect([near.mock.calls.length, far.mock.calls.length]).toEqual([0, 1]);
    await a.dispatcher.send({ groupId: "g", processId: "A", responseRequired: true });
    expect([near.mock.calls.length, far.mock.calls.length]).toEqual([1, 1]);
  });

  it("follows members as they join and leave", async () => {
    const { a, b } = await joined();
    const far = vi.fn<() => null>(() => null);
    const member = listener(undefined, far);
    const send = (): Promise<unknown> => a.dispatcher.send({ groupId: "g", responseRequired: true });
    b.dispatcher.joinGroup("g", member);
    await b.settle();
    await send();
    expect(far).toHaveBeenCalledTimes(1);
    b.dispatcher.leaveGroup("g", member);
    await b.settle();
    await send();
    expect(far).toHaveBeenCalledTimes(1);
    expect(a.drops).toMatchObject([{ reason: "no-members" }]);
  });

  it("K30 deferred answers of far members count one by one, where those members are", async () => {
    const { a, b } = await joined((there) => {
      for (let count = 0; count < 2; count++)
        there.dispatcher.joinGroup(
          "g",
          listener(undefined, () => DEFERRED),
        );
    });
    const sent = outcomeOf(a.dispatcher.send({ id: 3, groupId: "g", responseRequired: true }));
    await a.settle();
    await b.dispatcher.send({ isResponse: true, id: "A#3" });
    await b.settle();
    expect(sent.state()).toBe("waiting");
    await b.dispatcher.send({ isResponse: true, id: "A#3" });
    await b.settle();
    expect(sent.state()).toEqual({ value: null });
  });

  it("K28 K31 what far members answer after a timeout is dropped there and here", async () => {
    const reply = promiseEnds();
    const { a, b } = await joined((there) =>
      there.dispatcher.joinGroup(
        "g",
        listener(undefined, () => reply.promise),
      ),
    );
    const sent = outcomeOf(a.dispatcher.send({ groupId: "g", responseRequired: true }, { timeoutMs: 10 }));
    await a.clock.advance(10);
    expect(sent.state()).toMatchObject({ error: { code: "KERNEL_TIMEOUT" } });
    reply.resolve(null);
    await b.settle();
    expect(b.drops).toMatchObject([{ reason: "late" }]);
    expect(a.drops).toEqual([]);
  });

  it("content that is not plain data is an error for the sender", async () => {
    const { a } = await joined((b) =>
      b.dispatcher.joinGroup(
        "g",
        listener(undefined, () => null),
      ),
    );
    const fields = { groupId: "g", content: new Date() };
    await expect(a.dispatcher.send({ ...fields, responseRequired: true })).rejects.toMatchObject({
      code: "KERNEL_MESSAGE_INVALID",
    });
    await a.dispatcher.send(fields);
    await a.settle();
    expect(a.failures).toMatchObject([{ error: { code: "KERNEL_MESSAGE_INVALID" } }]);
  });
});
