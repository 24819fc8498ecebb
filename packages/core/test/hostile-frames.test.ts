// What arrives over a link is untrusted: nonsense ends that session with LINK_PROTOCOL and hurts nothing else.

import { type LinkFrame, SwitchboardError } from "@switchboard/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Kit, kit, listener } from "./kit.ts";
import { linkPair, type TestLink } from "./link-pair.ts";

const nobody = { opened: () => undefined, received: () => undefined, drained: () => undefined, lost: () => undefined };

interface Scene extends Kit {
  /** The end at which the hostile side's frames arrive. */
  readonly link: TestLink;
}

/** A dispatcher with an honest neighbour "friend" and an open session to somebody who has not said hello yet. */
async function scene(maxAnnounced = 1_000_000): Promise<Scene> {
  const here = kit({ processId: "here", maxAnnounced });
  const friend = kit({ processId: "friend" });
  here.dispatcher.register(listener("echo", ({ content }) => content));
  here.dispatcher.joinGroup(
    "g",
    listener(undefined, () => null),
  );
  friend.dispatcher.register(listener("friend", () => "still there"));
  const [near, far] = linkPair("friendly");
  await Promise.all([here.dispatcher.join(near), friend.dispatcher.join(far)]);
  const [link, other] = linkPair("hostile");
  other.start(nobody);
  void here.dispatcher.join(link);
  await here.settle();
  return { ...here, link };
}

async function isUnhurt({ dispatcher, settle }: Kit): Promise<void> {
  const ask = (destinationId: string): Promise<unknown> =>
    dispatcher.send({ destinationId, content: 1, responseRequired: true });
  expect([await ask("echo"), await ask("friend")]).toEqual([1, "still there"]);
  await settle();
  expect(dispatcher.activity()).toMatchObject({ awaitedResponses: 0, activeChannels: 0, queuedMessages: 0 });
}

const hello = [0, "switchboard", 1, "mallory"];

describe("before hello", () => {
  it.each<[string, LinkFrame]>([
    ["text", "GET / HTTP/1.1"],
    ["null", null],
    ["an object", {}],
    ["an empty array", []],
    ["a message", [7, "here", "mallory", 16, 1, 1, "", "echo", null]],
    ["hello to something else", [0, "telnet", 1, "mallory"]],
    ["hello without a process id", [0, "switchboard", 1]],
    ["hello with an empty process id", [0, "switchboard", 1, ""]],
    ["hello with an endless process id", [0, "switchboard", 1, "m".repeat(129)]],
    ["hello of the next version", [0, "switchboard", 2, "mallory"]],
  ])("%s is refused", async (_, frame) => {
    const made = await scene();
    made.link.deliver([frame]);
    await made.settle();
    expect(made.link.lostWith).toMatchObject({ code: "LINK_PROTOCOL" });
    await isUnhurt(made);
  });
});

