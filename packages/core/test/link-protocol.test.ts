// The frames on the wire against docs/kernel-link-protocol.md: every sample there is sent, and taken, as it stands.

import { readFileSync } from "node:fs";
import { Message } from "@switchboard/core";
import { describe, expect, it } from "vitest";
import { kit, listener } from "./kit.ts";
import { linkPair } from "./link-pair.ts";

const page = readFileSync(new URL("../../../docs/kernel-link-protocol.md", import.meta.url), "utf8");
const samples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = ""]): unknown[] => JSON.parse(text));
const sample = (kind: number, nth = 0): unknown[] | undefined => samples.filter(([first]) => first === kind)[nth];

describe("the samples of the protocol's page", () => {
  it("cover every kind of frame", () => {
    expect([...new Set(samples.map(([kind]) => kind))]).toEqual(Array.from({ length: 12 }, (_, kind) => kind));
  });

  it("are what dispatchers send", async () => {
    const [hall, kitchen, cellar] = ["hall", "kitchen", "cellar"].map((processId) => kit({ processId }));
    if (hall === undefined || kitchen === undefined || cellar === undefined) throw new Error("three kits");
    kitchen.dispatcher.register(listener("cook", () => "soup is served"));
    kitchen.dispatcher.register(listener(undefined, () => Promise.reject(new RangeError("no more soup"))));
    kitchen.dispatcher.register(listener(undefined, () => new Promise(() => undefined)));
    kitchen.dispatcher.joinGroup(
      "staff",
      listener(undefined, () => null),
    );
    cellar.dispatcher.register(listener("butler", () => null));
    cellar.dispatcher.joinGroup(
      "staff",
      listener(undefined, () => null),
    );
    const [toCellar, fromCellar] = linkPair();
    await Promise.all([kitchen.dispatcher.join(toCellar), cellar.dispatcher.join(fromCellar)]);
    const [toKitchen, fromKitchen] = linkPair();
    await Promise.all([hall.dispatcher.join(toKitchen), kitchen.dispatcher.join(fromKitchen)]);
    for (const at of [0, 2, 3]) expect(fromKitchen.sent).toContainEqual(sample(at));
    expect(fromKitchen.sent).toContainEqual(sample(5));
    expect(fromKitchen.sent).toContainEqual(sample(6));

    const order = { type: "order", sourceId: "waiter", content: { dish: "soup" } };
    await hall.dispatcher.send({ id: 41, ...order, destinationId: "cook", responseRequired: true });
    expect(toKitchen.sent).toContainEqual(sample(7));
    expect(fromKitchen.sent).toContainEqual(sample(8));
    const wine = { type: "order", sourceId: "waiter", content: { bring: "wine" } };
    await hall.dispatcher.send({ id: 45, ...wine, destinationId: "butler", responseRequired: true });
    expect(toKitchen.sent).toContainEqual(sample(7, 1));
    expect(toCellar.sent).toContainEqual(sample(7, 2));
    await hall.dispatcher.send({ id: "bell-1", type: "bell", groupId: "staff" });
    await hall.settle();
    expect(toKitchen.sent).toContainEqual(sample(7, 3));
    await hall.dispatcher.send({ id: 42, destinationId: 1, responseRequired: true }).catch(() => undefined);
    expect(fromKitchen.sent).toContainEqual(sample(9));
    const hangs = { id: 44, destinationId: 2, responseRequired: true, blocking: true };
    const abort = new AbortController();
    const waiting = hall.dispatcher.send(hangs, { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toBe(abort.signal.reason);
    await hall.settle();
    expect(toKitchen.sent).toContainEqual(sample(11));

    cellar.dispatcher.deregister("butler");
    await cellar.settle();
    expect(fromKitchen.sent).toContainEqual(sample(5, 1));
    kitchen.dispatcher.deregister("cook");
    await hall.dispatcher.send({ id: 43, destinationId: "cook", responseRequired: true }).catch(() => undefined);
    expect(fromKitchen.sent).toContainEqual(sample(10));
    toCellar.break();
    await kitchen.settle();
    expect(fromKitchen.sent).toContainEqual(sample(4));
  });

  it("are what dispatchers take", async () => {
    const { dispatcher, settle } = kit({ processId: "hall" });
    const [near, far] = linkPair();
    void dispatcher.join(near);
    far.start({ opened: () => undefined, received: () => undefined, drained: () => undefined, lost: () => undefined });
    await settle();
    for (const frame of samples.filter(([kind]) => kind !== 1)) expect(near.deliver([frame])).toBeUndefined();
    expect(near.isOpen).toBe(true);
    expect(near.deliver([sample(1)])).toMatchObject({
      code: "LINK_PROTOCOL",
      message: 'the other side refused: a process with the id "kitchen" is joined already',
    });
  });

  it("say how a message from another process is seen", async () => {
    const { dispatcher, settle } = kit({ processId: "kitchen" });
    const [near, far] = linkPair();
    void dispatcher.join(near);
    far.start({ opened: () => undefined, received: () => undefined, drained: () => undefined, lost: () => undefined });
    await settle();
    const got: Message[] = [];
    dispatcher.register(listener("cook", (message) => got.push(message)));
    near.deliver([[0, "switchboard", 1, "hall"], sample(7)]);
    await settle();
    expect(got[0]).toEqual(
      Object.assign(new Message({ id: "hall#41", type: "order", destinationId: "cook", sourceId: "waiter" }), {
        responseRequired: true,
        synchronous: false,
        content: { dish: "soup" },
        sourceProcessId: "hall",
      }),
    );
  });
});
