// A server that sends anything at all: nothing throws past the client, nothing waits for ever, and an honest call still works afterwards.

import * as fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { ItemQueue } from "../src/item-queue.ts";
import { all, closeAll, names, rejection, settled, setup } from "./kit.ts";

afterEach(closeAll);

const frameNames = [
  "response",
  "error",
  "fragment",
  "end",
  "close",
  "continue",
  "abort",
  "call",
  "event",
  "event_burst",
];
const frameName = fc.constantFrom(...frameNames, "logout", "auth");

/** Frames of every kind with args of every kind, under ids that are in use and ids that are not. */
const frame = fc.record({
  namespace: fc.constantFrom("rpc", "events", "transport", "bogus"),
  name: frameName,
  id: fc.oneof(fc.constantFrom("c1", "c2", "c3", "c4", null), fc.string(), fc.integer()),
  args: fc.oneof(
    fc.jsonValue(),
    fc.record({ seqno: fc.integer({ min: -1, max: 5 }), fragment: fc.array(fc.jsonValue(), { maxLength: 3 }) }),
    fc.record({ code: fc.integer(), message: fc.string() }),
    fc.record({ method: fc.constantFrom("mine.echo", "mine.count", "mine.", "nobody.x", ""), args: fc.jsonValue() }),
    fc.record({ name: fc.string(), args: fc.jsonValue() }),
    fc.integer({ min: -1, max: 5 }),
  ),
});

const text = fc.oneof({ weight: 9, arbitrary: frame.map((one) => JSON.stringify(one)) }, fc.string());

it("whatever it sends, calls and streams come to an end and the client works or says why not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 30 }), async (texts) => {
      const services = { test: { hang: () => new Promise(() => undefined) } };
      const { client, peer, clock } = await setup({ services }, { reconnect: false });
      await client.offer("mine", {
        methods: {
          echo: (value: unknown) => value,
          count: function* (to: number): Iterable<number> {
            for (let n = 0; n < to; n++) yield n;
          },
        },
      });
      const pending = client.call("test.hang", [], { timeoutMs: 1_000 }).then(String, String);
      const streamed = all(client.stream("test.hang", [], { timeoutMs: 1_000 })).then(String, String);
      const loop = all(client.events("*")).then(String, String);
      await settled();
      for (const one of texts) peer.pushText(one);
      await settled();
      if (client.state === "ready") expect(await client.call("management.ping")).toBe("pong");
      else expect(await rejection(client.call("management.ping"))).toHaveProperty("code");
      // A stream that gets pieces waits for each of them anew.
      await clock.advance(100_000);
      await client.close();
      await Promise.all([pending, streamed, loop]);
      expect([client.state, clock.pendingTimers]).toEqual(["closed", 0]);
    }),
    { numRuns: 300 },
  );
});

it("pieces that were not asked for are dropped, so that a server cannot fill memory", async () => {
  const { client, peer } = await setup({ services: { test: { hang: () => new Promise(() => undefined) } } });
  const stream = client.stream("test.hang");
  const first = stream.next();
  await settled();
  const id = peer.received.at(-1)?.id ?? "";
  // From here on the test answers.
  peer.silence();
  const push = (seqno: number, fragment: unknown[]): void =>
    peer.push({ namespace: "rpc", name: "fragment", id, args: { seqno, fragment } });
  push(1, ["a", "b"]);
  for (let seqno = 2; seqno <= 50; seqno++) push(seqno, ["unasked"]);
  push(1, ["again"]);
  await settled();
  expect((await first).value).toBe("a");
  expect((await stream.next()).value).toBe("b");
  const third = stream.next();
  await settled();
  expect(peer.received.at(-1)).toMatchObject({ name: "continue", id, args: 2 });
  push(2, ["c"]);
  expect((await third).value).toBe("c");
  expect(names(peer).filter((name) => name === "continue")).toHaveLength(1);
});

it("a queue gives what was pushed, in order, however pushes and reads are mixed", async () => {
  const action = fc.oneof(fc.record({ push: fc.integer() }), fc.constant({ read: true } as const));
  await fc.assert(
    fc.asyncProperty(fc.array(action), fc.boolean(), async (actions, fails) => {
      const queue = new ItemQueue<number>();
      const reads: Promise<IteratorResult<number>>[] = [];
      const pushed: number[] = [];
      for (const one of actions) {
        if ("read" in one) reads.push(queue.next());
        else {
          pushed.push(one.push);
          queue.push(one.push);
        }
      }
      if (fails) queue.fail(new Error("broken"));
      else queue.end();
      const rest: unknown[] = [];
      const reading = (async () => {
        for await (const item of queue) rest.push(item);
      })().catch((error: unknown) => rest.push(error));
      const read = (await Promise.allSettled(reads)).flatMap((one) => {
        if (one.status === "rejected") return [one.reason as unknown];
        return one.value.done === true ? [] : [one.value.value as unknown];
      });
      await reading;
      const given = [...read, ...rest];
      expect(given.filter((item) => typeof item === "number")).toEqual(pushed);
      expect(given.filter((item) => item instanceof Error)).toHaveLength(fails ? 1 : 0);
    }),
  );
});