describe("after hello", () => {
  it.each<[string, LinkFrame]>([
    ["not an array", "x"],
    ["a second hello", hello],
    ["an unknown kind", [99]],
    ["a kind that is no number", ["7"]],
    ["a process without distance", [3, "x"]],
    ["a process at a negative distance", [3, "x", -1]],
    ["a process at half a distance", [3, "x", 0.5]],
    ["a process with an object as id", [3, {}, 1]],
    ["gone without a process", [4]],
    ["ids of nobody", [5, null, [], []]],
    ["ids that are no list", [5, "mallory", "abc", []]],
    ["an id that is an object", [5, "mallory", [{}], []]],
    ["an endless id", [5, "mallory", ["x".repeat(1025)], []]],
    ["groups without the gone ones", [6, "mallory", []]],
    ["a message that ends early", [7, "here", "mallory", 16, 1, 1, ""]],
    ["a message that does not end", [7, "here", "mallory", 16, 1, 1, "", "echo", null, 1, 1]],
    ["a message with a number for its type", [7, "here", "mallory", 16, 1, 1, 5, "echo", null]],
    ["a message with flags it cannot have", [7, "here", "mallory", 16, 1, 8, "", "echo", null]],
    ["a message with broken flags", [7, "here", "mallory", 16, 1, 1.5, "", "echo", null]],
    ["a message with too many hops", [7, "here", "mallory", 17, 1, 1, "", "echo", null]],
    ["a message to a list, but to no group", [7, ["here"], "mallory", 16, 1, 1, "", "echo", null]],
    ["a message to a group, but not to a list", [7, "here", "mallory", 16, 1, 4, "", "g", null]],
    ["a group's message to nobody", [7, [], "mallory", 16, 1, 4, "", "g", null]],
    ["a message with null for its id", [7, "here", "mallory", 16, null, 1, "", "echo", null]],
    ["a message to a number", [7, 1, 0, 16, 1, 1, "", "echo", null]],
    ["a group's message to a list with 0 in it", [7, [0], 0, 16, 1, 4, "", "g", null]],
    ["a reply to a list", [8, ["here"], "mallory", 16, 1, null]],
    ["a reply that does not end", [8, "here", "mallory", 16, 1, null, null]],
    ["a failure without an error", [9, "here", "mallory", 16, 1]],
    ["a failure with an error in words", [9, "here", "mallory", 16, 1, "oops"]],
    ["a failure with a code that is no text", [9, "here", "mallory", 16, 1, ["E", "m", 5, false, {}]]],
    ["a failure with null for details", [9, "here", "mallory", 16, 1, ["E", "m", "C", false, null]]],
    ["a returned without a code", [10, "here", "mallory", 16, 1, ["E", "m"]]],
    ["a release of nothing", [11, "here", "mallory", 16]],
  ])("%s ends the session", async (_, frame) => {
    const made = await scene();
    expect(made.link.deliver([hello, frame])).toMatchObject({ name: "LinkError", code: "LINK_PROTOCOL" });
    expect(made.link.isOpen).toBe(false);
    await isUnhurt(made);
  });

  it("frames behind a bad one are not looked at", async () => {
    const made = await scene();
    let called = false;
    made.dispatcher.register(listener("probe", () => (called = true)));
    made.link.deliver([hello, [99], [7, "here", "mallory", 16, 1, 0, "", "probe", null]]);
    await made.settle();
    expect(called).toBe(false);
  });

  it.each<[string, LinkFrame[]]>([
    [
      "answers to questions that nobody asked",
      [
        [8, "here", "mallory", 16, 12345, 1],
        [9, "here", "x", 0, "y", ["E", "m", "C", true, {}]],
      ],
    ],
    ["a message that claims to come from here", [[7, "here", "here", 16, 1, 1, "", "echo", null]]],
    ["a message that claims to come from a stranger", [[7, "here", "nobody", 16, 1, 1, "", "echo", null]]],
    ["a message for somebody unknown", [[7, "nowhere", "mallory", 16, 1, 1, "", "echo", null]]],
    ["a message for a friend that may go no further", [[7, "friend", "mallory", 0, 1, 1, "", "friend", null]]],
    [
      "a group's message that names this process many times",
      [[7, Array.from({ length: 100 }, () => "here"), "mallory", 16, 1, 5, "", "g", null]],
    ],
    [
      "an announcement for somebody else's process",
      [
        [5, "friend", ["echo", "stolen"], ["friend"]],
        [4, "friend"],
        [3, "friend", 1],
        [3, "here", 1],
      ],
    ],
    [
      "leaving without having come",
      [
        [5, "mallory", [], ["a", "b"]],
        [6, "mallory", [], ["g"]],
      ],
    ],
    [
      "the same message id twice",
      [
        [7, "here", "mallory", 16, 1, 3, "", "echo", null],
        [7, "here", "mallory", 16, 1, 3, "", "echo", null],
      ],
    ],
    ["the release of what was never sent", [[11, "here", "mallory", 16, 1]]],
  ])("%s does no harm", async (_, frames) => {
    const made = await scene();
    expect(made.link.deliver([hello, ...frames])).toBeUndefined();
    await made.settle();
    expect(made.link.isOpen).toBe(true);
    await isUnhurt(made);
  });

  it.each<[string, (n: number) => LinkFrame]>([
    ["ids", (n) => [5, "mallory", [n], []]],
    ["ids, taking others back that it never had", (n) => [5, "mallory", [n], [`other ${n}`]]],
    ["groups", (n) => [6, "mallory", [n], []]],
    ["processes", (n) => [3, `process ${n}`, 1]],
  ])("announcing more %s than it may ends the session", async (_, frame) => {
    const made = await scene(100);
    expect(made.link.deliver([hello, ...Array.from({ length: 99 }, (_, n) => frame(n))])).toBeUndefined();
    expect(made.link.deliver([frame(99)])).toMatchObject({ code: "LINK_PROTOCOL" });
    await expect(made.dispatcher.send({ destinationId: 5 })).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" });
    await isUnhurt(made);
  });

  it("coming and going for ever is no growth", async () => {
    const made = await scene(100);
    const flutter = Array.from({ length: 500 }, (_, n) => [
      [5, "mallory", [n], []],
      [5, "mallory", [], [n]],
      [3, `process ${n}`, 1],
      [5, `process ${n}`, ["a", "b"], []],
      [4, `process ${n}`],
    ]).flat();
    expect(made.link.deliver([hello, ...flutter])).toBeUndefined();
    await isUnhurt(made);
  });
});

