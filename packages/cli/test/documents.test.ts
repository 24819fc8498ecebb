// The configuration files of Vumi's manual, as they stand there, do here what the manual says. Channels that do not exist here yet are played by
// the test, on the bus.

import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import type { Bus } from "@switchboard/bus";
import { createMemoryBus } from "@switchboard/bus/testing";
import { type Logger, silentLogger } from "@switchboard/core";
import { sequentialIds, TestClock } from "@switchboard/core/testing";
import { builtInClasses } from "@switchboard/gateway";
import {
  type Application,
  createEvent,
  createReply,
  createUserMessage,
  createWorker,
  eventCodec,
  resolveWorkerOptions,
  type TransportEvent,
  type UserMessage,
  userMessageCodec,
  type UserMessageFields,
  type Worker,
} from "@switchboard/messaging";
import type { HttpApiTransport, TelnetServerTransport } from "@switchboard/transports";
import { type KeyValueStore, openKeyValue } from "@switchboard/storage";
import { until } from "@switchboard/testkit";
import { expect, it, onTestFinished } from "vitest";

interface World {
  readonly bus: Bus;
  readonly clock: TestClock;
  readonly keyValue: KeyValueStore;
  readonly logged: string[];
  /** Starts a worker as `switchboard worker` would with these flags. */
  readonly run: (workerClass: string, document?: string, setOption?: readonly string[]) => Promise<Worker>;
  /** What arrives under a key from now on, decoded. */
  readonly collect: (key: string) => Promise<(UserMessage & TransportEvent)[]>;
  readonly give: (key: string, message: UserMessage | TransportEvent) => Promise<void>;
}

async function world(): Promise<World> {
  const clock = new TestClock();
  const bus = createMemoryBus({ clock });
  const keyValue = await openKeyValue({ driver: "memory", clock });
  const logged: string[] = [];
  const note = (_fields: object, line: string): void => void logged.push(line);
  const logger: Logger = { ...silentLogger, info: note, warn: note, error: note };
  const running: Worker[] = [];
  onTestFinished(async () => {
    for (const worker of running.toReversed()) await worker.stop();
    await bus.close();
    await keyValue.close();
  });
  return {
    bus,
    clock,
    keyValue,
    logged,
    run: async (workerClass, document, setOption = []) => {
      const file = document === undefined ? {} : { config: documentPath(document) };
      const { config: source } = await resolveWorkerOptions({ workerClass, setOption, ...file });
      const worker = await createWorker(
        { name: workerClass, className: workerClass, source },
        {
          bus,
          openKeyValue: () => Promise.resolve(keyValue),
          classes: builtInClasses(),
          clock,
          logger,
          newId: sequentialIds("id"),
        },
      );
      running.push(worker);
      await worker.start();
      return worker;
    },
    collect: async (key) => {
      const arrived: (UserMessage & TransportEvent)[] = [];
      const codec = key.endsWith(".event") ? eventCodec : userMessageCodec;
      await bus.consume(key, {}, ({ body }) => void arrived.push(codec.decode(body) as UserMessage & TransportEvent));
      return arrived;
    },
    give: async (key, message) => {
      await bus.publish(key, JSON.stringify(message));
      await clock.advance(0);
    },
  };
}

function documentPath(name: string): string {
  return fileURLToPath(new URL(`documents/${name}`, import.meta.url));
}

function sms(transport_name: string, fields: Partial<UserMessageFields> = {}): UserMessage {
  const base = { to_addr: "8181", from_addr: "+27831234567", content: "hello", transport_type: "sms", transport_name };
  return createUserMessage({ ...base, ...fields });
}

it.each(["dispatcher.yaml", "dispatcher-with-logging.yaml"])(
  "%s connects an SMS and an XMPP transport with one application",
  async (document) => {
    const { run, collect, give, logged } = await world();
    await run("vumi.dispatchers.BaseDispatchWorker", document);
    const atApplication = await collect("my_application.inbound");
    const events = await collect("my_application.event");
    const outlets = {
      smpp_transport: await collect("smpp_transport.outbound"),
      xmpp_transport: await collect("xmpp_transport.outbound"),
    };
    for (const name of ["smpp_transport", "xmpp_transport"] as const) {
      const question = sms(name);
      await give(`${name}.inbound`, question);
      expect(atApplication.at(-1)).toEqual(question);
      const reply = createReply(question, "answer");
      await give("my_application.outbound", reply);
      expect(outlets[name]).toEqual([reply]);
      const ack = createEvent({
        event_type: "ack",
        user_message_id: reply.message_id,
        sent_message_id: "1",
        transport_name: name,
      });
      await give(`${name}.event`, ack);
      expect(events.at(-1)).toEqual(ack);
    }
    expect(atApplication).toHaveLength(2);
    const lines = logged.filter((line) => line.startsWith("Processed "));
    // Each of six messages passes the dispatcher's middleware twice: coming in and going out.
    expect(lines).toHaveLength(document.includes("logging") ? 12 : 0);
    expect(lines.every((line) => /^Processed (inbound|outbound|event) message for \w+: \{.*\}$/.test(line))).toBe(true);
  },
);

