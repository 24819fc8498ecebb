// Cases about dispatchers that are joined by the link (D): what users of the kernel may rely on, across processes.

import {
  Dispatcher,
  type DispatcherOptions,
  LinkError,
  type Message,
  type MessageFields,
  RemoteError,
  silentLogger,
} from "@switchboard/core";
import { expect, it, vi } from "vitest";
import type { LinkOptions, ReconnectOptions } from "../../options.ts";
import type { Bench, FarConnection } from "./harness.ts";

/** Real ends take real time to find each other. */
const patience = { timeout: 20_000, interval: 5 };

/** A dispatcher in this process, joined to far ones. */
class Hub {
  readonly dispatcher: Dispatcher;
  readonly #bench: Bench;

  constructor(bench: Bench, options: DispatcherOptions = {}) {
    this.#bench = bench;
    this.dispatcher = new Dispatcher(options);
    bench.after(() => this.dispatcher.shutdown());
  }

  async join(name: "left" | "right", options: LinkOptions & ReconnectOptions = {}): Promise<FarConnection> {
    const connection = await this.#bench.connect(name, options);
    await this.dispatcher.join(connection.link);
    return connection;
  }

  ask(destinationId: string, content: unknown = null): Promise<unknown> {
    return this.dispatcher.send({ destinationId, content, responseRequired: true });
  }

  /** Asks until somebody has the id, and returns the answer. */
  eventually(destinationId: string, content: unknown = null): Promise<unknown> {
    return vi.waitFor(() => this.ask(destinationId, content), patience);
  }

  /** Registers a listener here; who is asked afterwards knows of it. */
  register(id: string, handleMessage: (message: Message) => unknown): void {
    this.dispatcher.register({ id, handleMessage, handleMessageSync: handleMessage });
  }
}

export function kernelCases(bench: Bench): void {
  replyCases(bench);
  groupCases(bench);
  hubCases(bench);
  lossCases(bench);
  if (bench.traits.comesBack) returnCase(bench);
  amountCases(bench);
}

function replyCases(bench: Bench): void {
  it("D1 a message is answered from the other process, in both directions", async () => {
    const hub = new Hub(bench);
    hub.register("here", ({ content }) => [content, "from here"]);
    await hub.join("left");
    const content = { text: "é", list: [1, null, true] };
    expect(await hub.ask("left.echo", content)).toEqual(content);
    const question: MessageFields = { destinationId: "here", content: 7, responseRequired: true };
    expect(await hub.ask("left.ask", question)).toEqual([7, "from here"]);
  });

  it("D2 messages to one destination start in the order in which they were sent (K24)", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    for (let n = 0; n < 2000; n++) void hub.dispatcher.send({ destinationId: "left.note", content: n });
    expect(await hub.ask("left.notes")).toEqual(Array.from({ length: 2000 }, (_, n) => n));
  });

  it("D3 an exception arrives as a RemoteError that keeps name, message and code", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    const error: unknown = await hub.ask("left.fail", "no such thing").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ originalName: "TypeError", message: "no such thing", code: "KERNEL_REMOTE" });
  });

  it("D4 a synchronous message to an id in another process is an error (K15)", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    expect(() => hub.dispatcher.sendSync({ destinationId: "left.echo" })).toThrow(
      expect.objectContaining({ code: "KERNEL_NOT_SYNCHRONOUS" }),
    );
  });

  it("D5 an answer may be deferred and come later (K30)", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    const answers = [hub.ask("left.defer"), hub.ask("left.defer")];
    await hub.ask("left.release", "late");
    expect(await Promise.all(answers)).toEqual(["late", "late"]);
  });

  it("D6 ids come and go at run time; an id that has gone is undeliverable", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    await expect(hub.ask("left.extra")).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE", retryable: true });
    await hub.ask("left.add", "extra");
    expect(await hub.eventually("left.extra", 1)).toBe(1);
    await hub.ask("left.remove", "extra");
    await vi.waitFor(
      () => expect(hub.ask("left.extra")).rejects.toMatchObject({ code: "KERNEL_UNDELIVERABLE" }),
      patience,
    );
  });
}

function groupCases(bench: Bench): void {
  it("D7 every member of a group gets the message, in whichever process it is", async () => {
    const hub = new Hub(bench);
    const seen: unknown[] = [];
    const member = { handleMessage: ({ content }: Message) => void seen.push(content), handleMessageSync: () => null };
    await hub.join("left");
    await hub.join("right");
    hub.dispatcher.joinGroup("crowd", member);
    expect(await hub.dispatcher.send({ groupId: "crowd", content: "all", responseRequired: true })).toBe(null);
    expect([seen, await hub.ask("left.notes"), await hub.ask("right.notes")]).toEqual([["all"], ["all"], ["all"]]);
  });

  it("D8 a member reached through a hub gets the message once", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    await hub.join("right");
    await hub.eventually("left.ask", { destinationId: "right.echo", responseRequired: true });
    const message: MessageFields = { groupId: "crowd", content: "once", responseRequired: true };
    expect(await hub.ask("left.ask", message)).toBe(null);
    expect([await hub.ask("left.notes"), await hub.ask("right.notes")]).toEqual([["once"], ["once"]]);
  });
}

