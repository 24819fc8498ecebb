// The JSON-RPC 2.0 dialect.

import { describe, expect, it } from "vitest";
import {
  decodeJsonRpcRequest,
  encodeJsonRpcError,
  encodeJsonRpcNotification,
  encodeJsonRpcResult,
  JsonRpcFault,
  toJsonRpcError,
} from "../src/index.ts";
import { samples } from "./samples.ts";

const sample = (name: string): unknown => JSON.parse(samples.get(`json-rpc.${name}`) ?? "");

function fault(text: string): JsonRpcFault {
  try {
    decodeJsonRpcRequest(text);
  } catch (error) {
    if (error instanceof JsonRpcFault) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("samples", () => {
  it("a request is read", () => {
    expect(decodeJsonRpcRequest(samples.get("json-rpc.request") ?? "")).toEqual(sample("request"));
  });

  it("result, error and notification are written", () => {
    expect(JSON.parse(encodeJsonRpcResult(1, 17))).toEqual(sample("result"));
    const extra = [{ path: [0, "name"], message: "expected a string, got 5", code: 22 }];
    const error = toJsonRpcError({ code: 22, message: "arguments do not match", extra });
    expect(JSON.parse(encodeJsonRpcError(2, error))).toEqual(sample("error"));
    const event = { name: "task.created", args: { id: 17, state: "CREATED" } };
    expect(JSON.parse(encodeJsonRpcNotification("event", event))).toEqual(sample("notification"));
  });
});

describe("requests", () => {
  it("without id are notifications, and id null is not the same", () => {
    expect(decodeJsonRpcRequest('{"jsonrpc":"2.0","method":"a.b"}')).toEqual({
      jsonrpc: "2.0",
      method: "a.b",
      params: null,
    });
    expect(decodeJsonRpcRequest('{"jsonrpc":"2.0","method":"a.b","id":null}')).toMatchObject({ id: null });
  });

  it("carry extended values", () => {
    const { params } = decodeJsonRpcRequest(
      '{"jsonrpc":"2.0","id":"x","method":"a.b","params":{"at":{"$date":"2020-01-01"}}}',
    );
    expect(params).toEqual({ at: new Date("2020-01-01") });
  });

  it.each([
    ["{", -32700, null],
    ["[]", -32600, null],
    ["5", -32600, null],
    ['[{"jsonrpc":"2.0","method":"a.b","id":1}]', -32600, null],
    ['{"jsonrpc":"1.0","method":"a.b","id":1}', -32600, 1],
    ['{"method":"a.b","id":1}', -32600, 1],
    ['{"jsonrpc":"2.0","method":5,"id":"x"}', -32600, "x"],
    ['{"jsonrpc":"2.0","method":"a.b","id":{}}', -32600, null],
    ['{"jsonrpc":"2.0","method":"a.b","id":1,"params":"x"}', -32600, 1],
    ['{"jsonrpc":"2.0","method":"a.b","id":1,"params":[{"$date":"x"}]}', -32602, 1],
    ['{"jsonrpc":"2.0","method":"a.b","id":1,"params":[{"__proto__":1}]}', -32602, 1],
  ])("%s is refused with %d under id %j", (text, code, id) => {
    expect(fault(text)).toMatchObject({ id, error: { code } });
  });
});

describe("errors", () => {
  it("other failures of a method carry the number, its name, reason, trace and extra", () => {
    expect(toJsonRpcError({ code: 2, message: "no such pool", extra: { pool: "tank" } })).toEqual({
      code: -32001,
      message: "Method call error",
      data: { error: 2, errname: "ENOENT", reason: "no such pool", trace: null, extra: { pool: "tank" } },
    });
  });

  it("EINVAL without a list of entries is an ordinary failure", () => {
    expect(toJsonRpcError({ code: 22, message: "bad", extra: "x" }).code).toBe(-32001);
    expect(toJsonRpcError({ code: 22, message: "bad", extra: [null] }).code).toBe(-32001);
  });
});
