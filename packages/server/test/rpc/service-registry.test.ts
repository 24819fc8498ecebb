// Services in one process: names, checks in their order, arguments, results, errors.

import { TestClock } from "@switchboard/core/testing";
import { errno, RpcError } from "@switchboard/protocol";
import { describe, expect, test } from "vitest";
import type { Principal } from "../../src/auth/index.ts";
import { type Caller, type Feature, ResultStream, ServiceRegistry } from "../../src/rpc/index.ts";

const admin: Principal = { kind: "user", name: "root", roles: new Set(["admin"]) };
const operator: Principal = { kind: "user", name: "ada", roles: new Set(["operator"]) };

function callerFor(principal?: Principal, features: readonly Feature[] = []): Caller {
  return {
    id: "c1",
    address: "192.0.2.1,5000",
    resource: undefined,
    principal,
    sessionId: undefined,
    features: new Set(features),
    onClose: () => () => undefined,
  };
}

async function failureOf(call: Promise<unknown>): Promise<{ code: number; message: string; extra?: unknown }> {
  const error = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(RpcError);
  return (error as RpcError).toArgs();
}

function newRegistry(): ServiceRegistry {
  const registry = new ServiceRegistry();
  registry.register("test", {
    methods: {
      add: {
        accepts: [
          { type: "integer", title: "a", mandatory: true },
          { type: "integer", title: "b", default: 0 },
        ],
        handler: (a: number, b = 0) => a + b,
      },
      open: { handler: () => "hello", unauthenticated: true },
      secret: { handler: () => "hidden", private: true },
      guarded: { handler: () => "opened", roles: ["keeper"] },
      sender: {
        passSender: true,
        accepts: [{ title: "text" }],
        handler: (text: unknown, sender?: Caller) => [text, sender?.id],
      },
      fail: {
        handler: () => {
          throw new Error("cannot open /var/lib/secret/file.db: gone\n    at Object.<anonymous> (/home/x.ts:1:1)");
        },
      },
      typed: {
        handler: () => {
          throw new RpcError(errno.EBUSY, "taken", { extra: { by: 7 } });
        },
      },
      configure: {
        accepts: [
          {
            type: "object",
            title: "settings",
            properties: { id: { type: "integer", readOnly: true }, size: { type: "integer", default: 5 } },
          },
        ],
        handler: (settings: unknown) => settings,
      },
      count: { generator: true, handler: () => [1, 2, 3] },
    },
  });
  registry.register("a.b.c", { methods: { d: { handler: () => "deep" } } });
  return registry;
}

describe("who may call", () => {
  const registry = newRegistry();
  const stranger = callerFor();

  test("S4 a call before login of a method that does not exist gets EACCES, not ENOENT", async () => {
    for (const method of ["test.nothing", "nothing.at_all", "nodot", "test.add"]) {
      expect((await failureOf(registry.call(method, [], { caller: stranger }))).code).toBe(errno.EACCES);
    }
    expect(await registry.call("test.open", [], { caller: stranger })).toBe("hello");
  });

  test("S19 a method without a dot is EINVAL, an unknown service or method ENOENT", async () => {
    const caller = callerFor(operator);
    expect((await failureOf(registry.call("nodot", [], { caller }))).code).toBe(22);
    expect((await failureOf(registry.call("nothing.at_all", [], { caller }))).code).toBe(2);
    expect((await failureOf(registry.call("test.nothing", [], { caller }))).code).toBe(2);
  });

  test("S20 the name is split at its last dot", async () => {
    expect(await registry.call("a.b.c.d", [], { caller: callerFor(operator) })).toBe("deep");
  });

  test("S21 what was not declared is not reachable, whatever objects inherit", async () => {
    for (const name of ["_helper", "initialize", "constructor", "__proto__", "toString", "hasOwnProperty", ""]) {
      expect((await failureOf(registry.call(`test.${name}`, [], { caller: callerFor(admin) }))).code).toBe(2);
    }
    for (const name of ["constructor.x", "__proto__.toString"]) {
      expect((await failureOf(registry.call(name, [], { caller: callerFor(admin) }))).code).toBe(2);
    }
  });

  test("S28 a private method is for services and administrators; discovery shows it as private", async () => {
    expect((await failureOf(registry.call("test.secret", [], { caller: callerFor(operator) }))).code).toBe(13);
    expect(await registry.call("test.secret", [], { caller: callerFor(admin) })).toBe("hidden");
    const entries = (await registry.call("test.enumerate_methods", [], { caller: callerFor(operator) })) as {
      name: string;
      private: boolean;
      allowed: boolean;
    }[];
    expect(entries.find(({ name }) => name === "secret")).toMatchObject({ private: true, allowed: false });
    expect(entries.find(({ name }) => name === "add")).toMatchObject({ private: false, allowed: true });
  });

  test("S29 a caller lacking a required role gets EACCES", async () => {
    expect((await failureOf(registry.call("test.guarded", [], { caller: callerFor(operator) }))).code).toBe(13);
    const keeper: Principal = { kind: "user", name: "k", roles: new Set(["keeper"]) };
    expect(await registry.call("test.guarded", [], { caller: callerFor(keeper) })).toBe("opened");
    expect(await registry.call("test.guarded")).toBe("opened");
  });
});

