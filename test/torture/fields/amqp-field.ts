// RabbitMQ: the broker, and the way to it.

import { openAmqpBus } from "@switchboard/bus/amqp";
import { type RabbitmqServer, TcpProxy, startRabbitmq } from "@switchboard/testkit";
import { type QueueState, queueState } from "../workers/queue-state.ts";
import type { Field, FieldOptions } from "./field.ts";
import { networkDisasters } from "./network.ts";

/** Lays the field out and starts a broker. Takes about six seconds. */
export async function createAmqpField({ random }: FieldOptions): Promise<Field> {
  const broker = await startRabbitmq();
  const proxy = await TcpProxy.start({ targetPort: broker.port });
  return {
    reach: { kind: "amqp", url: `amqp://127.0.0.1:${proxy.port}` },
    crashes: [],
    disasters: [
      { name: "kill broker", strike: () => broker.restart() },
      { name: "stop broker", strike: () => broker.stop().then(() => broker.start()) },
      {
        name: "memory alarm",
        strike: async () => {
          await broker.ctl("set_vm_memory_high_watermark", "0.0001");
          await broker.ctl("set_vm_memory_high_watermark", "0.4");
        },
      },
      {
        name: "disk alarm",
        strike: async () => {
          await broker.ctl("set_disk_free_limit", "100000GB");
          await broker.ctl("set_disk_free_limit", "50MB");
        },
      },
      ...networkDisasters(proxy, random),
    ],
    state: (queues) => stateOf(broker, queues),
    clues: () => cluesOf(broker),
    end: async () => {
      proxy.close();
      await broker.stop();
    },
  };
}

// The broker is asked for the number of messages, because only it knows what is in the hands of all processes together.
async function stateOf(broker: RabbitmqServer, queues: readonly string[]): Promise<QueueState> {
  const bus = await openAmqpBus({ url: broker.url });
  try {
    const { parked, queues: infos } = await queueState(bus, queues);
    const counts = (await broker.ctl("list_queues", "messages")).split("\n").map(Number).filter(Number.isInteger);
    return { parked, open: counts.reduce((sum, messages) => sum + messages, 0) - parked.length, queues: infos };
  } finally {
    await bus.close();
  }
}

// A queue's messages are ready, or unacknowledged on one of the channels; a channel belongs to a connection, and that to a part of a worker's bus.
async function cluesOf(broker: RabbitmqServer): Promise<string> {
  const lists = [
    ["list_queues", "name", "messages_ready", "messages_unacknowledged", "consumers", "state"],
    ["list_consumers", "queue_name", "channel_pid", "prefetch_count", "active"],
    ["list_channels", "pid", "connection", "messages_unacknowledged", "messages_unconfirmed", "prefetch_count"],
    ["list_connections", "pid", "peer_port", "state", "channels", "client_properties"],
  ];
  const texts = lists.map(async (list) => `${list.join(" ")}\n${await broker.ctl("--no-table-headers", ...list)}`);
  return (await Promise.all(texts)).join("");
}
