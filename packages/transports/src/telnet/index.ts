// Telnet: whoever connects is a person in a session, each line is a message. For trying things out, and for terminals that are still in use.

import { createServer, type Server, type Socket } from "node:net";
import { isUtf8 } from "node:buffer";
import type { Timer } from "@switchboard/core";
import {
  type ConfigFields,
  type ConfigOf,
  DeliveryFailed,
  Transport,
  type TransportConfig,
  type UserMessage,
} from "@switchboard/messaging";
import { AddressDialogue, type Addresses } from "./address-dialogue.ts";
import { encodeText, LineDecoder } from "./line-decoder.ts";

const telnetFields = {
  twisted_endpoint: {
    type: "serverEndpoint",
    required: true,
    static: true,
    fallbacks: [{ host: "telnet_host", port: "telnet_port" }],
    doc: "Where to listen, such as tcp:9010 or tcp:port=9010:interface=127.0.0.1.",
  },
  telnet_host: { type: "text", static: true, deprecated: "twisted_endpoint", doc: "Interface to listen on." },
  telnet_port: { type: "int", static: true, deprecated: "twisted_endpoint", doc: "Port to listen on." },
  to_addr: {
    type: "text",
    static: true,
    doc: "Address that people are taken to write to; default the listening host and port.",
  },
  transport_type: { type: "text", default: "telnet", static: true, doc: "Written into every inbound message." },
  max_connections: {
    type: "int",
    min: 1,
    default: 10_000,
    static: true,
    doc: "How many people may be connected at a time.",
  },
  max_line_bytes: {
    type: "int",
    min: 1,
    max: 1_048_576,
    default: 16_384,
    unit: "bytes",
    static: true,
    doc: "Longest line; who sends a longer one is disconnected.",
  },
  partial_line_delay: {
    type: "float",
    min: 0,
    default: 1,
    unit: "seconds",
    static: true,
    doc: "After this long without more input, text without a line end counts as a line; 0: only when the connection ends.",
  },
} as const;

/** What the telnet transport is configured with. */
export type TelnetConfig = TransportConfig & ConfigOf<typeof telnetFields>;

/** What may wait for a client that does not read. */
const maxUnsentBytes = 1_048_576;

interface Client {
  readonly socket: Socket;
  /** Who writes, and to whom. Undefined while an addressed client has not said so; until then it has no session. */
  addresses: Addresses | undefined;
  readonly dialogue: AddressDialogue | undefined;
  /** Tells this client from a later one with the same address and port. */
  readonly sessionId: string;
  readonly decoder: LineDecoder;
  quiet: Timer | undefined;
  /** The line without an end that is being published because nothing more came. */
  unended: Promise<void>;
  /** What is to be published for this client, one after the other. */
  work: Promise<void>;
}

/** Serves telnet clients: `new` when one connects, `resume` for each line, `close` when it goes. */
export class TelnetServerTransport extends Transport<TelnetConfig> {
  static readonly summary: string = "Lets people write over telnet, a line being a message.";
  static override readonly fields: ConfigFields = telnetFields;
  readonly transportType: string = this.config.transport_type;
  /** Whether whoever connects is asked for addresses before the session begins. */
  protected readonly asksForAddresses: boolean = false;
  readonly #connected = new Set<Client>();
  /** Those in a session, by their address; of two with one address the later. */
  readonly #clients = new Map<string, Client>();
  #server: Server | undefined;
  #toAddr = "";

