import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";
import { until } from "@switchboard/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { AddressedTelnetServerTransport, TelnetServerTransport } from "../src/telnet/index.ts";

let running: RunningTransport<TelnetServerTransport> | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running?.stop();
  running = undefined;
});

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<RunningTransport<TelnetServerTransport>> {
  running = await runTransport(TelnetServerTransport, {
    config: { twisted_endpoint: "tcp:port=0:interface=127.0.0.1", ...config },
  });
  return running;
}

interface Person {
  readonly socket: Socket;
  readonly address: string;
  heard(): string;
}

async function join({ transport }: RunningTransport<TelnetServerTransport>): Promise<Person> {
  const socket = connect({ port: transport.port, host: "127.0.0.1" });
  sockets.push(socket);
  let heard = "";
  socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
  await once(socket, "connect");
  return { socket, address: `127.0.0.1:${socket.localPort}`, heard: () => heard };
}

const contents = ({ inbound }: RunningTransport<TelnetServerTransport>): unknown[] =>
  inbound.map(({ session_event, content }) => [session_event, content]);

describe("TelnetServerTransport", () => {
  it("8.1 8.2 begins a session, makes a message of each line, and ends the session", async () => {
    const telnet = await start();
    const { socket, address } = await join(telnet);
    socket.write("hallo\r\nähm\r\n");
    await until(() => telnet.inbound.length === 3);
    socket.end();
    await until(() => telnet.inbound.length === 4);
    expect(contents(telnet)).toEqual([
      ["new", null],
      ["resume", "hallo"],
      ["resume", "ähm"],
      ["close", null],
    ]);
    const common = {
      from_addr: address,
      to_addr: `127.0.0.1:${telnet.transport.port}`,
      transport_type: "telnet",
      transport_name: "channel",
    };
    for (const message of telnet.inbound) expect(message).toMatchObject(common);
  });

  it("puts a letter together whose bytes come in different packets", async () => {
    const telnet = await start();
    const { socket } = await join(telnet);
    const [first, second] = [Buffer.of(0xc3), Buffer.from([0xa9, 0x0d, 0x0a])];
    socket.setNoDelay().write(first);
    await until(() => telnet.inbound.length === 1);
    socket.write(second);
    await until(() => telnet.inbound.length === 2);
    expect(contents(telnet).at(-1)).toEqual(["resume", "é"]);
  });

  it("8.2 takes text without a line end when nothing more comes, and when the connection ends", async () => {
    const telnet = await start();
    const { socket } = await join(telnet);
    await until(() => telnet.inbound.length === 1);
    socket.write("first");
    await until(() => telnet.clock.pendingTimers > 0);
    await telnet.clock.advance(1_000);
    await until(() => telnet.inbound.length === 2);
    socket.end("second");
    await until(() => telnet.inbound.length === 4);
    expect(contents(telnet).slice(1)).toEqual([
      ["resume", "first"],
      ["resume", "second"],
      ["close", null],
    ]);
  });

  it("8.3 8.5 sends a message as one line, acknowledges it, and closes after the last", async () => {
    const telnet = await start();
    const person = await join(telnet);
    await until(() => telnet.inbound.length === 1);
    const sent = await telnet.send({ to_addr: person.address, content: "hi\nthere" });
    await until(() => person.heard() === "hi\r\nthere\r\n");
    await until(() => telnet.events.length === 1);
    expect(telnet.events[0]).toMatchObject({
      event_type: "ack",
      user_message_id: sent.message_id,
      sent_message_id: sent.message_id,
      transport_name: "channel",
    });
    const closed = once(person.socket, "close");
    await telnet.send({ to_addr: person.address, content: "bye", session_event: "close" });
    await closed;
    expect(person.heard()).toBe("hi\r\nthere\r\nbye\r\n");
    await until(() => telnet.inbound.at(-1)?.session_event === "close");
  });

  it("8.4 answers a message for nobody with a nack and a failure, and tells nobody else what it said", async () => {
    const telnet = await start();
    const other = await join(telnet);
    await until(() => telnet.inbound.length === 1);
    const sent = await telnet.send({ to_addr: "127.0.0.1:1", content: "private" });
    await until(() => telnet.failures.length === 1);
    expect(telnet.events).toMatchObject([
      { event_type: "nack", user_message_id: sent.message_id, nack_reason: "Unknown address." },
    ]);
    expect(telnet.failures).toMatchObject([{ failure_code: "permanent", message: { message_id: sent.message_id } }]);
    expect(other.heard()).toBe("");
  });

  it("does not deliver a reply to somebody who came later on the same address", async () => {
    const telnet = await start();
    const person = await join(telnet);
    await until(() => telnet.inbound.length === 1);
    await telnet.send({ to_addr: person.address, content: "old", transport_metadata: { telnet_session: "another" } });
    await until(() => telnet.events.length === 1);
    expect(telnet.events[0]).toMatchObject({ event_type: "nack" });
    await telnet.send({
      to_addr: person.address,
      content: "own",
      transport_metadata: telnet.inbound[0]?.transport_metadata ?? {},
    });
    await until(() => person.heard() === "own\r\n");
  });

  it("survives a client that breaks off while its arrival is still being published", async () => {
    let letPass: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (letPass = resolve));
    class SlowMiddleware {
      inbound = async <Message>(message: Message): Promise<Message> => {
        await gate;
        return message;
      };
    }
    running = await runTransport(TelnetServerTransport, {
      config: { twisted_endpoint: "tcp:port=0:interface=127.0.0.1", middleware: [{ slow: "Slow" }] },
      classes: { Slow: SlowMiddleware },
    });
    const telnet = running;
    const { socket } = await join(telnet);
    socket.resetAndDestroy();
    // Somebody else comes and goes, after which the reset has been seen as well.
    const other = await join(telnet);
    other.socket.end();
    letPass();
    await until(() => telnet.inbound.filter(({ session_event }) => session_event === "close").length === 2);
    expect(telnet.transport.status.state).toBe("running");
  });

  it("answers negotiation and takes it out of the text", async () => {
    const telnet = await start();
    const socket = connect({ port: telnet.transport.port, host: "127.0.0.1" });
    sockets.push(socket);
    const answer = once(socket, "data");
    socket.write(Buffer.concat([Buffer.from([255, 253, 1]), Buffer.from("hey\r\n")]));
    expect([...((await answer)[0] as Buffer)]).toEqual([255, 252, 1]);
    await until(() => telnet.inbound.length === 2);
    expect(contents(telnet).at(-1)).toEqual(["resume", "hey"]);
  });

  it("refuses a line without end and disconnects who sends it", async () => {
    const telnet = await start({ max_line_bytes: 10 });
    const person = await join(telnet);
    const closed = once(person.socket, "close");
    person.socket.write("x".repeat(1_000));
    await closed;
    expect(person.heard()).toBe("Line too long.\r\n");
    await until(() => telnet.inbound.length === 2);
    expect(contents(telnet)).toEqual([
      ["new", null],
      ["close", null],
    ]);
  });

  it("publishes nothing for a line that is not UTF-8, and goes on", async () => {
    const telnet = await start();
    const { socket } = await join(telnet);
    socket.write(Buffer.concat([Buffer.from([0xff, 0xff, 0xfe, 0x0a]), Buffer.from("ok\n")]));
    await until(() => telnet.inbound.length === 2);
    expect(contents(telnet)).toEqual([
      ["new", null],
      ["resume", "ok"],
    ]);
  });

  it("ends the session of somebody who says /quit", async () => {
    const telnet = await start();
    const { socket } = await join(telnet);
    const closed = once(socket, "close");
    socket.write("/QUIT\r\n");
    await closed;
    await until(() => telnet.inbound.length === 2);
    expect(contents(telnet).at(-1)).toEqual(["close", null]);
  });

  it("8.6 takes its address and type from the configuration, and the port from the deprecated fields", async () => {
    const telnet = await start({
      twisted_endpoint: undefined,
      telnet_host: "127.0.0.1",
      telnet_port: 0,
      to_addr: "service",
      transport_type: "ussd",
    });
    await join(telnet);
    await until(() => telnet.inbound.length === 1);
    expect(telnet.inbound[0]).toMatchObject({ to_addr: "service", transport_type: "ussd" });
    await until(() => telnet.statuses.length > 0);
    expect(telnet.statuses[0]).toMatchObject({ message: `Listening on 127.0.0.1:${telnet.transport.port}` });
  });

  it("closes its clients when it stops, and says close for each", async () => {
    const telnet = await start();
    const people = await Promise.all([join(telnet), join(telnet), join(telnet)]);
    await until(() => telnet.inbound.length === 3);
    const closed = people.map(({ socket }) => once(socket, "close"));
    await telnet.transport.stop();
    await Promise.all(closed);
    expect(telnet.inbound.filter(({ session_event }) => session_event === "close")).toHaveLength(3);
  });
});

