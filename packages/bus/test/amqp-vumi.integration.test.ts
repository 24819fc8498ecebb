// The RabbitMQ bus beside others on one broker: queues and messages of Vumi's workers, queues of operators, wrong logins, refused messages, TLS.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { createServer } from "node:tls";
import amqplib, { type ChannelModel, type ConfirmChannel, type Options } from "amqplib";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeWithServer, freePort, tempFolder, until } from "@switchboard/testkit";
import { TestClock } from "@switchboard/core/testing";
import type { Delivery } from "../src/bus.ts";
import { type AmqpBus, type AmqpBusOptions, openAmqpBus } from "../src/amqp/index.ts";

const patience = { timeout: 30_000, interval: 10 };

describeWithServer("rabbitmq", "a RabbitMQ bus beside others", (server) => {
  const buses: AmqpBus[] = [];
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  let queue: string;
  let lastQueue = 0;

  beforeEach(async () => {
    connection = await amqplib.connect(server().url);
    connection.on("error", () => undefined);
    channel = await connection.createConfirmChannel();
    channel.on("error", () => undefined);
    queue = `sms-${++lastQueue}.inbound`;
  });

  afterEach(async () => {
    for (const bus of buses.splice(0)) await bus.close({ drainTimeoutMs: 0 });
    await connection.close();
  });

  const open = async (options: Partial<AmqpBusOptions> = {}): Promise<AmqpBus> => {
    const bus = await openAmqpBus({ url: server().url, ...options });
    buses.push(bus);
    return bus;
  };

  /** Declares exchange and queue as Vumi's consumers do: durable, bound by the queue's name, without arguments. */
  const declareAsVumi = async (): Promise<void> => {
    await channel.assertExchange("vumi", "direct", { durable: true });
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, "vumi", queue);
  };

  /** Publishes as Vumi does, which sets the delivery mode and nothing else; or with more. */
  const publishAs = async (body: string, properties: Options.Publish = {}): Promise<void> => {
    channel.publish("vumi", queue, Buffer.from(body), { deliveryMode: 2, ...properties });
    await channel.waitForConfirms();
  };

  it("takes messages that have no properties, and gives each an id that stays", async () => {
    await declareAsVumi();
    await publishAs('{"message_id":"1"}');
    const bus = await open();
    const received: Delivery[] = [];
    await bus.consume(queue, { retryDelayMs: 1 }, (delivery) => {
      received.push(delivery);
      if (delivery.attempt === 1) throw new Error("not yet");
    });
    await until(() => received.length === 2);
    const [first, second] = received;
    expect(first?.body.toString()).toBe('{"message_id":"1"}');
    const foreign = { contentType: undefined, headers: {}, priority: 0, publishedAt: undefined };
    expect(first).toMatchObject({ queue, exchange: "vumi", routingKey: queue, attempt: 1, ...foreign });
    expect(second).toEqual({ ...first, attempt: 2 });
  });

  it("publishes what Vumi's consumers understand, to queues as they declare them", async () => {
    const bus = await open();
    await bus.publish(queue, '{"message_id":"1"}');
    // The worker comes later, and declares what the bus has declared for it.
    await declareAsVumi();
    const message = await channel.get(queue);
    if (message === false) throw new Error("no message");
    expect(message.content.toString()).toBe('{"message_id":"1"}');
    expect(message.fields).toMatchObject({ exchange: "vumi", routingKey: queue, redelivered: false });
    expect(message.properties).toMatchObject({ deliveryMode: 2, contentType: undefined, expiration: undefined });
    channel.ack(message);
  });

  it("keeps another program's properties and headers through a retry and parking", async () => {
    await declareAsVumi();
    const properties = {
      correlationId: "c",
      type: "t",
      appId: "other",
      contentType: "application/json",
      timestamp: 1_700_000_000,
    };
    await publishAs("not json", { ...properties, headers: { count: 3, nested: { a: 1 }, CC: [], text: "x" } });
    const bus = await open();
    await bus.consume(queue, { retryDelayMs: 1, maxDeliveries: 2 }, () => Promise.reject(new Error("no")));
    await expect.poll(async () => (await bus.inspect(queue))[0]?.parked, patience).toBe(1);
    const [parked] = (await bus.parking.list(queue)).messages;
    expect(parked).toMatchObject({ publishedAt: 1_700_000_000_000, contentType: "application/json", attempt: 2 });
    expect(parked?.headers).toEqual({ count: "3", nested: '{"a":1}', text: "x" });
    const raw = await channel.get(`${queue}.parked`);
    if (raw === false) throw new Error("no message");
    expect(raw.properties).toMatchObject(properties);
    expect(raw.properties.headers).toMatchObject({ count: 3, nested: { a: 1 }, text: "x" });
    expect(raw.content.toString()).toBe("not json");
    channel.nack(raw);
  });

  it("delivers again, and parks in the end, a message with more headers than it could send again", async () => {
    await declareAsVumi();
    await publishAs("x", { headers: { big: "x".repeat(65_000) } });
    const bus = await open();
    await bus.consume(queue, { retryDelayMs: 1, maxDeliveries: 2 }, () => Promise.reject(new Error("no")));
    await expect.poll(async () => (await bus.inspect(queue))[0]?.parked, patience).toBe(1);
    const [parked] = (await bus.parking.list(queue)).messages;
    expect(parked).toMatchObject({ attempt: 2, headers: {}, history: [{ attempt: 1 }, { attempt: 2 }] });
  });

  it("uses a queue as it is that an operator declared with arguments that lose nothing", async () => {
    await channel.assertExchange("vumi", "direct", { durable: true });
    await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
    const bus = await open();
    const received: string[] = [];
    await bus.publish(queue, "a");
    await bus.consume(queue, {}, ({ body }) => void received.push(body.toString()));
    await expect.poll(() => received, patience).toEqual(["a"]);
  });

  it.each([
    ["does not survive a restart", { durable: false }],
    ["drops what is too much", { durable: true, arguments: { "x-max-length": 10 } }],
    ["drops what is too old", { durable: true, arguments: { "x-message-ttl": 60_000 } }],
  ])("refuses a queue that %s, names it, and goes on", async (_, options) => {
    await channel.assertQueue(queue, options);
    const bus = await open();
    const conflict = { code: "BUS_DECLARATION_CONFLICT", message: expect.stringContaining(`queue "${queue}"`) };
    await expect(bus.declareQueue({ queue })).rejects.toMatchObject(conflict);
    await expect(bus.consume(queue, {}, () => undefined)).rejects.toMatchObject(conflict);
    await expect(bus.publish(queue, "x")).rejects.toMatchObject(conflict);
    await bus.publish(`${queue}.other`, "x");
    expect(await bus.inspect(`${queue}.other`)).toMatchObject([{ depth: 1 }]);
  });

  it("tells a full queue as overload", async () => {
    await channel.assertExchange("vumi", "direct", { durable: true });
    await channel.assertQueue(queue, {
      durable: true,
      arguments: { "x-max-length": 1, "x-overflow": "reject-publish" },
    });
    await channel.bindQueue(queue, "vumi", queue);
    const bus = await open();
    await bus.publish(queue, "1");
    await bus.publish(queue, "2").catch(() => undefined);
    await expect(bus.publish(queue, "3")).rejects.toMatchObject({ code: "BUS_OVERLOADED", retryable: true });
  });

  it("gives up only the message that RabbitMQ refuses, out of many on their way", async () => {
    const bus = await open();
    await bus.publish(queue, "first");
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => {
        // RabbitMQ closes the channel for a CC header that is not a list.
        return bus.publish(queue, String(n), n === 25 ? { headers: { CC: "nonsense" } } : {});
      }),
    );
    const refused = results.flatMap((result, n) => (result.status === "rejected" ? [[n, result.reason.code]] : []));
    expect(refused).toEqual([[25, "BUS_BROKER_REFUSED"]]);
    expect(await bus.inspect(queue)).toMatchObject([{ depth: expect.any(Number) }]);
    const received = new Set<string>();
    await bus.consume(queue, {}, ({ body }) => void received.add(body.toString()));
    await expect.poll(() => received.size, patience).toBe(50);
  });

  it("tells an exchange that does not exist as unroutable, and others go on", async () => {
    const bus = await open();
    const nowhere = bus.publish("a", "x", { exchange: "nowhere" });
    await expect(nowhere).rejects.toMatchObject({ code: "BUS_UNROUTABLE" });
    await bus.publish(queue, "x");
    await expect(bus.declareQueue({ queue, exchange: "nowhere" })).rejects.toMatchObject({
      code: "BUS_DECLARATION_CONFLICT",
    });
  });

  it("publishes to an exchange that another program declared", async () => {
    await channel.assertExchange("graphite", "topic", { durable: true });
    await channel.assertQueue(queue, { durable: true });
    await channel.bindQueue(queue, "graphite", "go.#");
    const bus = await open();
    await bus.publish("go.metric", "1 2", { exchange: "graphite" });
    await expect.poll(() => bus.inspect(queue), patience).toMatchObject([{ depth: 1 }]);
  });

  it("says what a refused login, a missing virtual host and a closed port are, and never the password", async () => {
    const { port } = server();
    const expected = [
      [`amqp://guest:s3cret@127.0.0.1:${port}`, "BUS_BROKER_REFUSED", "Login was refused"],
      [`amqp://guest:guest@127.0.0.1:${port}/s3cret%2Fhost`, "BUS_BROKER_REFUSED", "there is no such virtual host"],
      [`amqp://guest:s3cret@127.0.0.1:${await freePort()}`, "BUS_BROKER_UNREACHABLE", "ECONNREFUSED"],
    ] as const;
    const logged: unknown[] = [];
    const note = (...args: unknown[]): void => void logged.push(args);
    const logger = { debug: note, info: note, warn: note, error: note };
    for (const [url, code, reason] of expected) {
      const error: unknown = await openAmqpBus({ url, connectTimeoutMs: 300, logger }).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code, message: expect.stringContaining(reason) });
      expect(String(error)).toContain("amqp://127.0.0.1");
      expect(String(error) + JSON.stringify([error, logged])).not.toContain("guest:");
      expect(String(error).replace("s3cret%2Fhost", "") + JSON.stringify(logged)).not.toContain("s3cret");
    }
  });

  it("tries the brokers of a cluster in turn", async () => {
    const bus = await open({ url: [`amqp://127.0.0.1:${await freePort()}`, server().url] });
    await bus.publish(queue, "x");
    expect(await bus.inspect(queue)).toMatchObject([{ depth: 1 }]);
  });

  it("speaks TLS, and only with a broker that it can check", async () => {
    const folder = tempFolder();
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"];
    const files = ["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], {
      stdio: "ignore",
    });
    const [key, cert] = [readFileSync(`${folder}/key.pem`), readFileSync(`${folder}/cert.pem`)];
    const front = createServer({ key, cert }, (secure) => {
      const plain = connect(server().port, "127.0.0.1");
      secure.pipe(plain).pipe(secure);
      for (const [one, other] of [
        [secure, plain],
        [plain, secure],
      ] as const) {
        one.on("error", () => other.destroy());
      }
    });
    const port = await freePort();
    await new Promise<void>((resolve) => front.listen(port, "127.0.0.1", resolve));
    try {
      const url = `amqps://127.0.0.1:${port}`;
      await expect(openAmqpBus({ url, connectTimeoutMs: 200 })).rejects.toMatchObject({
        code: "BUS_BROKER_UNREACHABLE",
      });
      const bus = await open({ url, tls: { ca: cert } });
      await bus.publish(queue, "x");
      expect(await bus.inspect(queue)).toMatchObject([{ depth: 1 }]);
      await bus.close();
    } finally {
      front.close();
    }
  });

  it("shares a queue among processes: each message goes to one of them, retries included", async () => {
    const [one, two] = [await open(), await open()];
    const handled: string[] = [];
    for (const bus of [one, two]) {
      await bus.consume(queue, { retryDelayMs: 20, prefetch: 2 }, ({ body, attempt }) => {
        if (attempt === 1) throw new Error("not yet");
        handled.push(body.toString());
      });
    }
    const texts = Array.from({ length: 100 }, (_, n) => String(n));
    await Promise.all(texts.map((text) => one.publish(queue, text)));
    await expect.poll(() => handled.length, patience).toBe(100);
    expect(new Set(handled)).toEqual(new Set(texts));
  });

  it("sends back what an earlier process left waiting, also when nobody asked it to retry", async () => {
    // Its clock stands still: the first process sends nothing back, however long it takes to end.
    const first = await open({ clock: new TestClock() });
    await first.consume(queue, { retryDelayMs: 100 }, () => Promise.reject(new Error("not yet")));
    await first.publish(queue, "x");
    await expect.poll(() => first.inspect(queue), patience).toMatchObject([{ delayed: 1 }]);
    await first.close();
    const second = await open();
    const attempts: number[] = [];
    await second.consume(queue, { maxDeliveries: 1 }, ({ attempt }) => void attempts.push(attempt));
    await expect.poll(() => attempts, patience).toEqual([2]);
  });

  it("leaves each message in one place when it closes while messages go back", async () => {
    const clock = new TestClock();
    const first = await open({ clock });
    await first.consume(queue, { prefetch: 200, retryDelayMs: 1_000 }, () => Promise.reject(new Error("not yet")));
    await Promise.all(Array.from({ length: 200 }, (_, n) => first.publish(queue, String(n))));
    await expect.poll(() => first.inspect(queue), patience).toMatchObject([{ delayed: 200, inFlight: 0 }]);
    void clock.advance(1_000);
    await first.close();
    const second = await open();
    expect(await second.inspect(queue)).toMatchObject([{ depth: 200 }]);
  });
});
