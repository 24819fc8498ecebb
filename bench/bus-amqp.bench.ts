// The RabbitMQ bus against the clients it could be made of, used plainly: one hop and an echo of four hops, with confirms, at the prefetch of
// Vumi's workers and a large one, one by one and many at a time. Decides which client the bus is made of, and shows what the bus costs.

import { startRabbitmq } from "@switchboard/testkit";
import { amqplibRoute, busRoute, type LayRoute, rabbitmqClientRoute, type Route } from "./bus-amqp/routes.ts";
import { type Contender, header, race } from "./harness.ts";

const body = Buffer.alloc(500, "A message of five hundred bytes. ");
const clients: Readonly<Record<string, LayRoute>> = {
  amqplib: amqplibRoute,
  "rabbitmq-client": rabbitmqClientRoute,
  "RabbitMQ bus": busRoute,
};

header("bus-amqp", ["amqplib", "rabbitmq-client"]);
const server = await startRabbitmq();
for (const hops of [1, 4]) {
  for (const prefetch of [20, 256]) {
    for (const inFlight of [1, 256]) await raceAt({ hops, prefetch, inFlight });
  }
}
await server.stop();

interface Setting {
  readonly hops: number;
  readonly prefetch: number;
  readonly inFlight: number;
}

async function raceAt(setting: Setting): Promise<void> {
  const { hops, prefetch, inFlight } = setting;
  const contenders = await Promise.all(Object.entries(clients).map(([name, lay]) => enter(name, lay, setting)));
  const path = hops === 1 ? "one hop" : "echo of four hops";
  await race({
    title: `${path}, prefetch ${prefetch}, ${inFlight} in flight`,
    operations: Math.round((inFlight === 1 ? 800 : 12_000) / hops),
    contenders,
    targets: Object.keys(clients)
      .filter((name) => name !== "RabbitMQ bus")
      .map((against) => ({ of: "RabbitMQ bus", against, atLeast: 0.85 })),
  });
  for (const contender of contenders) await contender.close();
}

async function enter(
  name: string,
  lay: LayRoute,
  { hops, prefetch, inFlight }: Setting,
): Promise<Contender & { close(): Promise<void> }> {
  const label = name.toLowerCase().replaceAll(" ", "-");
  const queues = Array.from({ length: hops }, (_, hop) => `${label}.${hops}.${prefetch}.${inFlight}.hop${hop}`);
  let arrived: ((body: Buffer) => void) | undefined;
  const route = await lay({ url: server.url, queues, prefetch, arrived: (one) => arrived?.(one) });
  const send = (bodies: readonly Buffer[], seen: (one: Buffer) => void): Promise<void> =>
    sendAll(route, { bodies, inFlight, onArrival: (listener) => (arrived = listener), seen });
  return {
    name,
    async check() {
      const bodies = Array.from({ length: 300 }, (_, n) => Buffer.from(`${n} ${body.toString()}`));
      const seen = new Set<string>();
      await send(bodies, (one) => seen.add(one.toString()));
      if (bodies.some((one) => !seen.has(one.toString()))) throw new Error(`${name} lost a message`);
      if (seen.size !== bodies.length) throw new Error(`${name} invented a message`);
    },
    run: (operations) =>
      send(
        Array.from({ length: operations }, () => body),
        () => undefined,
      ),
    close: () => route.close(),
  };
}

interface Sending {
  readonly bodies: readonly Buffer[];
  readonly inFlight: number;
  readonly onArrival: (listener: (one: Buffer) => void) => void;
  readonly seen: (one: Buffer) => void;
}

/** Keeps `inFlight` messages on their way; resolves when all have been confirmed and have arrived. */
async function sendAll(route: Route, { bodies, inFlight, onArrival, seen }: Sending): Promise<void> {
  let next = 0;
  let arrivals = 0;
  const confirms: Promise<void>[] = [];
  await new Promise<void>((resolve, reject) => {
    const sendNext = (): void => {
      const one = bodies[next++];
      if (one === undefined) return;
      const confirm = route.publish(one);
      confirms.push(confirm);
      confirm.catch(reject);
    };
    onArrival((one) => {
      seen(one);
      if (++arrivals === bodies.length) resolve();
      else sendNext();
    });
    for (let n = 0; n < inFlight; n++) sendNext();
  });
  await Promise.all(confirms);
}
