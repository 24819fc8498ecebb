// The section `dispatcher` of the gateway's file: every key that the server knows, and its mistakes beside those of the other sections.

import { silentLogger } from "@switchboard/core";
import { tempFolder } from "@switchboard/testkit";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseGatewayFile } from "../src/config/gateway-file.ts";
import { startGateway } from "../src/gateway.ts";

it("takes every key of the manual's section, paths relative to the file, and needs no plugin-dirs", async () => {
  const text = `dispatcher:
  websocket-port: 5005
  hosts: [127.0.0.1]
  unix-socket: run/s.sock
  pidfile: run/pid
  data: kept
  logging: file:log/all.log
  trusted-proxies: [10.0.0.0/8]
  group-roles: { staff: [viewer] }
`;
  const { dispatcher, dataFolder } = await parseGatewayFile(text, "gateway.yaml", "/srv/gateway");
  expect(dispatcher).toMatchObject({
    "websocket-port": 5005,
    "frontend-port": 8180,
    hosts: ["127.0.0.1"],
    "unix-socket": "/srv/gateway/run/s.sock",
    pidfile: "/srv/gateway/run/pid",
    logging: "file:/srv/gateway/log/all.log",
    "plugin-dirs": [],
    "group-roles": { staff: ["viewer"] },
  });
  expect(dataFolder).toBe("/srv/gateway/kept");
  expect((await parseGatewayFile("{}", "gateway.yaml", "/srv")).dispatcher.logging).toBeUndefined();
});

it("says what is wrong in it with file and line, beside what is wrong elsewhere", async () => {
  const text = "bus: { driver: rabbit }\ndispatcher:\n  websocket-port: 70000\n  tls: true\n  wrong: 1\n";
  const error = await parseGatewayFile(text, "gateway.yaml", "/srv").catch((reason: unknown) => reason as Error);
  const { issues } = error as unknown as { issues: { line: number; path: string; problem: string }[] };
  expect(issues.map(({ line, path }) => [line, path])).toEqual([
    [1, "bus.driver"],
    [3, "dispatcher.websocket-port"],
    [5, "dispatcher.wrong"],
    [2, "dispatcher.tls-certificate"],
    [2, "dispatcher.tls-keyfile"],
  ]);
  expect(issues[1]?.problem).toBe("expected a port from 0 to 65535, got 70000");
  await expect(parseGatewayFile("dispatcher: 5000", "gateway.yaml", "/srv")).rejects.toThrow("expected an object");
});

it("opens no port for 0 in the file, any free one for 0 by option, and the Unix socket", async () => {
  const folder = tempFolder();
  const text = "dispatcher: { websocket-port: 0, frontend-port: 0, hosts: [127.0.0.1], unix-socket: s.sock }\n";
  const file = await parseGatewayFile(text, join(folder, "gateway.yaml"), folder);
  const closed = await startGateway({ file, logger: silentLogger });
  expect(closed.server.ports).toEqual({ websocket: undefined, frontend: undefined });
  await closed.stop();
  const open = await startGateway({ file, logger: silentLogger, ports: { control: 0 } });
  expect(open.server.ports.websocket).toBeGreaterThan(0);
  expect(open.server.ports.frontend).toBeUndefined();
  await open.stop();
});
