import { afterEach, describe, expect, it } from "vitest";
import type { SessionEvent } from "../../src/message/values.ts";
import { ContentKeywordRouter } from "../../src/routers/index.ts";
import { ack, message, runRouter, type Running } from "./harness.ts";

let running: Running | undefined;

afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe("ContentKeywordRouter", () => {
  const start = async (config = {}): Promise<Running> => {
    running = await runRouter(ContentKeywordRouter, {
      transports: ["t1"],
      applications: ["a", "b", "c", "rest"],
      config: {
        dispatcher_name: "d",
        rules: [
          { app: "a", keyword: "JOIN" },
          { app: "b", keyword: "join", to_addr: "8000", prefix: "+27" },
        ],
        keyword_mappings: { c: "join" },
        fallback_application: "rest",
        transport_mappings: { "8000": "t1" },
        ...config,
      },
    });
    return running;
  };
  const apps = ({ arrived }: Running): string[] =>
    ["a", "b", "c", "rest"].flatMap((name) => arrived[`${name}.inbound`]?.map(() => name) ?? []);

  it.each([
    ["M43 every rule that matches fires", { content: "join us" }, ["a", "b", "c"]],
    ["M43 case does not matter", { content: "JoIn" }, ["a", "b", "c"]],
    ["to_addr must be equal", { content: "join", to_addr: "1" }, ["a", "c"]],
    ["the sender must begin with prefix", { content: "join", from_addr: "+44" }, ["a", "c"]],
    ["no sender matches no prefix", { content: "join", from_addr: null }, ["a", "c"]],
    ["M43 null content goes to the fallback", { content: null }, ["rest"]],
    ["M97 punctuation belongs to the keyword", { content: "join." }, ["rest"]],
    ["M97 a tab does not end it", { content: "join\tus" }, ["rest"]],
    ["M97 a leading blank gives the empty keyword", { content: " join" }, ["rest"]],
  ])("%s", async (_name, fields, expected) => {
    const router = await start();
    await router.send("t1.inbound", message(fields));
    expect(apps(router)).toEqual(expected);
  });

  it("parks what no rule matches when there is no fallback", async () => {
    const { send, parked } = await start({ fallback_application: null });
    await send("t1.inbound", message({ content: "what" }));
    expect(await parked("t1.inbound")).toEqual(["ROUTER_NO_ROUTE"]);
  });

  it("with session_expiry a person goes on with who answered, until a rule matches, the session ends, or time passes", async () => {
    const router = await start({ session_expiry: 60, keyword_mappings: { c: "quit" } });
    const { send, clock } = router;
    const person = { from_addr: "+1", to_addr: "8000" };
    const says = (content: string, session_event: SessionEvent = "resume") =>
      send("t1.inbound", message({ ...person, content, session_event }));
    const answers = (from: string, session_event: SessionEvent = "resume") =>
      send(
        `${from}.outbound`,
        message({ to_addr: "+1", from_addr: "8000", transport_name: from, session_event, content: "1. Yes" }),
      );
    await says("1");
    await answers("rest");
    await says("JOIN", "new");
    await answers("a");
    await says("1");
    await says("quit");
    await says("2");
    await says("bye", "close");
    await says("3");
    await answers("a");
    await answers("a", "close");
    await says("4");
    await answers("a");
    await clock.advance(60_000);
    await says("5");
    const heard = (name: string) =>
      router.arrived[`${name}.inbound`]?.flatMap((one) => ("content" in one ? [one.content] : []));
    expect(heard("a")).toEqual(["JOIN", "1", "2", "bye"]);
    expect(heard("c")).toEqual(["quit"]);
    expect(heard("rest")).toEqual(["1", "3", "4", "5"]);
  });

  it("M44 M45 remembers who sent a message and brings its events there; others go no further", async () => {
    const { send, arrived, parked, keyValue, clock } = await start({ expire_routing_memory: "60" });
    const sent = message({ from_addr: "8000", transport_name: "b" });
    await send("b.outbound", sent);
    expect(arrived["t1.outbound"]).toHaveLength(1);
    const key = `d:session:message:${sent.message_id}`;
    expect(await keyValue.hgetall(key)).toMatchObject({ name: "b" });
    expect(await keyValue.pttl(key)).toBe(60_000);
    await send("t1.event", ack(sent.message_id));
    await send("t1.event", ack("unknown"));
    await clock.advance(60_000);
    await send("t1.event", ack(sent.message_id));
    expect(arrived["b.event"]).toHaveLength(1);
    expect([...(arrived["a.event"] ?? []), ...(arrived["c.event"] ?? [])]).toEqual([]);
    expect(await parked("t1.event")).toEqual([]);
  });

  it("brings events of a plain reply, which names the transport, to the application that sent it", async () => {
    const { send, arrived } = await start();
    const reply = message({ from_addr: "8000", transport_name: "t1" });
    await send("c.outbound", reply);
    await send("t1.event", ack(reply.message_id));
    expect(arrived["c.event"]).toHaveLength(1);
  });

  it("M94 finds the transport by the sending address", async () => {
    const { send, parked } = await start();
    await send("a.outbound", message({ from_addr: "t1" }));
    expect(await parked("a.outbound")).toEqual(["ROUTER_NO_ROUTE"]);
  });
});
