import { afterEach, describe, expect, it } from "vitest";
import {
  FromAddrMultiplexRouter,
  LoadBalancingRouter,
  RedirectRouter,
  RoutingTableDispatcher,
  SimpleDispatchRouter,
  ToAddrRouter,
  ToAddressRouter,
  TransportToTransportRouter,
  UserGroupingRouter,
} from "../../src/routers/index.ts";
import { endpointOf, withEndpoint } from "../../src/message/envelope.ts";
import { ack, message, runDispatcher, runRouter, type Running } from "./harness.ts";

let running: Running | undefined;

afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe("SimpleDispatchRouter", () => {
  const start = async (config = {}): Promise<Running> => {
    running = await runRouter(SimpleDispatchRouter, {
      transports: ["t1", "t2"],
      applications: ["a", "b"],
      config: { route_mappings: { t1: ["a", "b"], t2: "a" }, ...config },
      middleware: [{ name: "mark", middleware: { publishInbound: (one, name) => ({ ...one, group: name }) } }],
    });
    return running;
  };

  it("M38 sends every target an equal message of its own, through the publish middleware of that target", async () => {
    const { send, arrived } = await start();
    const sent = message();
    await send("t1.inbound", sent);
    expect(arrived["a.inbound"]).toEqual([{ ...sent, group: "a" }]);
    expect(arrived["b.inbound"]).toEqual([{ ...sent, group: "b" }]);
  });

  it("M39 M91 routes events by their transport name, and by the queue when they have none", async () => {
    const { send, arrived } = await start();
    await send("t1.event", ack("m1", "t2"));
    await send("t2.event", ack("m2", null));
    expect(arrived["a.event"]).toMatchObject([{ user_message_id: "m1" }, { user_message_id: "m2" }]);
    expect(arrived["b.event"]).toEqual([]);
  });

  it("M93 takes a single application written as text", async () => {
    const { send, arrived } = await start();
    await send("t2.inbound", message({ transport_name: "t2" }));
    expect(arrived["a.inbound"]).toHaveLength(1);
  });

  it("M40 lets transport_mappings change the destination but not the message; unmapped names pass", async () => {
    const { send, arrived } = await start({ transport_mappings: { old: "t2" } });
    await send("a.outbound", message({ transport_name: "old" }));
    await send("a.outbound", message({ transport_name: "t1" }));
    expect(arrived["t2.outbound"]).toMatchObject([{ transport_name: "old" }]);
    expect(arrived["t1.outbound"]).toMatchObject([{ transport_name: "t1" }]);
  });

  it("M40 parks a message for a transport that does not exist, and goes on", async () => {
    const { send, arrived, parked } = await start();
    await send("a.outbound", message({ transport_name: "gone" }));
    await send("a.outbound", message());
    expect(await parked("a.outbound")).toEqual(["ROUTER_NO_CONNECTOR"]);
    expect(arrived["t1.outbound"]).toHaveLength(1);
  });

  it.each(["unknown", "__proto__", "constructor", null])(
    "parks a message of transport %j, which has no route",
    async (name) => {
      const { send, parked } = await start();
      await send("t1.inbound", message({ transport_name: name }));
      expect(await parked("t1.inbound")).toEqual(["ROUTER_NO_ROUTE"]);
    },
  );
});

it("logs and drops what has no route when told to, with a nack for what an application sent", async () => {
  running = await runRouter(SimpleDispatchRouter, {
    transports: ["t1"],
    applications: ["a"],
    config: { route_mappings: {} },
    unrouted: "log",
  });
  await running.send("t1.inbound", message());
  const sent = message({ transport_name: null });
  await running.send("a.outbound", sent);
  expect(running.logged).toEqual(["no route; message dropped", "no route; message dropped"]);
  expect(await running.parked("t1.inbound")).toEqual([]);
  expect(running.arrived["a.event"]).toMatchObject([
    { event_type: "nack", user_message_id: sent.message_id, transport_name: "a" },
  ]);
});

it("M41 TransportToTransportRouter: what comes in on one transport goes out on another, unchanged, and nothing else is sent", async () => {
  running = await runRouter(TransportToTransportRouter, {
    transports: ["t1", "t2"],
    applications: [],
    config: { route_mappings: { t1: ["t2"] } },
  });
  const sent = message();
  await running.send("t1.inbound", sent);
  await running.send("t1.event", ack("m"));
  expect(running.arrived).toEqual({ "t1.outbound": [], "t2.outbound": [sent] });
});

