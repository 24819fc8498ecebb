import { afterEach, describe, expect, it } from "vitest";
import { StaticReplyApplication } from "../../src/applications/static-reply.ts";
import { EchoWorker, ReverseWorker, WordCountWorker } from "../../src/applications/words.ts";
import type { LoadedClass } from "../../src/config/fields.ts";
import { endpointOf, withEndpoint } from "../../src/message/envelope.ts";
import type { Ack, DeliveryReport, Nack } from "../../src/message/event.ts";
import type { UserMessage } from "../../src/message/user-message.ts";
import { runApplication, type RunningApplication } from "../../src/testing/index.ts";
import { Application } from "../../src/worker/application.ts";
import { defineApplication } from "../../src/worker/define-application.ts";

let app: RunningApplication | undefined;

async function run(application: unknown, config: Readonly<Record<string, unknown>> = {}): Promise<RunningApplication> {
  app = await runApplication(application as LoadedClass, { config });
  return app;
}

afterEach(async () => {
  await app?.stop();
  app = undefined;
});

describe("words", () => {
  it.each([
    [EchoWorker, "hi there", "hi there"],
    [ReverseWorker, "añ👍🏽b", "b👍🏽ña"],
    [WordCountWorker, "one", "1 word, 3 chars"],
    [WordCountWorker, "a", "1 word, 1 char"],
    [WordCountWorker, "  two words ", "2 words, 12 chars"],
    [WordCountWorker, "", "0 words, 0 chars"],
  ])("%o answers %j with %j and keeps the session open", async (application, content, answer) => {
    const [reply] = await (await run(application)).say(content);
    expect(reply).toMatchObject({ content: answer, session_event: null, to_addr: "+27831", from_addr: "8000" });
  });

  it("asks for something when the content is null", async () => {
    expect(await (await run(EchoWorker)).ask(null, { session_event: "new" })).toContain("Write something");
  });
});

it("StaticReplyApplication fills in user and date, answers null too, and closes the session", async () => {
  const { say } = await run(StaticReplyApplication, { reply_text: "{user}: {now} {user} {other}" });
  expect(await say(null)).toMatchObject([{ content: "+27831: 2026-01-01 +27831 {other}", session_event: "close" }]);
});

describe("Application", () => {
  class Recording extends Application {
    static readonly log: string[] = [];
    override readonly allowedEndpoints: readonly string[] | null = ["default", "web"];
    override onMessage(message: UserMessage): void {
      Recording.log.push(`message ${message.session_event}`);
    }
    override onNewSession(): void {
      Recording.log.push("new");
    }
    override onCloseSession(): void {
      Recording.log.push("close");
    }
    override onAck(event: Ack): void {
      Recording.log.push(`ack ${event.sent_message_id}`);
    }
    override onNack(event: Nack): void {
      Recording.log.push(`nack ${event.nack_reason}`);
    }
    override onDeliveryReport(event: DeliveryReport): void {
      Recording.log.push(`report ${event.delivery_status}`);
    }
  }

  it("M49 sorts messages by session event and events by type", async () => {
    Recording.log.length = 0;
    const { say, report } = await run(Recording);
    for (const session_event of ["new", null, "resume", "close"] as const) await say("x", { session_event });
    await report({ event_type: "ack", user_message_id: "m", sent_message_id: "s" });
    await report({ event_type: "nack", user_message_id: "m", nack_reason: "no" });
    await report({ event_type: "delivery_report", user_message_id: "m", delivery_status: "failed" });
    expect(Recording.log).toEqual([
      "new",
      "message null",
      "message resume",
      "close",
      "ack s",
      "nack no",
      "report failed",
    ]);
  });

  it("M50 sends to an endpoint with its configured fields, overridden by the call's", async () => {
    const { worker, sent, clock } = await run(Recording, {
      send_to: { default: { transport_name: "sms" }, web: { transport_name: "http", transport_type: "http_api" } },
    });
    const application = worker as Recording;
    await application.sendTo("1", "a");
    await application.sendTo("2", "b", { endpoint: "web", fields: { transport_name: "other" } });
    await clock.advance(0);
    expect(sent).toMatchObject([
      { to_addr: "1", content: "a", transport_name: "sms", in_reply_to: null },
      { to_addr: "2", content: "b", transport_name: "other", transport_type: "http_api" },
    ]);
    expect(sent.map(endpointOf)).toEqual(["default", "web"]);
    await expect(application.sendTo("3", "c", { endpoint: "mail" })).rejects.toMatchObject({
      code: "WORKER_ENDPOINT_NOT_ALLOWED",
    });
  });

  it.each([
    [null, "anything", true],
    [["default"], undefined, true],
    [[], undefined, false],
    [["other"], "default", false],
  ])("M51 with endpoints %j, sending to %j is allowed: %j", async (allowed, endpoint, isAllowed) => {
    class Sending extends Application {
      override readonly allowedEndpoints = allowed;
    }
    const { worker } = await run(Sending);
    const sending = (worker as Sending).sendTo("1", "x", endpoint === undefined ? {} : { endpoint });
    const outcome = await sending.then(
      () => true,
      (error: unknown) => (error as { code?: string }).code,
    );
    expect(outcome).toBe(isAllowed ? true : "WORKER_ENDPOINT_NOT_ALLOWED");
  });

  it("replies on the endpoint that the message came by, to the group when asked to", async () => {
    const grouping = defineApplication({ name: "Grouping", onMessage: (message, reply) => reply(message.group) });
    class ToGroup extends Application {
      override async onMessage(message: UserMessage): Promise<void> {
        await this.replyToGroup(message, "all");
      }
    }
    expect((await (await run(grouping)).say("x", { group: "#g" }))[0]).toMatchObject({
      to_addr: "+27831",
      group: "#g",
    });
    await app?.stop();
    expect((await (await run(ToGroup)).say("x", { group: "#g" }))[0]).toMatchObject({ to_addr: null, group: "#g" });
  });
});

