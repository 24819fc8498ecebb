// Whether `/ready` tells the truth while what the gateway stands on is stopped and started again: real servers, a whole gateway. It takes some
// twenty seconds, most of which are RabbitMQ's.

import { silentLogger } from "@switchboard/core";
import { describeWithServer, tempFolder, until } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseGatewayFile } from "../../src/config/gateway-file.ts";
import { type Gateway, startGateway } from "../../src/gateway.ts";
import type { Health } from "../../src/http/health.ts";

const patient = { deadlineMs: 90_000 };

describeWithServer("rabbitmq", "with RabbitMQ", (rabbitmq) => {
  describeWithServer("postgresql", "PostgreSQL", (postgresql) => {
    describeWithServer("redis", "and Redis", (redis) => {
      let gateway: Gateway | undefined;

      beforeAll(async () => {
        const text = `
dispatcher: { websocket-port: 5000, frontend-port: 8180 }
observability: { port: 0 }
bus: { driver: amqp, url: "${rabbitmq().url}" }
datastore: { driver: postgresql, dsn: "${postgresql().url}" }
keyvalue: { driver: redis, dsn: "${redis().url}" }
workers:
  sms: { class: LoopbackTransport, config: { transport_name: echo } }
  echo: { class: EchoWorker, config: { transport_name: echo } }
`;
        const file = await parseGatewayFile(text, "test", tempFolder());
        gateway = await startGateway({ file, logger: silentLogger, ports: { control: null, console: null } });
      }, 60_000);

      afterAll(() => gateway?.stop(), 60_000);

      const ask = async (path: string): Promise<{ readonly status: number; readonly body: Health }> => {
        const response = await fetch(`http://127.0.0.1:${gateway?.observabilityPort}${path}`);
        return { status: response.status, body: (await response.json()) as Health };
      };
      /** What does not work, by name. */
      const failing = async (): Promise<string[]> => {
        const { status, body } = await ask("/ready");
        expect(status).toBe(body.ok ? 200 : 503);
        return body.checks.filter(({ ok }) => !ok).map(({ name }) => name);
      };
      const isReady = (): Promise<boolean> => failing().then((names) => names.length === 0);

      it("is ready with all of them", async () => {
        expect(await until(isReady, patient)).toBe(true);
      });

      const servers = [
        ["RabbitMQ", rabbitmq, ["bus"]],
        ["PostgreSQL", postgresql, ["datastore", "store"]],
        ["Redis", redis, ["keyvalue"]],
      ] as const;
      it.each(servers)(
        "is not ready while %s is stopped, says which, and is ready again after it has come back",
        async (_name, server, expected) => {
          await server().stop();
          await until(async () => (await failing()).length > 0, patient);
          expect(await failing()).toEqual(expected);
          // The process itself is well, and must not be killed for it.
          expect((await ask("/health")).status).toBe(200);
          await server().start();
          await until(isReady, patient);
        },
        200_000,
      );
    });
  });
});
