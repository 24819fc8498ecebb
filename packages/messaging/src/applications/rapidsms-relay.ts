// Between people and a RapidSMS: what they write is posted to it, and what it posts here is sent to them, as a reply or of its own accord.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { equalSecrets, readBasic } from "../http/basic-auth.ts";
import { closeServer } from "../http/close-server.ts";
import { readBody } from "../http/read-body.ts";
import { userMessageCodec } from "../message/codec.ts";
import type { UserMessage } from "../message/user-message.ts";
import { Application, type ApplicationConfig } from "../worker/application.ts";
import { type RapidSmsPost, readPost, Refused } from "./rapidsms-post.ts";
import { WebHook } from "./web-hook.ts";

const relayFields = {
  web_path: { type: "text", required: true, static: true, doc: "Path on which RapidSMS posts its messages." },
  web_port: { type: "int", min: 0, max: 65_535, required: true, static: true, doc: "Port to listen on; 0 for any." },
  web_host: { type: "text", static: true, doc: "Interface to listen on; default all." },
  allow_replies: {
    type: "bool",
    default: true,
    static: true,
    doc: "Whether messages are remembered, so that they can be replied to by their id.",
  },
  vumi_username: { type: "text", static: true, doc: "User that RapidSMS must give; without it nobody is asked." },
  vumi_password: { type: "text", static: true, secret: true, doc: "Password that RapidSMS must give." },
  vumi_auth_method: {
    type: "text",
    choices: ["basic"],
    default: "basic",
    static: true,
    doc: "How RapidSMS gives them.",
  },
  vumi_reply_timeout: {
    type: "int",
    min: 1,
    default: 600,
    unit: "seconds",
    static: true,
    doc: "How long a message can be replied to.",
  },
  allowed_endpoints: {
    type: "list",
    of: { type: "text" },
    default: ["default"],
    static: true,
    doc: "Endpoints that RapidSMS may send through.",
  },
  rapidsms_url: { type: "url", required: true, static: true, doc: "Where messages are posted." },
  rapidsms_username: { type: "text", static: true, doc: "User for RapidSMS; without it no credentials are sent." },
  rapidsms_password: { type: "text", static: true, secret: true, doc: "Password for RapidSMS." },
  rapidsms_auth_method: { type: "text", choices: ["basic"], default: "basic", static: true, doc: "How they are sent." },
  rapidsms_http_method: { type: "text", default: "POST", static: true, doc: "Method of the requests." },
  request_timeout: {
    type: "float",
    min: 0.001,
    default: 30,
    unit: "seconds",
    static: true,
    doc: "How long a request to RapidSMS may take.",
  },
} as const;

/** What the RapidSMS relay is configured with. */
export type RapidSmsConfig = ApplicationConfig & ConfigOf<typeof relayFields>;

const maxPostBytes = 1_048_576;
const methods = new Set(["GET", "POST", "PUT"]);

/**
 * Posts user messages, and ends of sessions, as JSON to `rapidsms_url`; a request that fails is tried again by redelivery. Takes posts of
 * `{content, to_addr: [...], in_reply_to?, endpoint?}` on `web_path` and answers with the list of messages that are safe on the bus.
 *
 * Keys: `messages:<message_id>`, the message as JSON, for `vumi_reply_timeout`.
 */
