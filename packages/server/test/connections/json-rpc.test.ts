// The JSON-RPC 2.0 dialect over a memory wire: the protocol's samples, errors by their codes, logins, events.

import { readFileSync } from "node:fs";
import { errno, RpcError } from "@switchboard/protocol";
import { describe, expect, test } from "vitest";
import { authService } from "../../src/connections/auth-service.ts";
import { JsonRpcConnection } from "../../src/connections/json-rpc-connection.ts";
import { rpcService } from "../../src/connections/rpc-service.ts";
import type { Wire } from "../../src/connections/wire.ts";
import { remotePeer } from "../../src/testing/memory-connection.ts";
import { newServer, settle, type TestServer } from "./kit.ts";

interface JsonRpcClient {
  readonly connection: JsonRpcConnection;
  /** Sends a request, or any text, and gives everything that has come back. */
  ask(request: object | string): Promise<unknown[]>;
}

function connect(server: TestServer): JsonRpcClient {
  const sent: string[] = [];
  const wire: Wire = {
    send: (frame) => void sent.push(String(frame)),
    bufferedBytes: 0,
    hasCloseCodes: true,
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
    terminate: () => undefined,
  };
  const connection = new JsonRpcConnection(wire, remotePeer, server.context);
  return {
    connection,
    ask: async (request) => {
      connection.receive(typeof request === "string" ? request : JSON.stringify({ jsonrpc: "2.0", ...request }));
      for (let turn = 0; turn < 100 && sent.length === 0; turn++) await settle();
      return sent.splice(0).map((text) => JSON.parse(text) as unknown);
    },
  };
}

function newJsonRpcServer(): TestServer {
  const server = newServer();
  const { services, logins, connections } = server.context;
  services.register("auth", authService(logins));
  services.register("rpc", rpcService({ services, schemas: server.schemas, connections }));
  return server;
}

async function logIn(server: TestServer): Promise<JsonRpcClient> {
  const client = connect(server);
  const [answer] = await client.ask({ id: 0, method: "auth.login", params: ["root", "correct"] });
  expect(answer).toEqual({ jsonrpc: "2.0", id: 0, result: [expect.any(String), 600, "root"] });
  return client;
}

describe("calls", () => {
  test("are answered under their id, by position and by name; notifications never", async () => {
    const client = await logIn(newJsonRpcServer());
    expect(await client.ask({ id: 1, method: "test.add", params: [1, 2] })).toEqual([
      { jsonrpc: "2.0", id: 1, result: 3 },
    ]);
    expect(await client.ask({ id: "x", method: "test.ping" })).toEqual([{ jsonrpc: "2.0", id: "x", result: "pong" }]);
    expect(await client.ask({ method: "test.ping" })).toEqual([]);
  });

  test.each([
    ["not JSON", "{", -32700, null],
    ["no request", "[1]", -32600, null],
    ["an unknown method", { id: 1, method: "test.nothing" }, -32601, 1],
    ["an unknown service", { id: 1, method: "nothing.here" }, -32601, 1],
    ["arguments that do not fit", { id: 1, method: "test.add", params: ["x"] }, -32602, 1],
    ["a method that fails", { id: 1, method: "bad.typed" }, -32001, 1],
    ["a method that fails unforeseen", { id: 1, method: "bad.plain" }, -32603, 1],
  ])("%s has its code", async (_, request, code, id) => {
    const server = newJsonRpcServer();
    server.context.services.register("bad", {
      methods: {
        typed: { handler: () => Promise.reject(new RpcError(errno.EBUSY, "taken", { extra: 7 })) },
        plain: { handler: () => Promise.reject(new Error("oops")) },
      },
    });
    const client = await logIn(server);
    const [answer] = await client.ask(request);
    expect(answer).toMatchObject({ jsonrpc: "2.0", id, error: { code } });
    if (code === -32001) {
      const data = { error: 16, errname: "EBUSY", reason: "taken", trace: null, extra: 7 };
      expect(answer).toMatchObject({ error: { data } });
    }
  });

  test("the samples: a request is understood and its answer has the sample's form", async () => {
    const sample = (name: string): string =>
      readFileSync(new URL(`../../../protocol/samples/json-rpc.${name}.json`, import.meta.url), "utf8");
    const server = newJsonRpcServer();
    server.context.services.register("task", { methods: { submit: { handler: () => 17 } } });
    const client = await logIn(server);
    expect(await client.ask(sample("request"))).toEqual([JSON.parse(sample("result"))]);
  });

  test("too many in flight are refused with -32000", async () => {
    const server = newServer({ limits: { maxOpenCalls: 1 } });
    server.context.services.register("auth", authService(server.context.logins));
    server.context.services.register("slow", { methods: { wait: { handler: () => new Promise(() => undefined) } } });
    const client = await logIn(server);
    client.connection.receive('{"jsonrpc":"2.0","id":1,"method":"slow.wait"}');
    expect(await client.ask({ id: 2, method: "test.ping" })).toMatchObject([{ id: 2, error: { code: -32000 } }]);
  });

  test("streams are collected", async () => {
    const server = newJsonRpcServer();
    server.context.services.register("stream", { methods: { list: { generator: true, handler: () => [1, 2, 3] } } });
    const client = await logIn(server);
    expect(await client.ask({ id: 1, method: "stream.list" })).toMatchObject([{ result: [1, 2, 3] }]);
  });
});