describe("arguments", () => {
  const registry = newRegistry();
  const caller = callerFor(operator);

  test("S22 arguments by name are matched by title and validated", async () => {
    expect(await registry.call("test.add", { b: 2, a: 1 }, { caller })).toBe(3);
    const error = await failureOf(registry.call("test.add", { a: "x" }, { caller }));
    expect(error).toMatchObject({ code: 22, extra: [{ path: [0], code: 22 }] });
    expect((await failureOf(registry.call("test.open", { a: 1 }, { caller }))).code).toBe(22);
  });

  test("S23 a wrong type in argument 1 names it", async () => {
    const { code, extra } = await failureOf(registry.call("test.add", [1, "x"], { caller }));
    expect(code).toBe(22);
    expect(extra).toMatchObject([{ path: [1], code: 22 }]);
  });

  test("S24 one argument too many is EINVAL with an empty path", async () => {
    const { code, extra } = await failureOf(registry.call("test.add", [1, 2, 3], { caller }));
    expect(code).toBe(22);
    expect(extra).toMatchObject([{ path: [] }]);
  });

  test("S25 trailing arguments that are not mandatory may be left out", async () => {
    expect(await registry.call("test.add", [1], { caller })).toBe(1);
    expect((await failureOf(registry.call("test.add", null, { caller }))).code).toBe(22);
  });

  test("S26 a read-only property is removed, or refused from callers that asked for strictness", async () => {
    const strict = callerFor(operator, ["strict_validation"]);
    expect(await registry.call("test.configure", [{ id: 1, size: 2 }], { caller })).toEqual({ size: 2 });
    expect((await failureOf(registry.call("test.configure", [{ id: 1, size: 2 }], { caller: strict }))).code).toBe(22);
    expect(await registry.call("test.configure", [{ size: 2 }], { caller: strict })).toEqual({ size: 2 });
  });

  test("S27 the handler sees defaults", async () => {
    expect(await registry.call("test.configure", [{}], { caller })).toEqual({ size: 5 });
  });

  test("the sender comes behind the last declared parameter, however many were given, and cannot be forged", async () => {
    expect(await registry.call("test.sender", [], { caller })).toEqual([undefined, "c1"]);
    expect(await registry.call("test.sender", ["x"], { caller })).toEqual(["x", "c1"]);
    expect((await failureOf(registry.call("test.sender", ["x", { id: "forged" }], { caller }))).code).toBe(22);
    expect(await registry.call("test.sender", ["x"])).toEqual(["x", undefined]);
  });
});

