// The RabbitMQ bus through the contract suite, on both kinds of queues. Every case gets a way to the broker of its own, which can be cut.

import { type RabbitmqServer, TcpProxy, describeWithServer } from "@switchboard/testkit";
import { busContract } from "@switchboard/bus/testing";
import { type AmqpBusOptions, openAmqpBus } from "../src/amqp/index.ts";

/** A broker as one case sees it. */
interface Place {
  /** The way that the bus opened last takes. */
  proxy: TcpProxy | undefined;
  readonly all: TcpProxy[];
}

function contract(name: string, server: () => RabbitmqServer, options: Omit<AmqpBusOptions, "url">): void {
  busContract<Place>(name, {
    createPlace: () => ({ proxy: undefined, all: [] }),
    async open(place, { logger, maxPendingPublishes }) {
      place.proxy = await TcpProxy.start({ targetPort: server().port });
      place.all.push(place.proxy);
      const limit = maxPendingPublishes === undefined ? {} : { maxPendingPublishes };
      return await openAmqpBus({ url: `amqp://127.0.0.1:${place.proxy.port}`, logger, ...limit, ...options });
    },
    async crash(place, bus) {
      place.proxy?.refuse();
      place.proxy?.cut();
      // Nothing of what it still says gets through.
      await bus.close({ drainTimeoutMs: 0 });
    },
    async disturb(place) {
      place.proxy?.cut();
    },
    async removePlace(place) {
      for (const proxy of place.all) proxy.close();
    },
    takesClock: false,
    priorities: options.maxPriority !== undefined,
    propertyRuns: 6,
  });
}

describeWithServer("rabbitmq", "the RabbitMQ bus", (server) => {
  contract("RabbitMQ with classic queues", server, { maxPriority: 9 });
  contract("RabbitMQ with quorum queues", server, { queueType: "quorum" });
});