describe("whatever arrives", () => {
  const processId = fc.constantFrom("here", "mallory", "friend", "x", "", 0, 5, null);
  const id = fc.oneof(fc.constantFrom<unknown[]>("echo", "g", "friend", 1, 0, "", null, 1.5), fc.string());
  const number = fc.constantFrom<unknown[]>(0, 1, 2, 3, 4, 5, 7, 15, 16, 17, -1, 0.5, "1", null);
  const ids = fc.oneof(fc.array(id, { maxLength: 4 }), fc.constantFrom("abc", null));
  const error = fc.oneof(fc.constant(["Error", "m", "CODE", true, {}]), fc.array(fc.jsonValue(), { maxLength: 6 }));
  const frame: fc.Arbitrary<unknown> = fc.oneof(
    { weight: 1, arbitrary: fc.jsonValue() },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.nat(12), fc.array(fc.jsonValue(), { maxLength: 10 }))
        .map(([kind, rest]) => rest.toSpliced(0, 0, kind)),
    },
    { weight: 3, arbitrary: fc.tuple(fc.constant(3), processId, number) },
    { weight: 1, arbitrary: fc.tuple(fc.constant(4), processId) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom(5, 6), processId, ids, ids) },
    {
      weight: 6,
      arbitrary: fc.tuple(
        fc.constant(7),
        fc.oneof(processId, fc.array(processId, { maxLength: 3 })),
        processId,
        number,
        id,
        number,
        fc.constantFrom("", "t", 5),
        id,
        id,
        fc.jsonValue(),
      ),
    },
    { weight: 4, arbitrary: fc.tuple(fc.constantFrom(8, 9, 10, 11), processId, processId, number, id, error) },
  );

  it("is taken or ends the session with LINK_PROTOCOL; the dispatcher and its friend go on", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(frame, { maxLength: 8 }), { maxLength: 8 }), async (batches) => {
        const made = await scene();
        made.link.deliver([hello]);
        for (const batch of batches) {
          const error = made.link.deliver(batch);
          if (error !== undefined) {
            expect(error).toBeInstanceOf(SwitchboardError);
            expect(error).toMatchObject({ code: "LINK_PROTOCOL" });
            made.link.open();
            made.link.deliver([hello]);
          }
        }
        await made.settle();
        expect(made.failures.map(({ error }) => (error as SwitchboardError).code)).toEqual(
          made.failures.map(() => "KERNEL_UNDELIVERABLE"),
        );
        await isUnhurt(made);
        await made.dispatcher.shutdown();
      }),
      { numRuns: 150 },
    );
  });
});
