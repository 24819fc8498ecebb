// A whole gateway on real servers, each of which is killed and halted in turn while people write: what operators and people are told meanwhile, that
// everything that was accepted is answered, and that it is over by itself.

import { setTimeout as sleep } from "node:timers/promises";
import type { Client, Login } from "@switchboard/client";
import { connect } from "@switchboard/client/node";
import { silentLogger } from "@switchboard/core";
import { describeWithServer, freePort, tempFolder, until } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseGatewayFile } from "../src/config/gateway-file.ts";
import { type Gateway, startGateway } from "../src/gateway.ts";
import type { Health } from "../src/http/health.ts";
import type { Trouble } from "../src/services/trouble.ts";

const patient = { deadlineMs: 90_000, everyMs: 100 };

describeWithServer("rabbitmq", "with RabbitMQ", (rabbitmq) => {
  describeWithServer("postgresql", "PostgreSQL", (postgresql) => {
    describeWithServer("redis", "and Redis", (redis) => {
      let gateway: Gateway;
      /** Logged in before anything is wrong. */
      let client: Client;
      let password: string;
      let webPort: number;
      /** What the gateway has said that it has. */
      const accepted: string[] = [];

      beforeAll(async () => {
        webPort = await freePort();
        const text = `
dispatcher: { hosts: [127.0.0.1] }
observability: { port: 0 }
bus: { driver: amqp, url: "${rabbitmq().url}" }
datastore: { driver: postgresql, dsn: "${postgresql().url}" }
keyvalue: { driver: redis, dsn: "${redis().url}" }
supervisor: { restart-min: 0.1 }
workers:
  web:
    class: HttpApiTransport
    config: { transport_name: web, web_host: 127.0.0.1, web_port: ${webPort}, web_path: /in, max_deliveries: 3, retry_delay: 0.1 }
  router:
    class: BaseDispatchWorker
    config:
      router_class: ContentKeywordRouter
      dispatcher_name: router
      transport_names: [web]
      exposed_names: [echo]
      fallback_application: echo
      transport_mappings: { "8000": web }
      max_deliveries: 3
      retry_delay: 0.1
  echo: { class: EchoWorker, config: { transport_name: echo, max_deliveries: 3, retry_delay: 0.1 } }
`;
        const file = await parseGatewayFile(text, "test", tempFolder());
        gateway = await startGateway({ file, logger: silentLogger, ports: { control: 0, console: null } });
        password = gateway.server.firstAdministrator?.password ?? "";
        client = await logIn();
      }, 60_000);

      afterAll(async () => {
        await client.close();
        await gateway.stop();
      }, 120_000);

      const logIn = (login: Login = { username: "root", password }): Promise<Client> =>
        connect({ url: `ws://127.0.0.1:${gateway.server.ports.websocket}/dispatcher/socket`, login });
      const ask = async (path: string): Promise<{ readonly status: number; readonly body: Health }> => {
        const response = await fetch(`http://127.0.0.1:${gateway.observabilityPort}${path}`);
        return { status: response.status, body: (await response.json()) as Health };
      };
      /** What does not work, by name. */
      const failing = async (): Promise<string[]> => {
        const { status, body } = await ask("/ready");
        expect(status).toBe(body.ok ? 200 : 503);
        return body.checks.filter(({ ok }) => !ok).map(({ name }) => name);
      };
      const troubles = async (): Promise<Trouble[]> => (await client.call("attention.list")) as Trouble[];
      const isWell = async (): Promise<boolean> =>
        (await failing()).length === 0 && (await troubles()).every(({ subject }) => subject.kind === "task");

      const post = async (content: string): Promise<number> => {
        const query = new URLSearchParams({ content, from_addr: `+27${accepted.length % 10}`, to_addr: "8000" });
        const response = await fetch(`http://127.0.0.1:${webPort}/in?${query}`);
        const body = await response.text();
        if (response.ok) accepted.push((JSON.parse(body) as { message_id: string }).message_id);
        return response.status;
      };
      /** People write until told to stop, whatever becomes of it. Resolves with what they were told. */
      const write = (): (() => Promise<ReadonlySet<number>>) => {
        const enough = new AbortController();
        const told = new Set<number>();
        const writing = Array.from({ length: 3 }, async () => {
          while (!enough.signal.aborted) {
            told.add(await post("hello"));
            await sleep(50);
          }
        });
        return async () => {
          enough.abort();
          await Promise.all(writing);
          return told;
        };
      };
      const count = async (query: string): Promise<number> =>
        ((await client.call("messages.select", [{ query }])) as { count: number }).count;

      it("is ready with all of them", async () => {
        expect(await until(isWell, patient)).toBe(true);
      });

      const servers = [
        { name: "RabbitMQ", server: rabbitmq, notReady: ["bus"] },
        { name: "PostgreSQL", server: postgresql, notReady: ["datastore", "store"] },
        { name: "Redis", server: redis, notReady: ["keyvalue"] },
      ] as const;
      describe.each(servers)("while $name is away", ({ name, server, notReady }) => {
        const ways = [
          ["killed", () => server().kill(), () => server().start()],
          ["halted", () => server().hang(), () => server().wake()],
        ] as const;
        it.each(ways)(
          "%s, it says so, keeps what it accepted, and goes on by itself",
          async (_way, harm, mend) => {
            const stop = write();
            const before = accepted.length;
            await until(() => accepted.length > before, patient);
            await harm();
            // All at once, as an answer that does not come takes seconds each time.
            const [trouble, notWell, alive, login] = await Promise.all([
              until(async () => (await troubles()).find(({ subject }) => subject.name === name), patient),
              until(async () => {
                const names = (await failing()).filter((one) => !one.startsWith("worker "));
                return names.length === notReady.length && names;
              }, patient),
              // The process itself is well, and must not be killed for it.
              ask("/health"),
              logIn().then(
                (other) => other.close(),
                (error: unknown) => error,
              ),
            ]);
            expect(trouble).toMatchObject({ lamp: "down", subject: { kind: "system" }, path: "/system" });
            expect(notWell).toEqual(notReady);
            expect(alive.status).toBe(200);
            // Without their datastore nobody can say who is who; who is in already stays so, and may come back.
            if (name === "PostgreSQL") {
              await (await logIn({ token: client.token ?? "" })).close();
              expect(login).toMatchObject({ retryable: true, extra: { code: "AUTH_UNAVAILABLE" } });
            } else expect(login).toBeUndefined();
            await mend();
            await until(async () => (await failing()).length === 0, patient);
            const told = await stop();
            expect([...told].filter((status) => status !== 200 && status !== 500)).toEqual([]);
            await until(isWell, patient);
            await until(async () => (await count("direction:in state:answered")) >= accepted.length, patient);
            expect(await count("direction:in state:answered")).toBe(await count("direction:in"));
          },
          300_000,
        );
      });
    });
  });
});
