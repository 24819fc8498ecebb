// What all workers do when they start and stop, and how many messages they take at a time.

import type { Bus, ConsumeOptions } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import { expect, it, onTestFinished } from "vitest";
import { EchoWorker } from "../../src/applications/index.ts";
import type { LoadedClass } from "../../src/config/fields.ts";
import { ConfigSource } from "../../src/config/source.ts";
import { RoutingTableDispatcher, SimpleDispatchRouter } from "../../src/routers/index.ts";
import { Application } from "../../src/worker/application.ts";
import { createWorker } from "../../src/worker/create-worker.ts";
import { DispatchWorker } from "../../src/worker/dispatch-worker.ts";
import type { Middleware } from "../../src/worker/middleware.ts";
import { Transport } from "../../src/worker/transport.ts";
import type { Worker } from "../../src/worker/worker.ts";

class NullTransport extends Transport {
  readonly transportType: string = "sms";
  protected override sendOutbound(): Promise<void> {
    return Promise.resolve();
  }
}

const classes = { EchoWorker, NullTransport, DispatchWorker, RoutingTableDispatcher, SimpleDispatchRouter };

interface Made {
  readonly worker: Worker;
  readonly prefetches: (number | undefined)[];
  /** What was done, in order. */
  readonly steps: string[];
}

async function make(className: string, config: Readonly<Record<string, unknown>>, more: object = {}): Promise<Made> {
  const clock = new TestClock();
  const bus = createMemoryBus({ clock });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const prefetches: (number | undefined)[] = [];
  const steps: string[] = [];
  const watched: Bus = {
    ...delegate(bus),
    declareExchange: ({ name }) => {
      steps.push(`declare ${name}`);
      return bus.declareExchange({ name });
    },
    consume: async (queue, options: ConsumeOptions, handler) => {
      prefetches.push(options.prefetch);
      steps.push(`consume ${queue}`);
      const consumer = await bus.consume(queue, options, handler);
      return {
        queue,
        pause: () => consumer.pause(),
        resume: () => consumer.resume(),
        stop: () => {
          steps.push(`stop ${queue}`);
          return consumer.stop();
        },
      };
    },
  };
  const known: Readonly<Record<string, unknown>> = { ...classes, ...noting(steps), ...more };
  const worker = await createWorker(
    { name: "w", className, source: new ConfigSource(config) },
    {
      bus: watched,
      openKeyValue: () => Promise.resolve(keyValue),
      classes: { load: (name) => Promise.resolve(known[name] as LoadedClass) },
      clock,
      logger: silentLogger,
      newId: () => "id",
    },
  );
  onTestFinished(async () => {
    await worker.stop();
    await bus.close();
    await keyValue.close();
  });
  return { worker, prefetches, steps };
}

function delegate(bus: Bus): Bus {
  return {
    declareExchange: (exchange) => bus.declareExchange(exchange),
    declareQueue: (queue) => bus.declareQueue(queue),
    publish: (key, body, options) => bus.publish(key, body, options),
    consume: (queue, options, handler) => bus.consume(queue, options, handler),
    inspect: (queue) => bus.inspect(queue),
    parking: bus.parking,
    close: (options) => bus.close(options),
  };
}

function noting(steps: string[]): Record<string, unknown> {
  class NotingMiddleware implements Middleware {
    setup = (): void => void steps.push("middleware set up");
    teardown = (): void => void steps.push("middleware torn down");
  }
  class NotingApplication extends Application {
    protected override setup = (): void => void steps.push("worker set up");
    protected override teardown = (): void => void steps.push("worker torn down");
  }
  return { NotingMiddleware, NotingApplication };
}

it("M23 starts heartbeat, middleware, connectors, worker, and stops in reverse", async () => {
  const { worker, steps } = await make("NotingApplication", {
    transport_name: "app",
    worker_name: "w",
    middleware: [{ noting: "NotingMiddleware" }],
  });
  await worker.start();
  expect(steps.splice(0)).toEqual([
    "declare vumi.health",
    "middleware set up",
    "consume app.inbound",
    "consume app.event",
    "worker set up",
  ]);
  await worker.stop();
  expect(steps).toEqual(["worker torn down", "stop app.inbound", "stop app.event", "middleware torn down"]);
});

const dispatching = {
  router_class: "SimpleDispatchRouter",
  transport_names: ["t"],
  exposed_names: ["a"],
  route_mappings: { t: "a" },
};
const table = { receive_inbound_connectors: ["t"], receive_outbound_connectors: ["a"], routing_table: {} };

it.each([
  ["EchoWorker", { transport_name: "a" }, 2],
  ["NullTransport", { transport_name: "t" }, 1],
  ["DispatchWorker", dispatching, 3],
  ["RoutingTableDispatcher", table, 3],
])(
  "M17 %s takes 20 messages of a queue at a time, or as many as configured, or no limit",
  async (name, config, queues) => {
    const prefetchesWith = async (more: object): Promise<(number | undefined)[]> => {
      const { worker, prefetches } = await make(name, { ...config, ...more });
      await worker.start();
      return prefetches;
    };
    const each = (prefetch: number): number[] => Array.from({ length: queues }, () => prefetch);
    expect(await prefetchesWith({})).toEqual(each(20));
    expect(await prefetchesWith({ amqp_prefetch_count: 10 })).toEqual(each(10));
    // AMQP's highest number.
    expect(await prefetchesWith({ amqp_prefetch_count: null })).toEqual(each(65_535));
  },
);

it("M89 does not start under a name with upper-case letters, and says so", async () => {
  const { worker } = await make("EchoWorker", { transport_name: "Echo" });
  await expect(worker.start()).rejects.toMatchObject({
    code: "WORKER_START_FAILED",
    cause: expect.objectContaining({ code: "BUS_NAME_INVALID" }) as unknown,
  });
});