describe("ToAddrRouter", () => {
  const start = async (): Promise<Running> => {
    running = await runRouter(ToAddrRouter, {
      transports: ["t1"],
      applications: ["a", "b", "c"],
      config: { toaddr_mappings: { a: "^8[0-9]+$", b: "80", c: "Short" } },
    });
    return running;
  };

  it("M95 sends to every application whose pattern matches the beginning, case-sensitively; events vanish", async () => {
    const { send, arrived } = await start();
    await send("t1.inbound", message({ to_addr: "8001" }));
    await send("t1.inbound", message({ to_addr: "80x" }));
    await send("t1.inbound", message({ to_addr: "Shortcode" }));
    await send("t1.event", ack("m"));
    expect(arrived["a.inbound"]?.map((one) => "to_addr" in one && one.to_addr)).toEqual(["8001"]);
    expect(arrived["b.inbound"]?.map((one) => "to_addr" in one && one.to_addr)).toEqual(["8001", "80x"]);
    expect(arrived["c.inbound"]).toHaveLength(1);
    expect(arrived["a.event"]).toEqual([]);
  });

  it.each(["short", null])("parks a message to %j, which no pattern matches", async (to_addr) => {
    const { send, parked } = await start();
    await send("t1.inbound", message({ to_addr }));
    expect(await parked("t1.inbound")).toEqual(["ROUTER_NO_ROUTE"]);
  });
});

describe("FromAddrMultiplexRouter", () => {
  it("gives the application one name for all transports and finds the transport by the sending address", async () => {
    running = await runRouter(FromAddrMultiplexRouter, {
      transports: ["t1", "t2"],
      applications: ["mux"],
      config: { fromaddr_mappings: { "8001": "t1", "8002": "t2" } },
    });
    const { send, arrived, parked } = running;
    await send("t1.inbound", message());
    await send("t2.event", ack("m", "t2"));
    await send("mux.outbound", message({ from_addr: "8002", transport_name: "mux" }));
    await send("mux.outbound", message({ from_addr: "9" }));
    expect(arrived["mux.inbound"]).toMatchObject([{ transport_name: "mux" }]);
    expect(arrived["mux.event"]).toMatchObject([{ transport_name: "mux" }]);
    expect(arrived["t2.outbound"]).toMatchObject([{ transport_name: "t2" }]);
    expect(await parked("mux.outbound")).toEqual(["ROUTER_NO_ROUTE"]);
  });

  it("needs exactly one application", async () => {
    const start = runRouter(FromAddrMultiplexRouter, {
      transports: ["t1"],
      applications: ["a", "b"],
      config: { fromaddr_mappings: {} },
    });
    await expect(start).rejects.toMatchObject({ cause: { code: "ROUTER_CONFIG_INVALID" } });
  });
});

it("M42 M96 UserGroupingRouter: alternates over the sorted groups for new people and stays with it for known ones", async () => {
  running = await runRouter(UserGroupingRouter, {
    transports: ["t1"],
    applications: ["one", "two"],
    config: { dispatcher_name: "d", group_mappings: { g2: "two", g1: "one" }, route_mappings: { t1: "one" } },
  });
  const { send, arrived, keyValue } = running;
  for (const from_addr of ["1", "2", "1", "3", "2"]) await send("t1.inbound", message({ from_addr }));
  await send("t1.event", ack("m"));
  const senders = (key: string): unknown => arrived[key]?.map((one) => "from_addr" in one && one.from_addr);
  expect(senders("one.inbound")).toEqual(["1", "1", "3"]);
  expect(senders("two.inbound")).toEqual(["2", "2"]);
  expect(arrived["one.event"]).toHaveLength(1);
  expect(await keyValue.get("d:user:3")).toBe("g1");
  expect(await keyValue.get("d:round-robin")).toBe("3");
});

