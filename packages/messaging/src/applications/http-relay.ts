// Hands every message to a program behind an HTTP address, and its answer to the person.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { readBody } from "../http/read-body.ts";
import { eventCodec, userMessageCodec } from "../message/codec.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application, type ApplicationConfig } from "../worker/application.ts";
import { RelayError } from "../worker/errors.ts";
import { WebHook } from "./web-hook.ts";

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
  static readonly summary: string = "Posts messages and events to a URL, and answers with what it says.";
  static override readonly fields: ConfigFields = relayFields;
  readonly #hook: WebHook = new WebHook({
    method: this.config.http_method,
    timeoutMs: this.config.request_timeout * 1_000,
    username: this.config.username,
    password: this.config.password,
  });

  protected override teardown(): Promise<void> {
    return this.#hook.close();
  }

  protected override async onMessage(message: UserMessage): Promise<void> {
    const { statusCode, headers, body } = await this.#hook.send(this.config.url, userMessageCodec.encode(message));
    const wantsReply = String(headers[replyHeader]).toLowerCase() === "true";
    if (statusCode !== 200 || !wantsReply) return body.dump();
    const { max_reply_bytes } = this.config;
    const reply = await readBody(body, max_reply_bytes);
    if (reply === undefined) {
      throw new RelayError("RELAY_REFUSED", `the reply is longer than ${max_reply_bytes} bytes`);
    }
    const content = reply.toString("utf8").trim();
    if (content !== "") await this.replyTo(message, content);
  }

  protected override async dispatchEvent(event: TransportEvent): Promise<void> {
    const { event_url, url } = this.config;
    const { body } = await this.#hook.send(event_url ?? url, eventCodec.encode(event));
    await body.dump();
  }
}
