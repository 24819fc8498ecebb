// A message played on a channel carries what a real one would: the address people write to and the type of the network, so that routers answer it.

import { once } from "node:events";
import { connect } from "node:net";
import { until } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "./kit.ts";

let gateway: TestGateway;

beforeAll(async () => {
  const telnet = { twisted_endpoint: "tcp:0:interface=127.0.0.1" };
  const channels = ["telnet", "bare", "http", "sms"];
  gateway = await startTestGateway({
    workers: {
      telnet: {
        className: "TelnetServerTransport",
        config: { transport_name: "telnet", to_addr: "8000", ...telnet },
      },
      bare: { className: "TelnetServerTransport", config: { transport_name: "bare", publish_status: true, ...telnet } },
      http: {
        className: "HttpApiTransport",
        config: {
          transport_name: "http",
          web_host: "127.0.0.1",
          web_path: "/messages",
          field_defaults: { to_addr: "8001", transport_type: "http" },
        },
      },
      sms: { className: "LoopbackTransport", config: { transport_name: "sms", address: "8002" } },
      router: {
        className: "BaseDispatchWorker",
        config: {
          router_class: "ContentKeywordRouter",
          dispatcher_name: "router",
          transport_names: channels,
          exposed_names: ["echo"],
          fallback_application: "echo",
          transport_mappings: { "8000": "telnet", "8001": "http", "8002": "sms" },
          max_deliveries: 1,
        },
      },
      echo: { className: "EchoWorker", config: { transport_name: "echo" } },
    },
  });
});

afterAll(() => gateway.stop());

async function played(channel: string): Promise<{ id: string; to_addr: unknown; transport_type: unknown }> {
  const id = await gateway.call<string>("send.in", [{ channel, from_addr: "+271", content: `hello ${channel}` }]);
  const stored = await until(async () => (await gateway.store.read.withIds([id]))[0]);
  return { id, to_addr: stored.message.to_addr, transport_type: stored.message.transport_type };
}

it("is written to the channel's address where nobody says which, and is answered instead of parked", async () => {
  const sides = [
    ["telnet", "8000", "telnet"],
    ["http", "8001", "http"],
    ["sms", "8002", "sms"],
  ] as const;
  for (const [channel, to_addr, transport_type] of sides) {
    const message = await played(channel);
    expect(message).toMatchObject({ to_addr, transport_type });
    const answer = await until(async () => (await gateway.store.read.answersTo(message.id))[0]);
    expect(answer.message).toMatchObject({ from_addr: to_addr, transport_name: channel });
  }
  const queue = await gateway.call<{ parked: number }>("bus.queue", ["echo.outbound"]);
  expect(queue.parked).toBe(0);
});

it("parks nothing of a message that an operator sends, although no application waits for its reports", async () => {
  const id = await gateway.call<string>("send.out", [{ channel: "sms", to_addr: "+271", content: "hello" }]);
  await until(async () => (await gateway.store.read.eventsOf(id)).length === 2);
  const ignored = async (): Promise<boolean> => {
    const entries = await gateway.store.read.trail([id]);
    return entries.filter(({ outcome }) => outcome === "ignored").length === 2;
  };
  await until(ignored);
  expect(await gateway.call("bus.queue", ["sms.event"])).toMatchObject({ parked: 0 });
});

it("is written where the newest real message was where the configuration does not say", async () => {
  expect(await played("bare")).toMatchObject({ to_addr: null, transport_type: "telnet" });
  const [status] = gateway.view.observer.statuses.latest("bare");
  const port = Number(/:(\d+)$/.exec(status?.message ?? "")?.[1]);
  const socket = connect({ host: "127.0.0.1", port });
  await once(socket, "connect");
  socket.write("a real one\n");
  const found = await until(async () => {
    const [message] = await gateway.store.read.list({ text: [{ value: "a real one" }] }, 1);
    return message;
  });
  expect((await played("bare")).to_addr).toBe(found.message.to_addr);
  socket.destroy();
  await once(socket, "close");
});