it("keyword-router.yaml sends by the first word, to the fallback otherwise, and events to who sent", async () => {
  const { run, collect, give, keyValue } = await world();
  await run("vumi.dispatchers.BaseDispatchWorker", "keyword-router.yaml");
  const [quiz, survey, others] = [
    await collect("quiz.inbound"),
    await collect("survey.inbound"),
    await collect("default_app.inbound"),
  ];
  const [outbound, events] = [await collect("sms_transport.outbound"), await collect("quiz.event")];
  for (const content of ["quiz me", "Survey 1", "quiz, please", null])
    await give("sms_transport.inbound", sms("sms_transport", { content }));
  await give("sms_transport.inbound", sms("sms_transport", { content: "quiz", to_addr: "9999" }));
  expect([quiz, survey, others].map((list) => list.map(({ content }) => content))).toEqual([
    ["quiz me"],
    ["Survey 1"],
    ["quiz, please", null, "quiz"],
  ]);
  const sent = sms("quiz", { from_addr: "8181", to_addr: "+27831234567" });
  await give("quiz.outbound", sent);
  expect(outbound).toEqual([sent]);
  expect(await keyValue.keys()).toContain(`keyword_dispatcher:session:message:${sent.message_id}`);
  const ack = createEvent({ event_type: "ack", user_message_id: sent.message_id, sent_message_id: "1" });
  await give("sms_transport.event", ack);
  expect(events).toMatchObject([{ user_message_id: sent.message_id }]);
});

it("http-api.yaml takes a message with the fields that it names, and answers with its id", async () => {
  const { run, collect } = await world();
  const inbound = await collect("http_transport.inbound");
  // Its port may be taken on this machine, and tests do not listen on other interfaces.
  const transport = (await run("vumi.transports.api.HttpApiTransport", "http-api.yaml", [
    "web_port:0",
    "web_host:127.0.0.1",
  ])) as HttpApiTransport;
  const base = `http://127.0.0.1:${transport.port}/a/path/`;
  const response = await fetch(`${base}?content=hello&to_addr=8181&from_addr=%2B27831234567&provider=mtn`);
  const { message_id } = (await response.json()) as { message_id: string };
  await until(() => inbound.length === 1);
  expect(inbound).toMatchObject([{ message_id, content: "hello", provider: "mtn", transport_type: "http" }]);
  const refused = await fetch(`${base}?content=hello&to_addr=8181&from_addr=1&group=g`);
  expect([refused.status, await refused.json()]).toEqual([400, { unexpected_parameter: ["group"] }]);
});

it("tagging.yaml tags by address, fills the template in, and translates addresses", async () => {
  const { run, collect, give } = await world();
  await run("vumi.transports.devnull.DevNullTransport", "tagging.yaml");
  const inbound = await collect("sms_transport.inbound");
  const outbound = sms("sms_transport", {
    to_addr: "+27831234567",
    from_addr: "unset",
    helper_metadata: { tag: { tag: ["codes", "code-123"] } },
  });
  await give("sms_transport.outbound", outbound);
  expect(inbound).toMatchObject([
    {
      to_addr: "80000123",
      from_addr: "+27831234567",
      helper_metadata: { tag: { tag: ["codes", "code-123"] } },
    },
  ]);
});

it("send-to.yaml routes what an application sends of its own accord; the manual's list is refused with the place", async () => {
  const { run, collect } = await world();
  const application = (await run("vumi.demos.words.EchoWorker", "send-to.yaml")) as Application;
  const outbound = await collect("my_application.outbound");
  await application.sendTo("+1", "news");
  expect(outbound).toMatchObject([{ to_addr: "+1", content: "news", transport_name: "sms_transport" }]);
  await expect(run("vumi.demos.words.EchoWorker", "send-to-as-a-list.yaml")).rejects.toThrow(
    /send-to-as-a-list\.yaml:2:1 send_to: expected an object, each value an object, got a list/,
  );
});

it("the tutorial's options make an echo behind telnet", async () => {
  const { run } = await world();
  const options = ["transport_name:telnet", "telnet_port:0", "telnet_host:127.0.0.1"];
  const transport = await run("vumi.transports.telnet.TelnetServerTransport", undefined, options);
  await run("vumi.demos.words.EchoWorker", undefined, ["transport_name:telnet"]);
  const socket = connect({ port: (transport as TelnetServerTransport).port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  let heard = "";
  socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
  socket.write("hallo world\r\n");
  await until(() => heard.endsWith("hallo world\r\n"));
  // The first line is the echo's greeting of a new session.
  expect(heard.split("\r\n")).toHaveLength(3);
});

it("transport.yaml is read as it stands", async () => {
  const { config } = await resolveWorkerOptions({ config: documentPath("transport.yaml") });
  expect(config.values).toEqual({
    transport_name: "xmpp_transport",
    username: "username",
    password: "password",
    status: "Playing with Vumi.",
    host: "talk.google.com",
    port: 5222,
  });
});
