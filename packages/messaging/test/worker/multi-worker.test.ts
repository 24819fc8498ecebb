import { createMemoryBus } from "@switchboard/bus/testing";
import { silentLogger } from "@switchboard/core";
import { TestClock } from "@switchboard/core/testing";
import { openKeyValue } from "@switchboard/storage";
import { expect, it } from "vitest";
import { EchoWorker } from "../../src/applications/words.ts";
import { classKinds, messagingClasses } from "../../src/built-in.ts";
import { ConfigSource } from "../../src/config/source.ts";
import { userMessageCodec } from "../../src/message/codec.ts";
import { createUserMessage } from "../../src/message/user-message.ts";
import { ClassRegistry } from "../../src/registry.ts";
import { createWorker, type WorkerSurroundings } from "../../src/worker/create-worker.ts";
import { MultiWorker } from "../../src/worker/multi-worker.ts";

async function surroundings(clock: TestClock): Promise<WorkerSurroundings> {
  const keyValue = await openKeyValue({ driver: "memory", clock });
  return {
    bus: createMemoryBus({ clock }),
    openKeyValue: () => Promise.resolve(keyValue),
    classes: new ClassRegistry(messagingClasses, classKinds),
    clock,
    logger: silentLogger,
    newId: () => "id",
  };
}

const config = {
  workers: { router: "vumi.dispatchers.BaseDispatchWorker", echo: "vumi.demos.words.EchoWorker", other: "EchoWorker" },
  defaults: { transport_name: "other", amqp_prefetch_count: 5 },
  router: {
    router_class: "vumi.dispatchers.SimpleDispatchRouter",
    transport_names: ["phones"],
    exposed_names: ["app"],
    route_mappings: { phones: "app" },
  },
  echo: { transport_name: "app" },
};

it("M74 runs a router and applications from one configuration; sections win over defaults", async () => {
  const clock = new TestClock();
  const shared = await surroundings(clock);
  const plan = { name: "all", className: "vumi.multiworker.MultiWorker", source: new ConfigSource(config) };
  const worker = await createWorker(plan, shared);
  await worker.start();
  const children = worker instanceof MultiWorker ? worker.children : [];
  expect(
    children.map(({ name, status, config: own }) => [
      name,
      status.state,
      (own as { amqp_prefetch_count: number }).amqp_prefetch_count,
    ]),
  ).toEqual([
    ["router", "running", 5],
    ["echo", "running", 5],
    ["other", "running", 5],
  ]);
  const heard: (string | null)[] = [];
  await shared.bus.consume("phones.outbound", {}, ({ body }) => void heard.push(userMessageCodec.decode(body).content));
  const message = createUserMessage({
    to_addr: "1",
    from_addr: "2",
    transport_name: "phones",
    transport_type: "sms",
    content: "hi",
  });
  await shared.bus.publish("phones.inbound", userMessageCodec.encode(message));
  await clock.advance(0);
  expect(heard).toEqual(["hi"]);
  await worker.pause();
  await shared.bus.publish("phones.inbound", userMessageCodec.encode(message));
  await clock.advance(0);
  expect(heard).toEqual(["hi"]);
  worker.resume();
  await clock.advance(0);
  expect(heard).toEqual(["hi", "hi"]);
  await worker.stop();
  expect(children.map(({ status }) => status.state)).toEqual(["stopped", "stopped", "stopped"]);
});

it("starts none when one is configured wrongly", async () => {
  const shared = await surroundings(new TestClock());
  const source = new ConfigSource({ ...config, echo: { transport_name: 5 } });
  await expect(createWorker({ name: "all", className: "MultiWorker", source }, shared)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  expect(await shared.bus.inspect()).toEqual([]);
});

it("stops those that run when one cannot start", async () => {
  const clock = new TestClock();
  const shared = await surroundings(clock);
  class Failing extends EchoWorker {
    protected override setup(): void {
      throw new Error("no port");
    }
  }
  const classes = {
    load: (name: string) => (name === "Failing" ? Promise.resolve(Failing) : shared.classes.load(name, {})),
  };
  const source = new ConfigSource({
    workers: { echo: "EchoWorker", bad: "Failing" },
    defaults: { transport_name: "x" },
  });
  const worker = await createWorker({ name: "all", className: "MultiWorker", source }, { ...shared, classes });
  await expect(worker.start()).rejects.toMatchObject({ code: "WORKER_START_FAILED" });
  expect(worker instanceof MultiWorker && worker.children.map(({ status }) => status.state)).toEqual([
    "stopped",
    "failed",
  ]);
});