describe("results", () => {
  const registry = newRegistry();

  test("S30 an unexpected error is EFAULT without trace or paths", async () => {
    const { code, message } = await failureOf(registry.call("test.fail"));
    expect(code).toBe(14);
    expect(message).toBe("Error: cannot open …: gone");
  });

  test("S31 a typed error keeps code, message and extra; without extra there is no such member", async () => {
    expect(await failureOf(registry.call("test.typed"))).toEqual({ code: 16, message: "taken", extra: { by: 7 } });
    registry.register("plain", {
      methods: {
        fail: {
          handler: () => {
            throw new RpcError(errno.EBUSY, "taken");
          },
        },
      },
    });
    expect(Object.keys(await failureOf(registry.call("plain.fail")))).toEqual(["code", "message"]);
  });

  test("S32 a call that takes too long fails with 60, whatever the host's number", async () => {
    const clock = new TestClock();
    const slow = new ServiceRegistry({ clock });
    slow.register("slow", { methods: { wait: { handler: () => new Promise(() => undefined), timeoutMs: 1_000 } } });
    const failure = failureOf(slow.call("slow.wait"));
    await clock.advance(1_000);
    expect((await failure).code).toBe(60);
  });

  test("generator methods give a stream, read as fast as asked", async () => {
    expect(await registry.call("test.count")).toBeInstanceOf(ResultStream);
    const items: unknown[] = [];
    for await (const item of registry.stream("test.count")) items.push(item);
    expect(items).toEqual([1, 2, 3]);
  });

  test("an aborted call fails with 85", async () => {
    const controller = new AbortController();
    registry.register("hang", { methods: { on: { handler: () => new Promise(() => undefined) } } });
    const failure = failureOf(registry.call("hang.on", null, { signal: controller.signal }));
    controller.abort();
    expect((await failure).code).toBe(errno.ECANCELED);
  });
});

describe("registration", () => {
  test("a name that is taken is EEXIST, and free again after unregistering", () => {
    const registry = newRegistry();
    const definition = { methods: { m: { handler: () => 1 } } };
    const unregister = registry.register("x", definition);
    expect(() => registry.register("x", definition)).toThrow(expect.objectContaining({ code: "RPC_SERVICE_EXISTS" }));
    unregister();
    unregister();
    expect(registry.has("x")).toBe(false);
    registry.register("x", definition);
    expect(registry.names()).toEqual(["test", "a.b.c", "x"]);
  });

  test("a call in progress finishes when its service is unregistered, new ones get ENOENT", async () => {
    const registry = new ServiceRegistry();
    let finish: (value: string) => void = () => undefined;
    const unregister = registry.register("x", {
      methods: { m: { handler: () => new Promise((resolve) => (finish = resolve)) } },
    });
    const call = registry.call("x.m");
    await Promise.resolve();
    unregister();
    finish("done");
    expect(await call).toBe("done");
    expect((await failureOf(registry.call("x.m"))).code).toBe(2);
  });

  test("names and definitions are checked", () => {
    const registry = new ServiceRegistry();
    const refused = expect.objectContaining({ code: "RPC_DEFINITION_INVALID" });
    const methods = { m: { handler: () => 1 } };
    for (const name of ["", "a b", ".a", "a.", "1a", "a..b", "x".repeat(200)]) {
      expect(() => registry.register(name, { methods })).toThrow(refused);
    }
    expect(() => registry.register("x", { methods: { _hidden: { handler: () => 1 } } })).toThrow(refused);
    expect(() => registry.register("x", {})).toThrow(refused);
  });

  test("everybody who waits for a service is woken, or told that it did not come", async () => {
    const clock = new TestClock();
    const registry = new ServiceRegistry({ clock });
    const waits = [registry.waitFor("x"), registry.waitFor("x", 1_000), registry.waitFor("y", 500)];
    await clock.advance(500);
    registry.register("x", { methods: { m: { handler: () => 1 } } });
    expect(await Promise.all(waits)).toEqual([true, true, false]);
    expect(await registry.waitFor("x")).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
