// The record of who did what: what goes in, and what must not.

import { Password } from "@switchboard/protocol";
import { describe, expect, test } from "vitest";
import { type AuditEntry, maskSecrets } from "../../src/auth/index.ts";
import { type Caller, ServiceRegistry } from "../../src/rpc/index.ts";

const caller: Caller = {
  id: "c1",
  address: "192.0.2.1,5000",
  resource: undefined,
  principal: { kind: "user", name: "ada", roles: new Set(["operator"]) },
  sessionId: 7,
  features: new Set(),
  onClose: () => () => undefined,
};

function newRegistry(): { services: ServiceRegistry; entries: AuditEntry[] } {
  const entries: AuditEntry[] = [];
  const services = new ServiceRegistry({ audit: { record: (entry) => void entries.push(entry) } });
  services.register("x", {
    methods: {
      open: { handler: () => 1 },
      noted: { audit: true, handler: () => 1 },
      guarded: {
        roles: ["operator"],
        accepts: [{ title: "name" }, { title: "new_password" }, { type: "object", title: "options" }],
        handler: () => 1,
      },
      secret: { private: true, handler: () => 1 },
    },
  });
  return { services, entries };
}

describe("calls", () => {
  test("of methods that only some may call are recorded, whether they succeed or are refused; others are not", async () => {
    const { services, entries } = newRegistry();
    await services.call("x.open", [], { caller });
    await services.call("x.guarded", ["a"], { caller });
    await services.call("x.noted", [], { caller });
    await expect(services.call("x.secret", [], { caller })).rejects.toMatchObject({ errno: 13 });
    await services.call("x.secret");
    const common = { event: "call", address: "192.0.2.1,5000", username: "ada", session: 7 };
    expect(entries).toEqual([
      { ...common, method: "x.guarded", args: ["a"], error: null },
      { ...common, method: "x.noted", args: [], error: null },
      { ...common, method: "x.secret", args: [], error: 13 },
    ]);
  });

  test("never show a secret: by type, by the title of a parameter, by the name of a property, in a URL", async () => {
    const { services, entries } = newRegistry();
    const options = { api_key: "k3y", deep: { passphrase: "s3cret" }, typed: new Password("s3cret"), shown: "fine" };
    await services.call("x.guarded", ["ada", "s3cret", options], { caller });
    await services.call("x.guarded", { name: "ada", new_password: "s3cret" }, { caller });
    await services.call("x.guarded", ["ada", "", { broker: "amqp://user:s3cret@host/" }], { caller });
    const text = JSON.stringify(entries);
    expect(text).toContain("amqp://user:********@host/");
    expect(text).not.toContain("s3cret");
    expect(text).not.toContain("k3y");
    expect(text).toContain("fine");
  });
});

test("what is kept of a value is small and can be stored", () => {
  const deep: unknown = Array.from({ length: 20 }).reduce((inner: unknown) => ({ inner }), "x");
  const kept = maskSecrets({
    text: "x".repeat(10_000),
    list: Array.from({ length: 1_000 }, () => 1),
    bytes: new Uint8Array(9),
    $x: 1,
    deep,
  });
  expect(JSON.stringify(kept).length).toBeLessThan(2_000);
  expect(kept).toMatchObject({ bytes: "9 bytes", _x: 1 });
});
