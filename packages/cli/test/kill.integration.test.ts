// Ten thousand messages through transport, keyword router and two applications on a real RabbitMQ, each a process of its own, each killed with
// SIGKILL and started again while messages flow. Nothing that was accepted may stay without an answer.

import { openAmqpBus } from "@switchboard/bus/amqp";
import { userMessageCodec } from "@switchboard/messaging";
import { describeWithServer, freePort, until } from "@switchboard/testkit";
import { expect, it, onTestFinished } from "vitest";
import { converse } from "./telnet-person.ts";
import { startWorker, type WorkerProcess } from "./workers.ts";

const count = 10_000;
const keywords = ["one", "two"];
const texts = Array.from({ length: count }, (_, n) => `${keywords[n % 2]} ${n}`);
const patient = { timeout: 300_000 };

function router(transports: readonly string[], answersGoTo: string): string {
  return `
router_class: vumi.dispatchers.ContentKeywordRouter
dispatcher_name: keywords
transport_names: [${transports.join(", ")}]
exposed_names: [app1, app2]
rules:
  - { app: app1, keyword: one }
keyword_mappings: { app2: two }
transport_mappings: { "8000": ${answersGoTo} }`;
}

/** Kills each worker once, at even distances of `progress`. */
async function crashAlong(workers: readonly WorkerProcess[], progress: () => number): Promise<void> {
  for (const [index, worker] of workers.entries()) {
    const at = ((index + 1) * count) / (workers.length + 1);
    await until(() => progress() >= at, { deadlineMs: 240_000, everyMs: 2 });
    await worker.crash();
  }
}

describeWithServer("rabbitmq", "four processes, each killed under load", (server) => {
  const startAll = async (
    transport: readonly [workerClass: string, yaml: string],
    routerYaml: string,
  ): Promise<readonly WorkerProcess[]> => {
    const { url } = server();
    return await Promise.all([
      startWorker(...transport, url),
      startWorker("vumi.dispatchers.BaseDispatchWorker", routerYaml, url),
      startWorker("vumi.demos.words.EchoWorker", "transport_name: app1", url),
      startWorker("vumi.demos.words.EchoWorker", "transport_name: app2", url),
    ]);
  };

  it("answers everything that the HTTP API accepted with 200", patient, async () => {
    const port = await freePort();
    const yaml = `transport_name: web\nweb_path: /in\nweb_port: ${port}\nweb_host: 127.0.0.1`;
    // The answers go to a channel that the test plays, since this one sends none.
    const workers = await startAll(["vumi.transports.api.HttpApiTransport", yaml], router(["web", "out"], "out"));
    const bus = await openAmqpBus({ url: server().url });
    onTestFinished(() => bus.close());
    const answers = new Map<string, string | null>();
    await bus.consume("out.outbound", { prefetch: 256 }, ({ body }) => {
      const { in_reply_to, content } = userMessageCodec.decode(body);
      answers.set(in_reply_to ?? "", content);
    });

    const accepted = new Map<string, string>();
    const waiting = texts.values();
    const clients = Array.from({ length: 32 }, async () => {
      for (const text of waiting) accepted.set(await postUntilAccepted(port, text), text);
    });
    await Promise.all([...clients, crashAlong(workers, () => accepted.size)]);
    expect(accepted.size).toBe(count);
    await until(() => [...accepted.keys()].every((id) => answers.has(id)), { deadlineMs: 120_000, everyMs: 100 });
    expect([...accepted].filter(([id, text]) => answers.get(id) !== text)).toEqual([]);
    expect(await parkedIn(bus, ["web.inbound", "app1.inbound", "app2.inbound", "app1.outbound", "app2.outbound"])).toBe(
      0,
    );
  });

  it(
    "answers every line of people at telnet, who connect again and repeat what was not answered",
    patient,
    async () => {
      const port = await freePort();
      const yaml = `transport_name: phones\ntwisted_endpoint: tcp:port=${port}:interface=127.0.0.1\nto_addr: "8000"`;
      const workers = await startAll(
        ["vumi.transports.telnet.TelnetServerTransport", yaml],
        router(["phones"], "phones"),
      );
      let answered = 0;
      const people = Array.from({ length: 20 }, (_, person) =>
        converse(
          port,
          texts.filter((_text, n) => n % 20 === person),
          () => answered++,
        ),
      );
      await Promise.all([...people, crashAlong(workers, () => answered)]);
      expect(answered).toBe(count);
    },
  );
});

/** Meanwhile the transport may be killed and started again. */
function postUntilAccepted(port: number, content: string): Promise<string> {
  const query = new URLSearchParams({ content, to_addr: "8000", from_addr: `+2783${content.slice(4)}` });
  return until(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/in`, { method: "POST", body: query });
    const body = await response.text();
    return response.ok && (JSON.parse(body) as { message_id: string }).message_id;
  });
}

async function parkedIn(bus: Awaited<ReturnType<typeof openAmqpBus>>, queues: readonly string[]): Promise<number> {
  const lists = await Promise.all(queues.map((queue) => bus.parking.list(queue)));
  return lists.reduce((sum, { messages }) => sum + messages.length, 0);
}