  /** The port listened on; 0 before the start. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  protected override async setup(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => void this.#serve(socket));
    server.maxConnections = this.config.max_connections;
    const { twisted_endpoint: endpoint } = this.config;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(
        endpoint.transport === "unix" ? { path: endpoint.path } : { port: endpoint.port, host: endpoint.host },
        resolve,
      );
    });
    this.#server = server;
    const place = listeningName(server, endpoint.transport === "unix" ? undefined : endpoint.host);
    this.#toAddr = this.config.to_addr ?? place;
    await this.publishStatus({
      component: "telnet",
      status: "ok",
      type: "listening",
      message: `Listening on ${place}`,
    });
  }

  protected override async teardown(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const clients = [...this.#connected];
    for (const { socket } of clients) socket.destroySoon();
    await Promise.all(clients.map((client) => client.work));
    await closed;
  }

  protected override async sendOutbound(message: UserMessage): Promise<void> {
    const client = this.#find(message);
    if (client === undefined) throw new DeliveryFailed("permanent", "Unknown address.");
    if (client.socket.writableLength > maxUnsentBytes) {
      throw new DeliveryFailed("temporary", "The client does not read what it is sent.");
    }
    const text = encodeText(`${(message.content ?? "").replace(/\r?\n$/, "")}\n`);
    await new Promise<void>((resolve, reject) => {
      client.socket.write(text, (error) => {
        if (error) reject(new DeliveryFailed("permanent", "The client is gone.", { cause: error }));
        else resolve();
      });
    });
    await this.publishAck(message.message_id, message.message_id);
    if (message.session_event === "close") client.socket.destroySoon();
  }

  // Addresses are host and port, and ports come back: a reply must not reach somebody who connected later from the same one.
  #find(message: UserMessage): Client | undefined {
    const client = message.to_addr === null ? undefined : this.#clients.get(message.to_addr);
    const { telnet_session } = message.transport_metadata;
    return telnet_session === undefined || client?.sessionId === telnet_session ? client : undefined;
  }

  async #serve(socket: Socket): Promise<void> {
    const from_addr = `${socket.remoteAddress ?? "unix"}:${socket.remotePort ?? this.context.newId()}`;
    const client: Client = {
      socket,
      addresses: this.asksForAddresses ? undefined : { to_addr: this.#toAddr, from_addr },
      dialogue: this.asksForAddresses ? new AddressDialogue() : undefined,
      sessionId: this.context.newId(),
      decoder: new LineDecoder(this.config.max_line_bytes),
      quiet: undefined,
      unended: Promise.resolve(),
      work: Promise.resolve(),
    };
    // Without a listener, a connection that breaks while nothing is read from it would end the process.
    socket.on("error", (error) => {
      this.context.logger.debug({ ...this.#nameOf(client), err: error }, "telnet connection broke");
    });
    this.#connected.add(client);
    client.work = this.#attend(client);
    await client.work;
    this.#connected.delete(client);
    const address = client.addresses?.from_addr ?? "";
    if (this.#clients.get(address) === client) this.#clients.delete(address);
  }

  async #begin(client: Client, addresses: Addresses): Promise<void> {
    client.addresses = addresses;
    this.#clients.set(addresses.from_addr, client);
    await this.#publish(client, "new", null);
  }

  /** A client's whole life. Reading waits while messages are being published, so that nobody can fill our memory. */
  async #attend(client: Client): Promise<void> {
    const { socket, decoder } = client;
    if (client.addresses === undefined) socket.write(encodeText(`${client.dialogue?.question}\n`));
    else await this.#begin(client, client.addresses);
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        client.quiet?.cancel();
        await client.unended;
        for (const input of decoder.read(chunk)) {
          if (input.kind === "answer") socket.write(input.bytes);
          else if (input.kind === "line") await this.#line(client, input.bytes);
          else return void socket.end(encodeText("Line too long.\n"));
        }
        this.#awaitQuiet(client);
      }
      if (decoder.hasPartialLine) await this.#line(client, decoder.takePartialLine());
    } catch {
      // Told by the listener for errors.
    } finally {
      client.quiet?.cancel();
      await client.unended;
      socket.destroySoon();
      if (client.addresses !== undefined) await this.#publish(client, "close", null);
    }
  }

  #nameOf({ addresses }: Client): Readonly<Record<string, unknown>> {
    return { worker: this.name, client: addresses?.from_addr };
  }

  /** netcat sends what is typed without an Enter when its input ends there; after a while that counts as a line. */
  #awaitQuiet(client: Client): void {
    const { partial_line_delay } = this.config;
    // Who is asked for addresses is asked for lines.
    if (partial_line_delay === 0 || this.asksForAddresses || !client.decoder.hasPartialLine) return;
    client.quiet = this.context.clock.setTimer(() => {
      client.unended = this.#line(client, client.decoder.takePartialLine());
    }, partial_line_delay * 1_000);
  }

  async #line(client: Client, bytes: Buffer): Promise<void> {
    if (!isUtf8(bytes)) {
      this.context.logger.error(this.#nameOf(client), "a telnet client sent a line that is not UTF-8");
      return;
    }
    const content = bytes.toString("utf8");
    if (client.dialogue !== undefined && client.addresses === undefined)
      await this.#ask(client, client.dialogue, content);
    else if (!this.asksForAddresses && content.toLowerCase() === "/quit") client.socket.destroySoon();
    else await this.#publish(client, "resume", content);
  }

  async #ask(client: Client, dialogue: AddressDialogue, answer: string): Promise<void> {
    const before = dialogue.question;
    const addresses = dialogue.answer(answer);
    if (addresses === undefined) {
      if (dialogue.question !== before) client.socket.write(encodeText(`${dialogue.question}\n`));
      return;
    }
    const { to_addr, from_addr } = addresses;
    client.socket.write(encodeText(`[Sending all messages to: ${to_addr} and from: ${from_addr}]\n`));
    await this.#begin(client, addresses);
  }

  async #publish(client: Client, session_event: "new" | "resume" | "close", content: string | null): Promise<void> {
    const { addresses, sessionId } = client;
    if (addresses === undefined) return;
    const transport_metadata = { telnet_session: sessionId };
    try {
      await this.publishMessage({ ...addresses, session_event, content, transport_metadata });
    } catch (error) {
      this.context.logger.error(
        { ...this.#nameOf(client), err: error },
        "a telnet message was not accepted by the bus",
      );
      if (!client.socket.destroyed)
        client.socket.write(encodeText("Your message could not be accepted; please try again.\n"));
    }
  }
}

/** Asks whoever connects for the address that is written to and the one that writes, and begins the session then. */
export class AddressedTelnetServerTransport extends TelnetServerTransport {
  static override readonly summary: string = "Telnet that asks whoever connects for the addresses to write as and to.";
  protected override readonly asksForAddresses: boolean = true;
}

function listeningName(server: Server, host: string | undefined): string {
  const address = server.address();
  // A Unix socket's is its path.
  return typeof address === "object" ? `${host ?? "0.0.0.0"}:${address?.port}` : address;
}
