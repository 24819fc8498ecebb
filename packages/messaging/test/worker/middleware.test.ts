import { describe, expect, it } from "vitest";
import { createUserMessage, type UserMessage } from "../../src/message/user-message.ts";
import { createStatus, type TransportStatus } from "../../src/message/status.ts";
import { type Middleware, type MiddlewareEntry, MiddlewareStack } from "../../src/worker/middleware.ts";

const message = createUserMessage({
  to_addr: "1",
  from_addr: "2",
  transport_name: "t",
  transport_type: "sms",
  content: "",
});

function marking(mark: string): Middleware {
  return {
    inbound: (inbound) => ({ ...inbound, content: `${inbound.content}${mark}` }),
    consumeOutbound: async (outbound) => ({ ...outbound, content: `${outbound.content}${mark}` }),
  };
}

function entries(...marks: readonly string[]): MiddlewareEntry[] {
  return marks.map((mark) => ({ name: mark, middleware: marking(mark) }));
}

async function content(
  stack: MiddlewareStack,
  direction: "consume" | "publish",
  kind: "inbound" | "outbound",
): Promise<string | null> {
  return (await stack.run(direction, kind, { message, connector: "c", alongside: () => undefined })).content;
}

describe("MiddlewareStack", () => {
  it("M29 consumes in configured order and publishes in reverse", async () => {
    const stack = new MiddlewareStack(entries("a", "b", "c"));
    expect(await content(stack, "consume", "inbound")).toBe("abc");
    expect(await content(stack, "publish", "inbound")).toBe("cba");
  });

  it("sorts by priority, lower first, and keeps the base order among equals", async () => {
    const [a, b, c, d] = entries("a", "b", "c", "d") as [
      MiddlewareEntry,
      MiddlewareEntry,
      MiddlewareEntry,
      MiddlewareEntry,
    ];
    const stack = new MiddlewareStack([
      { ...a, consumePriority: 5 },
      { ...b, publishPriority: -1 },
      { ...c, consumePriority: -2 },
      d,
    ]);
    expect(await content(stack, "consume", "inbound")).toBe("cbda");
    expect(await content(stack, "publish", "inbound")).toBe("bdca");
  });

  it("M30 puts one with priorities 1 and 4 among 2s and 3s second on consume and last on publish", async () => {
    const [a, b, c, d] = entries("a", "b", "c", "d") as [
      MiddlewareEntry,
      MiddlewareEntry,
      MiddlewareEntry,
      MiddlewareEntry,
    ];
    const stack = new MiddlewareStack([
      { ...a, consumePriority: 0, publishPriority: 2 },
      { ...b, consumePriority: 2, publishPriority: 2 },
      { ...c, consumePriority: 1, publishPriority: 4 },
      { ...d, consumePriority: 3, publishPriority: 3 },
    ]);
    expect(await content(stack, "consume", "inbound")).toBe("acbd");
    expect(await content(stack, "publish", "inbound")).toBe("badc");
  });

  it("M103 sees statuses in both directions", async () => {
    const status = createStatus({ component: "c", status: "ok", type: "t", message: "m" });
    const note = (word: string) => (one: TransportStatus) => ({ ...one, message: `${one.message} ${word}` });
    const middleware = { consumeStatus: note("consumed"), publishStatus: note("published") };
    const stack = new MiddlewareStack([{ name: "m", middleware }]);
    const run = async (direction: "consume" | "publish"): Promise<string> =>
      (await stack.run(direction, "status", { message: status, connector: "c", alongside: () => undefined })).message;
    expect([await run("consume"), await run("publish")]).toEqual(["m consumed", "m published"]);
  });

  it("waits for a step that takes its time before running the next", async () => {
    expect(await content(new MiddlewareStack(entries("a", "b")), "consume", "outbound")).toBe("ab");
  });

  it("does not wait when no step does", () => {
    const result = new MiddlewareStack(entries("a")).run("consume", "inbound", {
      message,
      connector: "c",
      alongside: () => undefined,
    });
    expect(result).not.toBeInstanceOf(Promise);
  });

  it("prefers the handler of the direction over the one of the kind", async () => {
    const both: Middleware = {
      inbound: (inbound) => ({ ...inbound, content: "either" }),
      publishInbound: (inbound) => ({ ...inbound, content: "publish" }),
    };
    const stack = new MiddlewareStack([{ name: "both", middleware: both }]);
    expect(await content(stack, "consume", "inbound")).toBe("either");
    expect(await content(stack, "publish", "inbound")).toBe("publish");
  });

  it("M29 gives each step the connector's name and its own this", async () => {
    class Naming implements Middleware {
      readonly #suffix = "!";
      inbound(inbound: UserMessage, connector: string): UserMessage {
        return { ...inbound, content: connector + this.#suffix };
      }
    }
    const stack = new MiddlewareStack([{ name: "naming", middleware: new Naming() }]);
    expect(await content(stack, "consume", "inbound")).toBe("c!");
  });

  it.each(["at once", "later"])(
    "refuses a step that returns nothing (%s), naming it and its message's way",
    async (when) => {
      const nothing = (): never => (when === "later" ? Promise.resolve() : undefined) as never;
      const stack = new MiddlewareStack([{ name: "lossy", middleware: { inbound: nothing } }]);
      await expect(async () =>
        stack.run("publish", "inbound", { message, connector: "c", alongside: () => undefined }),
      ).rejects.toMatchObject({
        code: "MIDDLEWARE_RETURNED_NOTHING",
        message: expect.stringContaining("middleware lossy: publish inbound"),
      });
    },
  );

  it("stops at the first step that throws", async () => {
    const ran: string[] = [];
    const stack = new MiddlewareStack([
      { name: "bad", middleware: { inbound: () => Promise.reject(new RangeError("no")) } },
      { name: "next", middleware: { inbound: (inbound) => (ran.push("next"), inbound) } },
    ]);
    await expect(async () =>
      stack.run("consume", "inbound", { message, connector: "c", alongside: () => undefined }),
    ).rejects.toThrow(RangeError);
    expect(ran).toEqual([]);
  });

  it("M31 M103 sets up in order and tears down in reverse, once", async () => {
    const log: string[] = [];
    const recording = (name: string): MiddlewareEntry => ({
      name,
      middleware: { setup: () => void log.push(`+${name}`), teardown: async () => void log.push(`-${name}`) },
    });
    const stack = new MiddlewareStack([recording("a"), recording("b")]);
    await stack.setup();
    await stack.teardown();
    await stack.teardown();
    expect(log).toEqual(["+a", "+b", "-b", "-a"]);
  });

  it("tears down what was set up when a later one fails, and names the one that did", async () => {
    const log: string[] = [];
    const stack = new MiddlewareStack([
      { name: "good", middleware: { teardown: () => void log.push("-good") } },
      {
        name: "bad",
        middleware: { setup: () => Promise.reject(new Error("no server")), teardown: () => void log.push("-bad") },
      },
    ]);
    await expect(stack.setup()).rejects.toMatchObject({
      code: "MIDDLEWARE_SETUP_FAILED",
      details: { middleware: "bad" },
    });
    expect(log).toEqual(["-good"]);
  });
});

it("tells whoever watches how long each middleware had a message, whether it answers at once or later", async () => {
  const heard: [string, number][] = [];
  const stack = new MiddlewareStack(
    [
      { name: "quick", middleware: { inbound: (message) => message } },
      { name: "slow", middleware: { inbound: (message) => Promise.resolve(message) } },
    ],
    (name, tookMs) => heard.push([name, tookMs]),
  );
  await content(stack, "consume", "inbound");
  expect(heard.map(([name]) => name)).toEqual(["quick", "slow"]);
  for (const [, tookMs] of heard) expect(tookMs).toBeGreaterThanOrEqual(0);
  const failing = new MiddlewareStack(
    [{ name: "broken", middleware: { inbound: () => Promise.reject(new Error("no")) } }],
    (name, tookMs) => heard.push([name, tookMs]),
  );
  await expect(content(failing, "consume", "inbound")).rejects.toThrow("no");
  expect(heard).toHaveLength(2);
});