describe("strangers", () => {
  test("learn nothing about names", async () => {
    const client = connect(newJsonRpcServer());
    for (const method of ["nothing.here", "test.ping", "rpc.discover"]) {
      const [answer] = await client.ask({ id: 1, method });
      expect(answer).toMatchObject({ error: { code: -32001, data: { errname: "EACCES" } } });
    }
  });

  test("log in by token or link, and log out for good", async () => {
    const server = newJsonRpcServer();
    const first = await logIn(server);
    const [link] = (await first.ask({ id: 1, method: "auth.create_link" })) as [{ result: string }];
    const second = connect(server);
    const [once] = (await second.ask({ id: 1, method: "auth.login_once", params: [link.result] })) as [
      { result: [string] },
    ];
    const [token] = once.result;
    expect(await connect(server).ask({ id: 1, method: "auth.login_once", params: [link.result] })).toMatchObject([
      { error: { data: { errname: "EACCES" } } },
    ]);
    const third = connect(server);
    expect(await third.ask({ id: 1, method: "auth.login_with_token", params: [token] })).toMatchObject([
      { result: [expect.any(String), 600, "root"] },
    ]);
    expect(await third.ask({ id: 2, method: "auth.me" })).toMatchObject([
      { result: { username: "root", roles: ["admin"] } },
    ]);
    expect(await second.ask({ id: 2, method: "auth.logout" })).toMatchObject([{ result: null }, { method: "logout" }]);
    expect(second.connection.isClosed).toBe(true);
    expect(await connect(server).ask({ id: 1, method: "auth.login_with_token", params: [token] })).toMatchObject([
      { error: { data: { errname: "EACCES" } } },
    ]);
  });

  test("only administrators make links for others", async () => {
    const server = newJsonRpcServer();
    const client = await server.logIn("ada");
    expect(await client.call("auth.create_link", ["root"])).toMatchObject({ args: { code: errno.EACCES } });
    expect(await client.call("auth.create_link", [])).toMatchObject({ name: "response" });
    const admin = await server.logIn("root");
    expect(await admin.call("auth.create_link", ["ada"])).toMatchObject({ name: "response" });
    expect(await admin.call("auth.create_link", ["guest"])).toMatchObject({ args: { code: errno.EACCES } });
  });
});

describe("events", () => {
  test("come as notifications, in the form of the sample", async () => {
    const server = newJsonRpcServer();
    const client = await logIn(server);
    await client.ask({ id: 1, method: "rpc.subscribe", params: [["task.*"]] });
    void server.context.events.emit("task.created", { id: 17, state: "CREATED", timestamp: 0 });
    expect(await client.ask({ method: "test.ping" })).toEqual([
      {
        jsonrpc: "2.0",
        method: "event",
        params: { name: "task.created", args: { id: 17, state: "CREATED", timestamp: 0 } },
      },
    ]);
    await client.ask({ id: 1, method: "rpc.unsubscribe", params: [["task.*"]] });
    void server.context.events.emit("task.created", {});
    expect(await client.ask({ method: "test.ping" })).toEqual([]);
  });
});

test("the API describes itself as OpenRPC, with what the caller may call", async () => {
  const server = newJsonRpcServer();
  server.context.services.register("secret", { private: true, methods: { m: { handler: () => 1 } } });
  const names = async (username: string): Promise<string[]> => {
    const client = await server.logIn(username);
    const { args } = await client.call("rpc.discover");
    return (args as { methods: { name: string }[] }).methods.map(({ name }) => name);
  };
  expect(await names("root")).toContain("secret.m");
  expect(await names("ada")).not.toContain("secret.m");
  const document = (await (await server.logIn("ada")).call("rpc.discover")).args as {
    openrpc: string;
    methods: object[];
  };
  expect(document.openrpc).toBe("1.3.2");
  expect(document.methods).toContainEqual({
    name: "test.add",
    tags: [{ name: "test" }],
    paramStructure: "either",
    params: [
      { name: "arg0", required: true, schema: { type: "integer", mandatory: true } },
      { name: "arg1", required: false, schema: { type: "integer" } },
    ],
    result: { name: "result", schema: true },
  });
});
