// Hands every message to a program behind an HTTP address, and its answer to the person.

import { Agent, type Dispatcher, request } from "undici";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { eventCodec, userMessageCodec } from "../message/codec.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application, type ApplicationConfig } from "../worker/application.ts";
import { RelayError } from "../worker/errors.ts";

const relayFields = {
  url: { type: "url", required: true, static: true, doc: "Where messages go." },
  event_url: {
    type: "url",
    static: true,
    fallbacks: [{ field: "url" }],
    doc: "Where events go; default where messages go.",
  },
  http_method: { type: "text", default: "POST", static: true, doc: "Method of the requests." },
  auth_method: {
    type: "text",
    choices: ["basic"],
    default: "basic",
    static: true,
    doc: "How user and password are sent.",
  },
  username: { type: "text", default: "", static: true, doc: "User for HTTP Basic; empty: no credentials are sent." },
  password: { type: "text", default: "", static: true, secret: true, doc: "Password for HTTP Basic." },
  request_timeout: {
    type: "float",
    min: 0.001,
    default: 30,
    unit: "seconds",
    static: true,
    doc: "How long a request may take.",
  },
  max_reply_bytes: {
    type: "int",
    min: 1,
    default: 65_536,
    unit: "bytes",
    static: true,
    doc: "Largest answer that is taken as a reply.",
  },
} as const;

/** What the relay is configured with. */
export type HttpRelayConfig = ApplicationConfig & ConfigOf<typeof relayFields>;

const replyHeader = "x-vumi-httprelay-reply";

/**
 * Posts user messages and events as they are on the bus. An answer with status 200 and the header `X-Vumi-HTTPRelay-Reply: true` is sent to
 * the person; the session stays open. Requests that fail, time out, or are answered with 408, 429 or 5xx are tried again by redelivery;
 * those refused with another 4xx are parked.
 */
export class HTTPRelayApplication extends Application<HttpRelayConfig> {
  static override readonly fields: ConfigFields = relayFields;
  #agent: Agent | undefined;
  readonly #headers: Readonly<Record<string, string>> = authorization(this.config);

  protected override setup(): void {
    const timeoutMs = this.config.request_timeout * 1_000;
    this.#agent = new Agent({ connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  }

  protected override async teardown(): Promise<void> {
    await this.#agent?.close();
  }

  protected override async onMessage(message: UserMessage): Promise<void> {
    const response = await this.#send(this.config.url, userMessageCodec.encode(message));
    const wantsReply = String(response.headers[replyHeader]).toLowerCase() === "true";
    if (response.statusCode !== 200 || !wantsReply) return response.body.dump();
    const content = (await readText(response.body, this.config.max_reply_bytes)).trim();
    if (content !== "") await this.replyTo(message, content);
  }

  protected override async dispatchEvent(event: TransportEvent): Promise<void> {
    const { event_url, url } = this.config;
    const { body } = await this.#send(event_url ?? url, eventCodec.encode(event));
    await body.dump();
  }

  async #send(url: URL, body: string): Promise<Dispatcher.ResponseData> {
    // The address may hold a password, so it is said without one.
    const place = `${url.origin}${url.pathname}`;
    let response: Dispatcher.ResponseData;
    try {
      response = await request(withoutCredentials(url), {
        method: this.config.http_method,
        headers: this.#headers,
        body,
        signal: AbortSignal.timeout(this.config.request_timeout * 1_000),
        ...(this.#agent && { dispatcher: this.#agent }),
      });
    } catch (error) {
      throw new RelayError("RELAY_FAILED", `${place}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    const { statusCode } = response;
    if (statusCode < 400) return response;
    await response.body.dump();
    const again = statusCode >= 500 || statusCode === 408 || statusCode === 429;
    throw new RelayError(again ? "RELAY_FAILED" : "RELAY_REFUSED", `${place} answered with status ${statusCode}`);
  }
}

function authorization({ username, password, url }: HttpRelayConfig): Record<string, string> {
  const [user, secret] =
    username === "" ? [decodeURIComponent(url.username), decodeURIComponent(url.password)] : [username, password];
  if (user === "") return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${secret}`, "utf8").toString("base64")}` };
}

function withoutCredentials(url: URL): URL {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain;
}

async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new RelayError("RELAY_REFUSED", `the reply is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