describe("LoadBalancingRouter", () => {
  const start = async (config = {}): Promise<Running> => {
    running = await runRouter(LoadBalancingRouter, { transports: ["t1", "t2"], applications: ["app"], config });
    return running;
  };

  it("M47 sends in turn, and replies where the message came in", async () => {
    const { send, arrived } = await start();
    await send("t2.inbound", message({ transport_name: "t2" }));
    const [inbound] = arrived["app.inbound"] ?? [];
    expect(inbound).toMatchObject({
      transport_name: "app",
      helper_metadata: { load_balancer: { transport_names: ["t2"] } },
    });
    const { helper_metadata } = inbound ?? message();
    await send("app.outbound", message({ transport_name: "app", in_reply_to: "x", helper_metadata }));
    expect(arrived["t2.outbound"]).toMatchObject([
      { transport_name: "t2", helper_metadata: { load_balancer: { transport_names: [] } } },
    ]);
    for (let turn = 0; turn < 3; turn++) await send("app.outbound", message());
    expect(arrived["t1.outbound"]).toHaveLength(2);
    expect(arrived["t2.outbound"]).toHaveLength(2);
  });

  it.each([{}, { load_balancer: { transport_names: ["gone"] } }, { load_balancer: "odd" }])(
    "M47 warns about a reply that does not know its transport, and takes the next one (%j)",
    async (helper_metadata) => {
      const { send, arrived, logged } = await start();
      await send("app.outbound", message({ in_reply_to: "x", helper_metadata }));
      expect(arrived["t1.outbound"]).toHaveLength(1);
      expect(logged).toHaveLength(1);
    },
  );

  it("M47 leaves names alone when told to, both ways", async () => {
    const { send, arrived } = await start({ rewrite_transport_names: false });
    await send("t1.inbound", message());
    await send("t1.event", ack("m"));
    await send("app.outbound", message({ transport_name: "app" }));
    expect(arrived["app.inbound"]).toMatchObject([{ transport_name: "t1" }]);
    expect(arrived["app.event"]).toMatchObject([{ transport_name: "t1" }]);
    expect(arrived["t1.outbound"]).toMatchObject([{ transport_name: "app" }]);
  });
});

it("M46 RedirectRouter: renames inbound messages and events, leaves outbound ones, parks what it does not know", async () => {
  running = await runRouter(RedirectRouter, {
    transports: ["t1"],
    applications: ["app"],
    config: { redirect_inbound: { t1: "app" }, redirect_outbound: { app: "t1" } },
  });
  const { send, arrived, parked } = running;
  await send("t1.inbound", message());
  await send("t1.event", ack("m"));
  await send("app.outbound", message({ transport_name: "app" }));
  await send("app.outbound", message({ transport_name: "other" }));
  expect(arrived["app.inbound"]).toMatchObject([{ transport_name: "app" }]);
  expect(arrived["app.event"]).toMatchObject([{ transport_name: "app" }]);
  expect(arrived["t1.outbound"]).toMatchObject([{ transport_name: "app" }]);
  expect(await parked("app.outbound")).toEqual(["ROUTER_NO_ROUTE"]);
});

it("M81 M95 ToAddressRouter: the first pattern decides, events follow the message they are about", async () => {
  running = await runRouter(ToAddressRouter, {
    transports: ["t1"],
    applications: ["a", "b", "rest"],
    config: {
      to_address_mappings: [
        { name: "b", pattern: "8.*" },
        { name: "a", pattern: "80" },
      ],
      default_app: "rest",
    },
  });
  const { send, arrived, parked } = running;
  await send("t1.inbound", message({ to_addr: "8000" }));
  await send("t1.inbound", message({ to_addr: "9" }));
  await send("t1.inbound", message({ to_addr: null }));
  const sent = message({ from_addr: "8000" });
  await send("b.outbound", sent);
  await send("t1.event", ack(sent.message_id));
  await send("t1.event", ack("unknown"));
  expect(arrived["b.inbound"]).toHaveLength(1);
  expect(arrived["a.inbound"]).toEqual([]);
  expect(arrived["rest.inbound"]).toHaveLength(2);
  expect(arrived["b.event"]).toHaveLength(1);
  expect(await parked("t1.event")).toEqual([]);
});

describe("RoutingTableDispatcher", () => {
  it("M48 M105 writes the target endpoint, routes events by the transport's row, and parks what has no entry", async () => {
    running = await runDispatcher(RoutingTableDispatcher, {
      transports: ["t1"],
      applications: ["app1", "app2"],
      config: {
        receive_inbound_connectors: ["t1"],
        receive_outbound_connectors: ["app1", "app2"],
        routing_table: {
          t1: { default: ["app1", "default"], web: ["app2", "ep"] },
          app1: { default: ["t1", "default"] },
          app2: { ep: ["nowhere", "x"] },
        },
      },
    });
    const { send, arrived, parked } = running;
    await send("t1.inbound", withEndpoint(message(), "web"));
    await send("t1.event", ack("m"));
    await send("app1.outbound", message());
    await send("app2.outbound", message());
    await send("app2.outbound", withEndpoint(message(), "ep"));
    expect(arrived["app2.inbound"]?.map(endpointOf)).toEqual(["ep"]);
    expect(arrived["app1.event"]?.map(endpointOf)).toEqual(["default"]);
    expect(arrived["t1.outbound"]?.map(endpointOf)).toEqual(["default"]);
    expect(await parked("app2.outbound")).toEqual(["ROUTER_NO_ROUTE", "ROUTER_NO_CONNECTOR"]);
  });
});
