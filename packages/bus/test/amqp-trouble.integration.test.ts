// What happens to a RabbitMQ bus when something happens to RabbitMQ: it is killed, frozen, cut off, full, or somebody deletes a queue. Each time
// the bus goes on by itself and nothing is lost.

import amqplib from "amqplib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TcpProxy, describeWithServer, until } from "@switchboard/testkit";
import { type AmqpBus, type AmqpBusOptions, openAmqpBus } from "../src/amqp/index.ts";
import { Relay, answers } from "./amqp-relay.ts";

const patience = { timeout: 30_000, interval: 10 };

describeWithServer("rabbitmq", "a RabbitMQ bus in trouble", (server) => {
  const buses: AmqpBus[] = [];
  let proxy: TcpProxy;
  let relay: Relay;
  let queue: string;
  let lastQueue = 0;

  beforeEach(async () => {
    proxy = await TcpProxy.start({ targetPort: server().port });
    relay = await Relay.start(server().port);
    queue = `trouble-${++lastQueue}.inbound`;
  });

  afterEach(async () => {
    await proxy.heal();
    for (const bus of buses.splice(0)) await bus.close({ drainTimeoutMs: 0 });
    proxy.close();
    relay.close();
  });

  const open = async (options: Partial<AmqpBusOptions> = {}): Promise<AmqpBus> => {
    const bus = await openAmqpBus({ url: `amqp://127.0.0.1:${proxy.port}`, ...options });
    buses.push(bus);
    return bus;
  };

  /** Publishes numbers for as long as `trouble` lasts, and a while longer; expects each of them to be safe, and handled. */
  const expectNothingLost = async (bus: AmqpBus, trouble: () => Promise<void>): Promise<void> => {
    const handled = new Set<string>();
    await bus.consume(queue, { prefetch: 20, retryDelayMs: 50 }, ({ body }) => void handled.add(body.toString()));
    const safe: string[] = [];
    const during = { next: 0, isOver: false };
    const produce = async (): Promise<void> => {
      while (!during.isOver || during.next < 500) {
        const text = String(during.next++);
        await bus.publish(queue, text);
        safe.push(text);
      }
    };
    const producing = Promise.all(Array.from({ length: 16 }, produce));
    await until(() => handled.size > 100);
    await trouble();
    during.isOver = true;
    await producing;
    expect(safe).toHaveLength(during.next);
    await expect.poll(() => safe.filter((text) => !handled.has(text)), patience).toEqual([]);
  };

  it("goes on when the broker is killed and started again under load", async () => {
    const bus = await open();
    await expectNothingLost(bus, async () => {
      await server().kill();
      await server().start();
    });
    await expect.poll(() => bus.inspect(queue), patience).toMatchObject([{ depth: 0, inFlight: 0, consumers: 1 }]);
  });

  it("goes on when its connections are cut again and again under load", async () => {
    const bus = await open();
    await expectNothingLost(bus, async () => {
      for (let cut = 1; cut <= 5; cut++) {
        const { accepted } = proxy;
        proxy.cut(cut % 2 === 0 ? "end" : "reset");
        await until(() => proxy.accepted >= accepted + 2 && proxy.bytesFromTarget > 0);
      }
    });
  });

  it("gives up a broker that stops answering, and goes on when it answers again", async () => {
    const bus = await open({ heartbeatMs: 1_000 });
    await expectNothingLost(bus, async () => {
      const { accepted } = proxy;
      proxy.stall();
      // The silent connections are closed and new ones tried.
      await until(() => proxy.accepted >= accepted + 2);
      await proxy.heal();
    });
  });

  it("goes on when the broker closes its connections", async () => {
    const bus = await open();
    await expectNothingLost(bus, async () => {
      await server().ctl("close_all_connections", "maintenance");
    });
  });

  it.each(Object.entries(answers).filter(([name]) => name !== "channel.close-ok"))(
    "goes on when the broker's end came together with its %s",
    async (_, last) => {
      relay.last = last;
      const bus = await open({ url: relay.url });
      const handled: [string, number][] = [];
      await bus.consume(queue, { retryDelayMs: 1 }, ({ body, attempt }) => {
        handled.push([body.toString(), attempt]);
        if (attempt === 1) throw new Error("not yet");
      });
      expect(relay.last).toBeUndefined();
      await bus.publish(queue, "x");
      await expect
        .poll(() => handled, patience)
        .toEqual([
          ["x", 1],
          ["x", 2],
        ]);
    },
  );

  it("stops a consumer and looks at parked messages when the broker's end came instead of its answer to a closed channel", async () => {
    const bus = await open({ url: relay.url });
    const consumer = await bus.consume(queue, { maxDeliveries: 1 }, () => Promise.reject(new Error("no")));
    await bus.publish(queue, "x");
    const parked = { messages: [{ attempt: 1 }] };
    await expect.poll(() => bus.parking.list(queue), patience).toMatchObject(parked);
    relay.isAnswered = false;
    relay.last = answers["channel.close-ok"];
    expect(await bus.parking.list(queue)).toMatchObject(parked);
    expect(relay.last).toBeUndefined();
    expect(await bus.parking.list(queue)).toMatchObject(parked);
    relay.last = answers["channel.close-ok"];
    await consumer.stop();
    expect(relay.last).toBeUndefined();
  });

  it("declares a deleted queue again and goes on consuming from it", async () => {
    const bus = await open();
    const handled: string[] = [];
    await bus.consume(queue, {}, ({ body }) => void handled.push(body.toString()));
    await bus.publish(queue, "before");
    await until(() => handled.length === 1);
    const other = await amqplib.connect(server().url);
    const channel = await other.createChannel();
    await channel.deleteQueue(queue);
    await other.close();
    await bus.publish(queue, "after");
    await expect.poll(() => handled, patience).toEqual(["before", "after"]);
    await expect.poll(() => bus.inspect(queue), patience).toMatchObject([{ consumers: 1 }]);
  });

  it("declares a deleted exchange and its queues again", async () => {
    const bus = await open();
    const handled: string[] = [];
    await bus.declareExchange({ name: "vumi.metrics" });
    await bus.declareQueue({ queue, exchange: "vumi.metrics" });
    await bus.consume(queue, {}, ({ body }) => void handled.push(body.toString()));
    const other = await amqplib.connect(server().url);
    const channel = await other.createChannel();
    await channel.deleteExchange("vumi.metrics");
    await channel.deleteQueue(queue);
    await other.close();
    await bus.publish(queue, "after", { exchange: "vumi.metrics" });
    await expect.poll(() => handled, patience).toEqual(["after"]);
  });

  it.each([
    ["memory", "set_vm_memory_high_watermark", "0.000001", "0.6"],
    ["disk", "set_disk_free_limit", "100000GB", "50MB"],
  ])(
    "waits while RabbitMQ is short of %s, refuses what is too much, goes on consuming, and loses nothing",
    async (_, setting, short, plenty) => {
      const bus = await open({ maxPendingPublishes: 50 });
      const handled: string[] = [];
      await bus.publish(queue, "before");
      await server().ctl(setting, short);
      const results: Promise<string>[] = [];
      for (let n = 0; n < 60; n++) {
        results.push(
          bus.publish(queue, String(n)).then(
            () => "safe",
            (error: { code: string }) => error.code,
          ),
        );
      }
      const overloaded = await Promise.all(results.slice(50));
      expect(overloaded).toEqual(Array.from({ length: 10 }, () => "BUS_OVERLOADED"));
      // Acknowledging does not wait behind publishing.
      const consumer = await bus.consume(queue, {}, ({ body }) => void handled.push(body.toString()));
      await expect
        .poll(() => bus.inspect(queue), patience)
        .toMatchObject([{ inFlight: 0, totals: { acknowledged: 1 } }]);
      await consumer.stop();
      await server().ctl(setting, plenty);
      expect(await Promise.all(results.slice(0, 50))).toEqual(Array.from({ length: 50 }, () => "safe"));
      await bus.consume(queue, {}, ({ body }) => void handled.push(body.toString()));
      await until(() => handled.length >= 51);
      expect(handled).toEqual(["before", ...Array.from({ length: 50 }, (_, n) => String(n))]);
    },
  );

  it("goes on when RabbitMQ closes a channel for a handler that takes too long", async () => {
    await server().ctl(
      "eval",
      "application:set_env(rabbit, consumer_timeout, 500), application:set_env(rabbit, channel_tick_interval, 200).",
    );
    try {
      const bus = await open();
      const attempts: number[] = [];
      let finish: () => void = () => undefined;
      const slow = new Promise<void>((resolve) => (finish = resolve));
      await bus.consume(queue, { retryDelayMs: 1 }, async ({ attempt }) => {
        attempts.push(attempt);
        if (attempt === 1) await slow;
      });
      await bus.publish(queue, "x");
      await until(() => attempts.length === 2);
      finish();
      expect(attempts).toEqual([1, 2]);
      await expect
        .poll(() => bus.inspect(queue))
        .toMatchObject([{ depth: 0, inFlight: 0, totals: { redelivered: 1, acknowledged: 1 } }]);
    } finally {
      await server().ctl(
        "eval",
        "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).",
      );
    }
  });

  it("keeps a retry's message when the broker is killed while it goes back to its queue", async () => {
    const bus = await open();
    const succeeded = new Set<string>();
    await bus.consume(queue, { prefetch: 100, retryDelayMs: 300, maxDeliveries: 100 }, async ({ body, attempt }) => {
      if (attempt === 1) throw new Error("not yet");
      succeeded.add(body.toString());
    });
    const texts = Array.from({ length: 2_000 }, (_, n) => String(n));
    await Promise.all(texts.map((text) => bus.publish(queue, text)));
    await until(() => succeeded.size > 200);
    await server().kill();
    await server().start();
    await expect.poll(() => texts.filter((text) => !succeeded.has(text)), patience).toEqual([]);
  });

  it("keeps the order of a backlog over a restart, and counts nothing against what was in nobody's hand", async () => {
    const bus = await open();
    for (let n = 0; n < 100; n++) await bus.publish(queue, String(n));
    await server().restart();
    const received: [string, number][] = [];
    await bus.consume(
      queue,
      { prefetch: 5, retryDelayMs: 1 },
      ({ body, attempt }) => void received.push([body.toString(), attempt]),
    );
    await until(() => received.length === 100);
    // A restarted broker marks all as delivered before; the first five may have been.
    expect(received.slice(0, 95)).toEqual(Array.from({ length: 95 }, (_, n) => [String(n + 5), 1]));
    expect(received.slice(95).map(([, attempt]) => attempt)).toEqual([2, 2, 2, 2, 2]);
  });

  it("closes within its time while there is no broker, and tells pending publishes so", async () => {
    const bus = await open();
    await bus.consume(queue, {}, () => undefined);
    await bus.publish(queue, "x");
    proxy.refuse();
    proxy.cut();
    const pending = Promise.allSettled([bus.publish(queue, "y")]);
    await bus.close({ drainTimeoutMs: 50 });
    expect(await pending).toMatchObject([{ reason: { code: "BUS_CLOSED" } }]);
  });
});
