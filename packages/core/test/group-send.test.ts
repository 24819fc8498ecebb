// Asynchronous messages to groups.

import { describe, expect, it } from "vitest";
import { kit, listener, outcomeOf, promiseEnds } from "./kit.ts";

describe("a group", () => {
  it("K29 is asked all at once, and answers null when all have", async () => {
    const { dispatcher, settle } = kit();
    const replies = [promiseEnds(), promiseEnds()];
    const started: number[] = [];
    replies.forEach(({ promise }, index) => {
      dispatcher.joinGroup(
        "g",
        listener(undefined, () => {
          started.push(index);
          return promise;
        }),
      );
    });
    const sent = outcomeOf(dispatcher.send({ groupId: "g", responseRequired: true }));
    await settle();
    expect(started).toEqual([0, 1]);
    replies[1]?.resolve("two");
    await settle();
    expect(sent.state()).toBe("waiting");
    replies[0]?.resolve("one");
    await settle();
    expect(sent.state()).toEqual({ value: null });
  });

  it("K29 throws the first exception in order of joining, once all have answered, with the others attached", async () => {
    const { dispatcher, settle } = kit();
    const replies = [promiseEnds(), promiseEnds(), promiseEnds()];
    for (const { promise } of replies)
      dispatcher.joinGroup(
        "g",
        listener(undefined, () => promise),
      );
    const sent = outcomeOf(dispatcher.send({ groupId: "g", responseRequired: true }));
    const [second, third] = [new Error("second"), new Error("third")];
    replies[2]?.reject(third);
    replies[1]?.reject(second);
    await settle();
    expect(sent.state()).toBe("waiting");
    replies[0]?.resolve("fine");
    await settle();
    expect(sent.state()).toEqual({ error: second });
    expect(second).toMatchObject({ suppressed: [third] });
  });

  it("K29 exceptions that cannot be attached to the first one go to onError", async () => {
    const { dispatcher, failures } = kit();
    const thrown = ["just text", new Error("second"), "just text", Object.freeze(new Error("third"))];
    for (const error of thrown) {
      dispatcher.joinGroup(
        "g",
        listener(undefined, () => {
          throw error;
        }),
      );
    }
    await expect(dispatcher.send({ groupId: "g", responseRequired: true })).rejects.toBe("just text");
    expect(failures.map(({ error }) => error)).toEqual([thrown[1], thrown[3]]);
    failures.length = 0;
    expect(() => dispatcher.sendSync({ groupId: "g" })).toThrow("just text");
    expect(failures.map(({ error }) => error)).toEqual([thrown[1], thrown[3]]);
  });

  it("without response required tells onError of each member's exception", async () => {
    const { dispatcher, failures, settle } = kit();
    const members = ["one", "two"].map((text) => listener(undefined, () => Promise.reject(new Error(text))));
    for (const member of members) dispatcher.joinGroup("g", member);
    await dispatcher.send({ groupId: "g" });
    await settle();
    expect(failures.map(({ error, listener: failing }) => [(error as Error).message, failing])).toEqual([
      ["one", members[0]],
      ["two", members[1]],
    ]);
  });

  it("whose members answer too late counts each of them", async () => {
    const { dispatcher, clock, drops, settle } = kit();
    const reply = promiseEnds();
    for (let count = 0; count < 2; count++)
      dispatcher.joinGroup(
        "g",
        listener(undefined, () => reply.promise),
      );
    const sent = outcomeOf(dispatcher.send({ id: 4, groupId: "g", responseRequired: true }, { timeoutMs: 5 }));
    await clock.advance(5);
    expect(sent.state()).toMatchObject({ error: { message: 'message 4: no reply from group "g" within 5 ms' } });
    reply.resolve(null);
    await settle();
    expect(drops).toEqual([1, 2].map(() => ({ reason: "late", id: 4 })));
  });
});