function hubCases(bench: Bench): void {
  it("D9 two processes reach each other through the one that both are joined to", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    await hub.join("right");
    const there: MessageFields = { destinationId: "right.echo", content: "there and back", responseRequired: true };
    expect(await hub.eventually("left.ask", there)).toBe("there and back");
    const failing: MessageFields = { destinationId: "left.fail", content: "behind the hub", responseRequired: true };
    await expect(hub.ask("right.ask", failing)).rejects.toMatchObject({ message: "behind the hub" });
  });

  it("D10 when the way through a hub breaks, who waits behind it is told, and the others go on", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    const right = await hub.join("right");
    await hub.eventually("left.ask", { destinationId: "right.echo", responseRequired: true });
    const waiting = hub.ask("left.ask", { destinationId: "right.never", responseRequired: true });
    // By then the question has passed through here.
    await hub.ask("right.echo");
    await hub.ask("left.echo");
    await Promise.all([expect(waiting).rejects.toMatchObject({ code: "LINK_LOST", retryable: true }), right.cut()]);
    expect(await hub.ask("left.echo", "goes on")).toBe("goes on");
  });
}

function lossCases(bench: Bench): void {
  it("D11 when the link is lost, every sender that waits is told, and may try again", async () => {
    const hub = new Hub(bench);
    const left = await hub.join("left");
    const waiting = Array.from({ length: 50 }, () => hub.ask("left.never"));
    await hub.ask("left.echo");
    const unsent = Array.from({ length: 50 }, () => hub.ask("left.never"));
    const settled = Promise.allSettled([...waiting, ...unsent]);
    await left.cut();
    const outcomes = await settled;
    const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason : "answered"));
    expect(reasons.every((reason) => reason instanceof LinkError && reason.retryable)).toBe(true);
    expect(hub.dispatcher.activity().awaitedResponses).toBe(0);
  });

  it("D13 a loss at any moment loses no sender: each gets its answer or an error", async () => {
    for (const pause of [0, 1, 2, 5, 10]) {
      const hub = new Hub(bench);
      const left = await hub.join("left");
      const answers = Array.from({ length: 500 }, (_, n) => hub.ask("left.echo", n));
      for (let turn = 0; turn < pause; turn++) await new Promise((resolve) => setImmediate(resolve));
      const settled = Promise.allSettled(answers);
      await left.cut();
      const outcomes = await settled;
      for (const [n, outcome] of outcomes.entries()) {
        if (outcome.status === "fulfilled") expect(outcome.value).toBe(n);
        else expect(outcome.reason).toMatchObject({ retryable: true });
      }
      await hub.dispatcher.shutdown();
    }
  });

  it("D14 shutdown tells who waits, and closes the links", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    await Promise.all([
      expect(hub.ask("left.never")).rejects.toMatchObject({ code: "KERNEL_SHUT_DOWN" }),
      hub.dispatcher.shutdown(),
    ]);
    const next = new Hub(bench);
    await next.join("left");
    expect(await next.ask("left.echo", "free again")).toBe("free again");
  });
}

function returnCase(bench: Bench): void {
  it("D12 after the link has come back, ids there are reached again", async () => {
    const hub = new Hub(bench);
    const left = await hub.join("left");
    for (let round = 0; round < 3; round++) {
      await left.cut();
      expect(await hub.eventually("left.echo", round)).toBe(round);
    }
  });
}

function amountCases(bench: Bench): void {
  it("D15 content that cannot cross is its sender's error alone, and so is a reply that cannot", async () => {
    const hub = new Hub(bench);
    await hub.join("left", { maxFrameBytes: 100_000 });
    hub.register("large", ({ content }) => "x".repeat(content as number));
    const others = [hub.ask("left.echo", 1)];
    await expect(hub.ask("left.echo", new Date())).rejects.toMatchObject({ code: "KERNEL_MESSAGE_INVALID" });
    await expect(hub.ask("left.echo", "x".repeat(200_000))).rejects.toMatchObject({ code: "LINK_FRAME_INVALID" });
    const question: MessageFields = { destinationId: "large", content: 200_000, responseRequired: true };
    await expect(hub.ask("left.ask", question)).rejects.toMatchObject({ code: "LINK_FRAME_INVALID" });
    others.push(hub.ask("left.echo", 2));
    expect(await Promise.all(others)).toEqual([1, 2]);
  });

  it("D16 a slow process slows its senders down; what was accepted arrives in order, the rest is an error", async () => {
    const hub = new Hub(bench, { maxQueued: 200 });
    const connection = await hub.join("left", { highWaterBytes: 65_536 });
    await connection.stall();
    const pad = "x".repeat(2000);
    const sends: Promise<unknown>[] = [];
    const refused: unknown[] = [];
    for (let n = 0; refused.length === 0 && n < 50_000; n++) {
      const sent = hub.dispatcher.send({ destinationId: "left.note", content: { n, pad } });
      sent.catch((error: unknown) => refused.push(error));
      sends.push(sent);
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refused[0]).toMatchObject({ code: "KERNEL_QUEUE_FULL", retryable: true });
    await connection.heal();
    const outcomes = await Promise.allSettled(sends);
    const accepted = outcomes.flatMap(({ status }, n) => (status === "fulfilled" ? [n] : []));
    expect(await hub.ask("left.notes")).toEqual(accepted);
  });

  it("D17 a neighbour that does not speak the kernel's protocol is dropped, and others go on", async () => {
    const hub = new Hub(bench);
    await hub.join("left");
    const down = new Promise<unknown>((resolve) => {
      const logger = { ...silentLogger, info: (fields: object) => "code" in fields && resolve(fields.code) };
      void bench
        .connect("hostile", { logger, reconnectMinMs: 60_000, reconnectMaxMs: 60_000 })
        .then(({ link }) => hub.dispatcher.join(link));
    });
    expect(await down).toBe("LINK_PROTOCOL");
    expect(await hub.ask("left.echo", "goes on")).toBe("goes on");
  });
}
