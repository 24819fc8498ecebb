// The same work by three clients of RabbitMQ: messages published with confirms go through a chain of durable queues, each consumed with a
// prefetch and acknowledged one by one; the handler of each queue but the last publishes to the next.

import { openAmqpBus } from "@switchboard/bus/amqp";
import amqplib from "amqplib";
import { Connection } from "rabbitmq-client";

/** A chain of queues. */
export interface Route {
  /** Resolves when the broker has the message. */
  publish(body: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** How a chain is laid. */
export interface RouteOptions {
  readonly url: string;
  /** One or more, from the first to the last. */
  readonly queues: readonly string[];
  readonly prefetch: number;
  /** Called for each message that has arrived at the last queue. */
  readonly arrived: (body: Buffer) => void;
}

/** Lays a chain with one client. */
export type LayRoute = (options: RouteOptions) => Promise<Route>;

/** amqplib used plainly: callbacks for confirms, one channel to publish and one for each consumer. */
export const amqplibRoute: LayRoute = async ({ url, queues, prefetch, arrived }) => {
  const connection = await amqplib.connect(url, { noDelay: true });
  const publishing = await connection.createConfirmChannel();
  await publishing.assertExchange("vumi", "direct", { durable: true });
  const publish = (queue: string, body: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      publishing.publish("vumi", queue, body, { persistent: true }, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  for (const [index, queue] of queues.entries()) {
    const channel = await connection.createChannel();
    await channel.prefetch(prefetch);
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, "vumi", queue);
    const handle = handler({ queues, index, publish, arrived });
    await channel.consume(queue, (message) => {
      if (message !== null) void handle(message.content).then(() => channel.ack(message));
    });
  }
  return {
    publish: (body) => publish(queues[0] ?? "", body),
    async close() {
      // A message may arrive before the handler that published it has heard of its confirm.
      await publishing.waitForConfirms();
      await connection.close();
    },
  };
};

/** rabbitmq-client used plainly: its publisher and its consumers. */
export const rabbitmqClientRoute: LayRoute = async ({ url, queues, prefetch, arrived }) => {
  const connection = new Connection({ url, noDelay: true });
  await connection.exchangeDeclare({ exchange: "vumi", type: "direct", durable: true });
  const publisher = connection.createPublisher({ confirm: true });
  const publish = (queue: string, body: Buffer): Promise<void> =>
    publisher.send({ exchange: "vumi", routingKey: queue, durable: true }, body);
  const consumers: { close(): Promise<void> }[] = [];
  for (const [index, queue] of queues.entries()) {
    const handle = handler({ queues, index, publish, arrived });
    const consumer = connection.createConsumer(
      {
        queue,
        queueOptions: { durable: true },
        queueBindings: [{ exchange: "vumi", routingKey: queue }],
        qos: { prefetchCount: prefetch },
      },
      async (message) => {
        await handle(message.body as Buffer);
      },
    );
    await new Promise((resolve) => consumer.once("ready", resolve));
    consumers.push(consumer);
  }
  return {
    publish: (body) => publish(queues[0] ?? "", body),
    async close() {
      for (const consumer of consumers) await consumer.close();
      await publisher.close();
      await connection.close();
    },
  };
};

/** The bus, with all that it does besides. */
export const busRoute: LayRoute = async ({ url, queues, prefetch, arrived }) => {
  const bus = await openAmqpBus({ url });
  const publish = (queue: string, body: Buffer): Promise<void> => bus.publish(queue, body);
  for (const [index, queue] of queues.entries()) {
    const handle = handler({ queues, index, publish, arrived });
    await bus.consume(queue, { prefetch }, ({ body }) => handle(body));
  }
  return { publish: (body) => publish(queues[0] ?? "", body), close: () => bus.close() };
};

interface Stop {
  readonly queues: readonly string[];
  readonly index: number;
  readonly publish: (queue: string, body: Buffer) => Promise<void>;
  readonly arrived: (body: Buffer) => void;
}

function handler({ queues, index, publish, arrived }: Stop): (body: Buffer) => Promise<void> {
  const next = queues[index + 1];
  // oxlint-disable-next-line typescript/require-await -- all contenders await what their handler returns
  return async (body) => (next === undefined ? arrived(body) : publish(next, body));
}
