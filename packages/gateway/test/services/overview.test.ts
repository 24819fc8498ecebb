// What the first page shows besides figures: what is wrong, what was wrong last, what came while a worker was paused, and figures over longer times.

import { until } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LastTrouble } from "../../src/services/last-trouble.ts";
import type { Trouble } from "../../src/services/trouble.ts";
import { startTestGateway, type TestGateway } from "./kit.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway.stop());

type Row = Record<string, unknown>;

const worker = (name: string): Promise<Row> => gateway.call<Row>("workers.get", [name]);

it("counts the messages that come while a worker takes none, from the moment when it stopped", async () => {
  await gateway.say("before");
  expect((await worker("echo"))["meanwhile"]).toBeNull();
  await gateway.run("worker.pause", { name: "echo" });
  const send = (content: string) => gateway.call("send.in", [{ channel: "sms", from_addr: "+272", content }]);
  await send("one");
  await send("two");
  await until(async () => (await worker("echo"))["meanwhile"] === 2);
  await gateway.run("worker.resume", { name: "echo" });
  await until(async () => (await worker("echo"))["waiting"] === 0);
  expect((await worker("echo"))["meanwhile"]).toBeNull();
  await gateway.run("worker.stop", { name: "echo" });
  await until(async () => (await worker("echo"))["meanwhile"] === 0);
  await send("three");
  await until(async () => (await worker("echo"))["meanwhile"] === 1);
  await gateway.run("worker.start", { name: "echo" });
});

it("lists tasks that ran and failed within the last hour among what needs attention", async () => {
  const found = gateway.call<Trouble[]>("attention.list");
  expect((await found).filter(({ subject }) => subject.kind === "task")).toEqual([]);
  await expect(gateway.run("worker.start", { name: "nobody" })).rejects.toMatchObject({ errno: 2 });
  // A port that somebody else has: right as options, and yet it cannot start.
  await gateway
    .run("worker.create", {
      name: "line",
      class: "TelnetServerTransport",
      config: { transport_name: "line", twisted_endpoint: "tcp:0:interface=192.0.2.1" },
    })
    .catch(() => undefined);
  const troubles = await until(async () => {
    const list = await gateway.call<Trouble[]>("attention.list");
    return list.some(({ subject }) => subject.kind === "task") ? list : undefined;
  });
  const [task, ...others] = troubles.filter(({ subject }) => subject.kind === "task");
  expect(others).toEqual([]);
  expect(task).toMatchObject({
    id: expect.stringMatching(/^task:\d+:failed$/),
    lamp: "degraded",
    text: expect.stringMatching(/^Create line failed: .*EADDRNOTAVAIL/),
    since: expect.any(Date),
    path: expect.stringMatching(/^\/tasks\/\d+$/),
  });
  // What is worse stands before it.
  expect(troubles[0]).toMatchObject({ id: "worker:line:down", lamp: "down" });
  await gateway.run("worker.remove", { name: "line" });
});

it("gives figures over fifteen minutes, an hour, a day and a week", async () => {
  const history = await gateway.call<{ step_s: number; series: Record<string, unknown[]> }>("metrics.history", [
    ["figures.accepted", "workers.echo.in"],
    "24h",
  ]);
  expect(history).toMatchObject({ window: "24h", step_s: 900, at: expect.any(Date) });
  expect(history.series["figures.accepted"]).toHaveLength(96);
  await expect(gateway.call("metrics.history", [["figures.accepted"], "2h"])).rejects.toMatchObject({ errno: 22 });
});

it("remembers the last trouble with its end, also after a restart", async () => {
  const { datastore } = gateway;
  const trouble = (id: string, since: number): Trouble => ({
    id,
    lamp: "down",
    subject: { kind: "channel", name: "sms" },
    text: `${id} is down`,
    code: null,
    cost: "lost: none",
    since: new Date(since),
    path: "/channels/sms",
  });
  const past = await LastTrouble.open(datastore);
  await past.note([trouble("first", 1_000)], 1_500);
  await past.note([trouble("first", 1_000), trouble("second", 2_000)], 2_500);
  expect(past.last).toMatchObject({ id: "second", until: null });
  const restarted = await LastTrouble.open(datastore);
  expect(restarted.last).toMatchObject({ id: "second", text: "second is down", since: new Date(2_000), until: null });
  await restarted.note([], 3_000);
  expect(restarted.last).toMatchObject({ id: "second", until: new Date(3_000) });
  await restarted.note([], 4_000);
  expect((await LastTrouble.open(datastore)).last).toMatchObject({ id: "second", until: new Date(3_000) });
});