describe("AddressedTelnetServerTransport", () => {
  it("8.6.7 asks for two addresses, says them, and begins the session only then", async () => {
    const telnet = await runTransport(AddressedTelnetServerTransport, {
      config: { twisted_endpoint: "tcp:port=0:interface=127.0.0.1" },
    });
    running = telnet;
    const [ann, bob] = [await join(telnet), await join(telnet)];
    await until(() => ann.heard() === 'Please provide "to_addr":\r\n');
    ann.socket.write("\r\n*120#\r\n\r\n");
    await until(() => ann.heard().endsWith('Please provide "from_addr":\r\n'));
    expect(telnet.inbound).toEqual([]);
    ann.socket.write("+27831\r\n/quit\r\n");
    bob.socket.write("*130#\r\n+27832\r\nhello\r\n");
    await until(() => telnet.inbound.length === 4 && ann.heard().endsWith("+27831]\r\n"));
    expect(ann.heard()).toBe(
      'Please provide "to_addr":\r\nPlease provide "from_addr":\r\n[Sending all messages to: *120# and from: +27831]\r\n',
    );
    const said = (from: string): unknown[] =>
      telnet.inbound
        .filter(({ from_addr }) => from_addr === from)
        .map(({ to_addr, session_event, content }) => [to_addr, session_event, content]);
    expect(said("+27831")).toEqual([
      ["*120#", "new", null],
      ["*120#", "resume", "/quit"],
    ]);
    expect(said("+27832")).toEqual([
      ["*130#", "new", null],
      ["*130#", "resume", "hello"],
    ]);
    await telnet.send({ to_addr: "+27831", content: "for ann" });
    await until(() => ann.heard().endsWith("for ann\r\n"));
    expect(bob.heard()).not.toContain("for ann");
  });

  it("says nothing about somebody who goes before saying who he is", async () => {
    const telnet = await runTransport(AddressedTelnetServerTransport, {
      config: { twisted_endpoint: "tcp:port=0:interface=127.0.0.1" },
    });
    running = telnet;
    const nobody = await join(telnet);
    await until(() => nobody.heard() !== "");
    nobody.socket.end("*120#\r\n");
    await once(nobody.socket, "close");
    await telnet.transport.stop();
    expect(telnet.inbound).toEqual([]);
  });
});
