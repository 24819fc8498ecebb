import { TestClock } from "@switchboard/core/testing";
import { describe, expect, it } from "vitest";
import { classKinds, messagingClasses } from "../../src/built-in.ts";
import { ConfigSource } from "../../src/config/source.ts";
import { createUserMessage, type UserMessage, type UserMessageFields } from "../../src/message/user-message.ts";
import { ClassRegistry } from "../../src/registry.ts";
import { type DryRouter, openDryRouter } from "../../src/routers/dry-run.ts";

const classes = new ClassRegistry(messagingClasses, classKinds);
const clock = new TestClock();
const names = { transport_names: ["sms", "ussd"], exposed_names: ["clinic", "help"] };

async function opened(values: object, className = "BaseDispatchWorker"): Promise<DryRouter> {
  const router = await openDryRouter(
    { className, source: new ConfigSource({ ...names, ...values }) },
    { classes, clock },
  );
  if (router === undefined) throw new Error(`${className} is no dispatcher`);
  return router;
}

function message(fields: Partial<UserMessageFields> = {}): UserMessage {
  const base = { to_addr: "8000", from_addr: "+27", transport_name: "sms", transport_type: "sms", content: "hi" };
  return createUserMessage({ ...base, ...fields }, { clock });
}

const keyword = {
  router_class: "ContentKeywordRouter",
  dispatcher_name: "keywords",
  rules: [
    { app: "clinic", keyword: "DOC" },
    { app: "help", keyword: "doc", to_addr: "8001" },
    { app: "help", keyword: "doc", prefix: "+27" },
  ],
  keyword_mappings: { help: "help" },
  transport_mappings: { "8000": "sms" },
};

// Configuration, a message, and the rules that must match it with their targets.
const cases: readonly (readonly [string, object, UserMessage, readonly (readonly [number, string])[]])[] = [
  [
    "keywords",
    keyword,
    message({ content: "doc please" }),
    [
      [1, "clinic"],
      [3, "help"],
    ],
  ],
  ["keywords, none of which fits", keyword, message({ content: "else" }), []],
  ["keywords by their short form", keyword, message({ content: "HELP" }), [[4, "help"]]],
  [
    "patterns, all of which fire",
    { router_class: "ToAddrRouter", toaddr_mappings: { clinic: "80", help: "8000$" } },
    message(),
    [
      [1, "clinic"],
      [2, "help"],
    ],
  ],
  [
    "patterns, the first of which decides",
    {
      router_class: "ToAddressRouter",
      to_address_mappings: [
        { name: "help", pattern: "9" },
        { name: "clinic", pattern: "80" },
      ],
    },
    message(),
    [[2, "clinic"]],
  ],
  [
    "a table of transports",
    { router_class: "SimpleDispatchRouter", route_mappings: { ussd: "help", sms: ["clinic", "help"] } },
    message(),
    [
      [2, "clinic"],
      [3, "help"],
    ],
  ],
  [
    "redirections",
    { router_class: "RedirectRouter", redirect_inbound: { ussd: "help", sms: "clinic" } },
    message(),
    [[2, "clinic"]],
  ],
  [
    "transports to transports",
    { router_class: "TransportToTransportRouter", route_mappings: { sms: ["ussd"] } },
    message(),
    [[1, "ussd"]],
  ],
];

describe("rules of routers", () => {
  it.each(cases)(
    "of %s: those that match are those that decide, with their numbers",
    async (_name, config, asked, expected) => {
      const router = await opened(config);
      const { targets, problem } = await router.route(asked, "sms");
      const matching = router.rules?.rules.filter((rule) => rule.mismatch(asked, "sms") === undefined) ?? [];
      expect(matching.map(({ number, target }) => [number, target])).toEqual(expected);
      expect(targets.map(({ rule, connector }) => [rule, connector])).toEqual(expected);
      expect(problem === undefined).toBe(expected.length > 0);
      await router.close();
    },
  );

  it("tells why a rule does not match", async () => {
    const router = await opened(keyword);
    const reasons = router.rules?.rules.map((rule) =>
      rule.mismatch(message({ content: "doc", from_addr: "+44" }), "sms"),
    );
    expect(reasons).toEqual([undefined, 'to_addr is "8000"', 'from_addr is "+44"', 'the first word is "doc"']);
    await router.close();
  });

  it("of a routing table are its rows", async () => {
    const router = await opened(
      {
        receive_inbound_connectors: ["sms", "ussd"],
        receive_outbound_connectors: ["clinic"],
        routing_table: { sms: { default: ["clinic", "web"] }, clinic: { default: ["sms", "default"] } },
      },
      "RoutingTableDispatcher",
    );
    expect(router.rules).toMatchObject({
      firstMatch: true,
      rules: [{ number: 1, value: "sms, default", target: "clinic web" }],
    });
    expect(await router.route(message(), "sms")).toEqual({
      targets: [{ connector: "clinic", endpoint: "web", rule: 1 }],
      problem: undefined,
    });
    expect((await router.route(message(), "ussd")).problem).toMatch(/no row/);
    await router.close();
  });

  it("sends everything to the one application of a router that has just one", async () => {
    const router = await opened({ router_class: "LoadBalancingRouter", exposed_names: ["clinic"] });
    expect(router.rules?.rules).toMatchObject([{ number: 1, target: "clinic" }]);
    expect((await router.route(message(), "sms")).targets).toMatchObject([{ connector: "clinic" }]);
    await router.close();
  });

  it("does not ask what is no dispatcher", async () => {
    const plan = { className: "EchoWorker", source: new ConfigSource({ transport_name: "echo" }) };
    expect(await openDryRouter(plan, { classes })).toBeUndefined();
  });
});