describe("defineApplication", () => {
  it("gives its functions the checked configuration and the ways to answer", async () => {
    const Greeter = defineApplication({
      name: "Greeter",
      config: { greeting: { type: "text", default: "Hello", doc: "First word." } },
      onMessage: ({ content }, reply, { config }) => reply(`${config.greeting}, ${content}`),
      onNewSession: (_message, reply) => reply("Your name?"),
      onCloseSession: ({ from_addr }, { keyValue }) => keyValue.set("gone", from_addr ?? ""),
      onEvent: ({ event_type }, { sendTo }) => sendTo("boss", event_type),
    });
    expect(Greeter.name).toBe("Greeter");
    const { ask, say, report, sent, keyValue } = await run(Greeter, { greeting: "Ahoj" });
    expect(await ask(null, { session_event: "new" })).toBe("Your name?");
    expect(await ask("Eva")).toBe("Ahoj, Eva");
    await say(null, { session_event: "close" });
    expect(await keyValue.get("gone")).toBe("+27831");
    await report({ event_type: "ack", user_message_id: "m", sent_message_id: "s" });
    expect(sent.at(-1)).toMatchObject({ to_addr: "boss", content: "ack" });
  });

  it("refuses a configuration that its fields do not accept, naming the field", async () => {
    const Strict = defineApplication({
      name: "Strict",
      config: { count: { type: "int", required: true, doc: "A number." } },
      onMessage: () => undefined,
    });
    await expect(run(Strict, { count: "many" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("count"),
    });
  });

  it("refuses a definition without onMessage, and one of whose functions is misspelt, saying what was meant", () => {
    const define = (members: object): unknown => defineApplication({ name: "Odd", ...members } as never);
    expect(() => define({})).toThrow("application Odd: onMessage: expected a function, got nothing");
    const onMessage = (): void => undefined;
    expect(() => define({ onMesage: onMessage })).toThrow("there is no onMesage; did you mean onMessage?");
    expect(() => define({ onMessage, onNewSesion: onMessage })).toThrow(
      expect.objectContaining({
        code: "WORKER_DEFINITION_INVALID",
        message: "application Odd: there is no onNewSesion; did you mean onNewSession?",
      }),
    );
  });

  it("parks a message whose handler throws, and answers the next", async () => {
    const Picky = defineApplication({
      name: "Picky",
      onMessage: ({ content }, reply) => {
        if (content === "bad") throw new RangeError("cannot");
        return reply("ok");
      },
    });
    const { ask, parked } = await run(Picky);
    expect(await ask("bad")).toBeUndefined();
    expect(await ask("good")).toBe("ok");
    expect(await parked()).toHaveLength(1);
  });
});

it("M20 M88 leaves messages of other endpoints to whoever handles them: here nobody", async () => {
  const { say } = await run(EchoWorker);
  const { routing_metadata } = withEndpoint({ routing_metadata: {} } as UserMessage, "web");
  expect(await say("x", { routing_metadata })).toEqual([]);
});
