// A whole gateway whose disk is full for a while: what people and operators are told, and that everything that was accepted is answered.

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@switchboard/core";
import { freePort, type SmallDisk, smallDisk, until } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseGatewayFile } from "../src/config/gateway-file.ts";
import { type Gateway, startGateway } from "../src/gateway.ts";
import type { Health } from "../src/http/health.ts";
import type { Trouble } from "../src/services/trouble.ts";

const patient = { deadlineMs: 60_000 };
const disk: SmallDisk | undefined = smallDisk(24 * 1_048_576);

describe.runIf(disk !== undefined)(
  `a full disk${disk === undefined ? " [needs a mounted disk, which takes root]" : ""}`,
  () => {
    const folder = disk?.path ?? "";
    const ballast = join(folder, "ballast");
    let gateway: Gateway;
    let webPort: number;

    beforeAll(async () => {
      webPort = await freePort();
      const text = `
observability: { port: 0 }
workers:
  sms: { class: LoopbackTransport, config: { transport_name: echo } }
  web: { class: HttpApiTransport, config: { transport_name: web, web_host: 127.0.0.1, web_port: ${webPort}, web_path: /in } }
  echo: { class: EchoWorker, config: { transport_name: echo } }
`;
      const file = await parseGatewayFile(text, "test", folder);
      gateway = await startGateway({ file, logger: silentLogger, ports: { control: null, console: null } });
    }, 60_000);

    afterAll(async () => {
      await gateway.stop();
      disk?.release();
    }, 60_000);

    const call = async <Result>(method: string, ...args: readonly unknown[]): Promise<Result> =>
      (await gateway.server.services.call(method, args)) as Result;
    const troubles = (): Promise<Trouble[]> => call<Trouble[]>("attention.list");
    const failing = async (): Promise<Health["checks"]> => {
      const response = await fetch(`http://127.0.0.1:${gateway.observabilityPort}/ready`);
      const health = (await response.json()) as Health;
      expect(response.status).toBe(health.ok ? 200 : 503);
      return health.checks.filter(({ ok }) => !ok);
    };
    const post = async (): Promise<number> => {
      const query = new URLSearchParams({ content: "hello", from_addr: "+271", to_addr: "8000" });
      return (await fetch(`http://127.0.0.1:${webPort}/in?${query}`)).status;
    };

    it("is told while it lasts, refuses what is new, loses nothing that was accepted, and is over by itself", async () => {
      expect([await post(), await troubles(), await failing()]).toEqual([200, [], []]);
      const accepted: string[] = [];
      const say = async (content: string): Promise<void> => {
        accepted.push(await call<string>("send.in", { channel: "sms", from_addr: "+271", to_addr: "8000", content }));
      };
      // While people write.
      const writing = (async () => {
        for (let n = 0; ; n++) await say(`${n} ${"x".repeat(20_000)}`);
      })();
      const refusal = writing.catch((error: unknown) => error);
      await until(() => accepted.length > 20, patient);
      const descriptor = openSync(ballast, "w");
      expect(() => {
        for (;;) writeSync(descriptor, Buffer.alloc(4_096));
      }).toThrow(/ENOSPC/);
      closeSync(descriptor);
      expect(await refusal).toMatchObject({ retryable: true, extra: { code: "STORAGE_DISK_FULL" } });

      const [told] = await until(async () => {
        const list = await troubles();
        return list.length > 0 && list;
      }, patient);
      expect(told).toMatchObject({
        id: "engine:disk",
        lamp: "down",
        subject: { kind: "system", name: "disk" },
        text: expect.stringMatching(/^the disk of .* is full: \d+ KiB are left$/),
        code: "STORAGE_DISK_FULL",
        cost: expect.stringMatching(/^make room on it; until then channels refuse messages.* lost: none$/),
        since: expect.any(Date),
      });
      expect((await failing()).map(({ name }) => name)).toContain("disk");
      expect(await post()).toBe(500);

      rmSync(ballast);
      await until(async () => (await failing()).length === 0, patient);
      await until(async () => (await troubles()).length === 0, patient);
      expect(await post()).toBe(200);
      await say("after");
      await until(async () => {
        const found = await call<{ rows: { id: string }[] }>("messages.search", "channel:echo state:answered", {
          limit: 500,
        });
        const answered = new Set(found.rows.map(({ id }) => id));
        return accepted.every((id) => answered.has(id));
      }, patient);
      expect(accepted.length).toBeLessThan(500);
      const queues = await call<{ name: string; waiting: number; parked: number }[]>("bus.queues");
      expect(queues.filter(({ name, parked }) => name !== "web.inbound" && parked > 0)).toEqual([]);
    }, 120_000);
  },
);