export class RapidSMSRelay extends Application<RapidSmsConfig> {
  static readonly summary: string = "Passes messages to RapidSMS over HTTP, and takes what it sends.";
  static override readonly fields: ConfigFields = relayFields;
  override readonly allowedEndpoints: readonly string[] = this.config.allowed_endpoints;
  readonly #messages = this.context.keyValue.sub("messages");
  readonly #hook: WebHook = new WebHook({
    method: this.config.rapidsms_http_method,
    timeoutMs: this.config.request_timeout * 1_000,
    username: this.config.rapidsms_username ?? "",
    password: this.config.rapidsms_password ?? "",
  });
  #server: Server | undefined;

  /** The port listened on; 0 before the start. */
  get port(): number {
    return (this.#server?.address() as AddressInfo | null | undefined)?.port ?? 0;
  }

  protected override async setup(): Promise<void> {
    const { web_port, web_host } = this.config;
    const server = createServer((request, response) => void this.#serve(request, response));
    server.listen(web_port, web_host ?? undefined);
    await once(server, "listening");
    this.#server = server;
  }

  protected override async teardown(): Promise<void> {
    if (this.#server !== undefined) await closeServer(this.#server, this.context.clock);
    await this.#hook.close();
  }

  protected override async onMessage(message: UserMessage): Promise<void> {
    const { allow_replies, vumi_reply_timeout, rapidsms_url } = this.config;
    const json = userMessageCodec.encode(message);
    if (allow_replies) await this.#messages.set(message.message_id, json, { ttlMs: vumi_reply_timeout * 1_000 });
    const { statusCode, body } = await this.#hook.send(rapidsms_url, json, { "content-type": "application/json" });
    await body.dump();
    this.context.logger.info({ worker: this.name, message_id: message.message_id, statusCode }, "relayed to RapidSMS");
  }

  protected override onCloseSession(message: UserMessage): Promise<void> {
    return this.onMessage(message);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = new URL(request.url ?? "/", "http://localhost").pathname;
      if (path === "/health") answer(response, 200, "OK");
      else if (!isSamePath(path, this.config.web_path)) answer(response, 404, "Not Found");
      else if (!methods.has(request.method ?? ""))
        answer(response, 405, "Method Not Allowed", { Allow: "GET, POST, PUT" });
      else if (!this.#knows(request)) {
        answer(response, 401, "Unauthorized", { "WWW-Authenticate": 'Basic realm="RapidSMS Relay"' });
      } else await this.#take(request, response);
    } catch (error) {
      if (error instanceof Refused) return answer(response, 400, error.message);
      this.context.logger.error({ worker: this.name, err: error }, "a post of RapidSMS could not be handled");
      answer(response, 500, error instanceof Error ? error.message : String(error));
    }
  }

  #knows({ headers }: IncomingMessage): boolean {
    const { vumi_username, vumi_password } = this.config;
    if (vumi_username === null) return true;
    const given = readBasic(headers.authorization);
    // Both are always compared, so that a wrong user takes as long as a wrong password.
    const userFits = equalSecrets(given?.user ?? "", vumi_username);
    const passwordFits = equalSecrets(given?.password ?? "", vumi_password ?? "");
    return given !== undefined && userFits && passwordFits;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, maxPostBytes);
    if (body === undefined) return answer(response, 413, "Content Too Large", { Connection: "close" });
    const post = readPost(body);
    const sent = post.in_reply_to === null ? await this.#send(post) : await this.#reply(post, post.in_reply_to);
    answer(response, 200, JSON.stringify(sent), { "Content-Type": "application/json; charset=utf-8" });
  }

  /** One message for each address; who cannot be sent to is left out of the answer, and logged. */
  async #send({ to_addr, content, endpoint }: RapidSmsPost): Promise<UserMessage[]> {
    if (!this.allowedEndpoints.includes(endpoint)) {
      throw new Refused(`endpoint: expected one of ${this.allowedEndpoints.join(", ")}, got ${endpoint}`);
    }
    const results = await Promise.allSettled(to_addr.map((address) => this.sendTo(address, content, { endpoint })));
    return results.flatMap((result, index) => {
      if (result.status === "fulfilled") return [result.value];
      const note = { worker: this.name, recipient: index, err: result.reason as unknown };
      this.context.logger.error(note, "a message of RapidSMS could not be sent");
      return [];
    });
  }

  async #reply({ to_addr, content }: RapidSmsPost, in_reply_to: string): Promise<UserMessage[]> {
    if (!this.config.allow_replies) throw new Refused("in_reply_to: replies are switched off");
    const stored = await this.#messages.get(in_reply_to);
    if (stored === undefined) throw new Refused("in_reply_to: there is no such message, or it is too long ago");
    const original = userMessageCodec.decode(stored);
    const fits = to_addr.length === 0 || (to_addr.length === 1 && to_addr[0] === original.from_addr);
    if (!fits) throw new Refused("to_addr: expected nobody, or only the sender of the message that is replied to");
    return [await this.replyTo(original, content)];
  }
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", ...headers }).end(body);
}

function isSamePath(path: string, configured: string): boolean {
  return withoutOuterSlashes(path) === withoutOuterSlashes(configured);
}

function withoutOuterSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}
