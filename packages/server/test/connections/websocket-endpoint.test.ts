// Pings and encryption of WebSockets, on free ports of the loopback address.

import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Endpoints, openEndpoints } from "../../src/connections/endpoints.ts";
import type { TlsOptions } from "../../src/connections/listener.ts";
import { newServer, settle } from "./kit.ts";

const fixtures = new URL("../../../links/test/fixtures/", import.meta.url);
let endpoints: Endpoints | undefined;

afterEach(async () => {
  await endpoints?.stop();
  await endpoints?.close();
});

async function open(server = newServer(), tls?: TlsOptions): Promise<number> {
  const context = { ...server.context, bootId: "b", maxUploadBytes: 1, isReady: () => true };
  const given = { websocketPort: 0, hosts: ["127.0.0.1"] };
  endpoints = await openEndpoints(tls === undefined ? given : { ...given, tls }, context);
  return endpoints.ports.websocket ?? 0;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
}

test("a client that answers pings stays, one that misses two is cut", async () => {
  const server = newServer({ limits: { loginTimeoutMs: 1_000_000 } });
  const port = await open(server);
  const good = new WebSocket(`ws://127.0.0.1:${port}/socket`);
  const dead = new WebSocket(`ws://127.0.0.1:${port}/socket`, { autoPong: false });
  const closed = new Promise((resolve) => dead.once("close", resolve));
  await Promise.all([opened(good), opened(dead)]);
  for (let round = 0; round < 3; round++) {
    const pinged = new Promise((resolve) => good.once("ping", resolve));
    await server.clock.advance(30_000);
    if (round < 2) await pinged;
    // Its answer has to arrive before the next round.
    await new Promise((resolve) => {
      good.once("pong", resolve);
      good.ping();
    });
    await settle();
  }
  expect(await closed).toBe(1006);
  expect(good.readyState).toBe(WebSocket.OPEN);
  expect(server.context.connections.size).toBe(1);
  good.terminate();
});

test("with certificate and key the port is encrypted, for WebSockets and HTTP alike", async () => {
  const cert = readFileSync(new URL("localhost-cert.pem", fixtures));
  const port = await open(newServer(), { cert, key: readFileSync(new URL("localhost-key.pem", fixtures)) });
  const socket = new WebSocket(`wss://localhost:${port}/socket`, { ca: cert });
  await opened(socket);
  const answer = new Promise((resolve) =>
    socket.once("message", (data: Buffer) => resolve(JSON.parse(data.toString()))),
  );
  socket.send('{"namespace":"rpc","name":"call","id":"1","args":{"method":"test.address","args":[]}}');
  expect(await answer).toMatchObject({ name: "response", args: expect.stringMatching(/^127\.0\.0\.1,/) as string });
  socket.terminate();
  await expect(opened(new WebSocket(`wss://localhost:${port}/socket`))).rejects.toMatchObject({
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
  await expect(opened(new WebSocket(`ws://127.0.0.1:${port}/socket`))).rejects.toThrow(/hang up|reset/);
});
