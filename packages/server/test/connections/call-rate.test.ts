// Calls per second of one user: whatever it connects by, and however often.

import { errno } from "@switchboard/protocol";
import { expect, test } from "vitest";
import { toRpcError } from "../../src/rpc/rpc-error.ts";
import { unixPeer } from "../../src/testing/memory-connection.ts";
import { newServer, type TestServer } from "./kit.ts";

const limits = { maxCallsPerSecond: 3 };

async function callTimes(client: Awaited<ReturnType<TestServer["logIn"]>>, times: number): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: times }, () => client.call("test.ping")));
  return answers.map(({ name }) => name);
}

test("calls over the limit get EAGAIN, which may be tried again after the time that it says, and then succeed", async () => {
  const server = newServer({ limits });
  const client = await server.logIn();
  expect(await callTimes(client, 2)).toEqual(["response", "response"]);
  await server.clock.advance(400);
  expect(await callTimes(client, 1)).toEqual(["response"]);
  const refused = await client.call("test.ping");
  expect(refused).toMatchObject({
    name: "error",
    args: { code: errno.EAGAIN, extra: { retryAfterMs: 600 }, message: expect.stringContaining("3 calls") as unknown },
  });
  await server.clock.advance(599);
  expect(await client.call("test.ping")).toMatchObject({ name: "error", args: { extra: { retryAfterMs: 1 } } });
  await server.clock.advance(1);
  expect(await callTimes(client, 3)).toEqual(["response", "response", "response"]);
});

test("all connections of a user count together, those of others and of services apart; unknown methods count too", async () => {
  const server = newServer({ limits });
  const one = await server.logIn();
  const two = await server.logIn();
  const ada = await server.logIn("ada");
  const daemon = await server.daemon();
  expect(await callTimes(one, 2)).toEqual(["response", "response"]);
  expect(await two.call("nobody.nothing")).toMatchObject({ name: "error", args: { code: errno.ENOENT } });
  expect(await two.call("nobody.nothing")).toMatchObject({ name: "error", args: { code: errno.EAGAIN } });
  expect(await callTimes(ada, 3)).toEqual(["response", "response", "response"]);
  expect(await callTimes(daemon, 5)).toEqual(Array(5).fill("response"));
});

test("calls from inside the server, and those of strangers, are not counted; by default nobody's are", async () => {
  const server = newServer({ limits });
  for (let call = 0; call < 10; call++) expect(await server.context.services.call("test.ping")).toBe("pong");
  const stranger = server.connect(unixPeer);
  for (let call = 0; call < 10; call++) {
    expect(await stranger.call("test.address")).toMatchObject({ name: "response" });
  }
  const free = await newServer().logIn();
  expect(await callTimes(free, 100)).toEqual(Array(100).fill("response"));
});

test("the error is one that may be tried again", async () => {
  const server = newServer({ limits: { maxCallsPerSecond: 1 } });
  const { connection } = await server.logIn();
  const call = (): Promise<unknown> => server.context.services.call("test.ping", [], { caller: connection });
  await call();
  const error = await call().catch(toRpcError);
  expect(error).toMatchObject({ errno: errno.EAGAIN, retryable: true, cause: { code: "RPC_RATE_EXCEEDED" } });
});
