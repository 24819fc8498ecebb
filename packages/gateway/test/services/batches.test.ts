// Batches from the service that begins them, over the middleware that tags messages, to the worker that serves them as files.

import { freePort, until } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "./kit.ts";

let gateway: TestGateway;
let port: number;

beforeAll(async () => {
  port = await freePort();
  gateway = await startTestGateway({
    workers: {
      sms: {
        className: "LoopbackTransport",
        config: {
          transport_name: "app",
          address: "8000",
          middleware: [{ tagging: "TaggingMiddleware" }],
          tagging: {
            incoming: { addr_pattern: "^(\\d+)$", tagpool_template: "codes", tagname_template: "\\1" },
            outgoing: { tagname_pattern: "^(\\d+)$", msg_template: {} },
          },
        },
      },
      echo: { className: "EchoWorker", config: { transport_name: "app" } },
      exports: {
        className: "MessageStoreResourceWorker",
        config: { web_path: "/exports", twisted_endpoint: `tcp:${port}:interface=127.0.0.1` },
      },
    },
  });
});

afterAll(() => gateway.stop());

type Row = Record<string, unknown>;

it("begins a batch for a tag, counts what comes for it and what became of the answers, and ends it", async () => {
  await gateway.say("before");
  const id = await gateway.call<string>("batches.start", [
    { tags: [["codes", "8000"]], metadata: { campaign: "spring", year: 2026 } },
  ]);
  await gateway.say("one");
  await gateway.say("two", { from_addr: "+272" });
  await gateway.say("three");
  const batch = await until(async () => {
    const found = await gateway.call<{ status: Row }>("batches.get", [id]);
    return found.status["delivery_report.delivered"] === 3 ? found : undefined;
  });
  expect(batch).toEqual({
    id,
    tags: [["codes", "8000"]],
    metadata: { campaign: "spring", year: "2026" },
    inbound: { messages: 3, people: 2 },
    outbound: { messages: 3, people: 2 },
    events: 6,
    status: expect.objectContaining({ sent: 3, ack: 3, delivery_report: 3, "delivery_report.delivered": 3 }),
  });
  await gateway.call("batches.finish", [id]);
  await gateway.say("after");
  expect(await gateway.call("batches.get", [id])).toMatchObject({ inbound: { messages: 3 } });
  const exported = await (await fetch(`http://127.0.0.1:${port}/exports/${id}/outbound.json?start=2020-01-01`)).text();
  const contents = exported
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as Row)["content"]);
  expect(contents).toEqual(["one", "two", "three"]);
  const lists = await gateway.call<Row[]>("batches.query", [[["metadata.campaign", "=", "spring"]]]);
  expect(lists.map((row) => row["id"])).toEqual([id]);
  await expect(gateway.call("batches.get", ["none"])).rejects.toMatchObject({ errno: 2 });
  await expect(gateway.call("batches.start", [{ tags: [["codes"]] }])).rejects.toMatchObject({ errno: 22 });
  await expect(gateway.call("batches.start", [{}], ["viewer"])).rejects.toMatchObject({ errno: 13 });
});
