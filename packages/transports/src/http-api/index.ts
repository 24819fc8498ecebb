// A plain HTTP API: a message comes in as the parameters of a request; the answer is its id, or, if so configured, the reply.

import { type ConfigFields, type ConfigOf, MessageFormatError, type UserMessage } from "@switchboard/messaging";
import { type HttpRequest, type HttpRpcConfig, HttpRpcTransport } from "../http-rpc/index.ts";
import { findProblems, writeFirstValues } from "../http-rpc/parameters.ts";

const apiFields = {
  reply_expected: {
    type: "bool",
    default: false,
    static: true,
    doc: "Whether the request waits for the reply, which is then its answer; else it is answered at once with the message's id.",
  },
  allowed_fields: {
    type: "list",
    of: { type: "text" },
    default: ["content", "to_addr", "from_addr", "group", "session_event"],
    static: true,
    doc: "Parameters that a request may have.",
  },
  field_defaults: {
    type: "dict",
    default: {},
    static: true,
    doc: "Values for fields that a request does not say; also for fields that it may not say.",
  },
} as const;

/** What the HTTP API is configured with. */
export type HttpApiConfig = HttpRpcConfig & ConfigOf<typeof apiFields>;

const neededFields = ["content", "to_addr", "from_addr"];

/** Takes messages from any HTTP client. */
export class HttpApiTransport extends HttpRpcTransport<HttpApiConfig> {
  static readonly summary: string = "Takes messages by HTTP, and answers the request with the reply if wanted.";
  static override readonly fields: ConfigFields = apiFields;
  readonly transportType: string = "http_api";
  readonly #allowed: ReadonlySet<string> = new Set(this.config.allowed_fields);
  readonly #needed: readonly string[] = neededFields.filter(
    (name) => this.#allowed.has(name) && !Object.hasOwn(this.config.field_defaults, name),
  );

  protected override async handleRequest({ id, parameters }: HttpRequest): Promise<void> {
    const { field_defaults, reply_expected } = this.config;
    const problems = findProblems(parameters, { allowed: this.#allowed, needed: this.#needed });
    if (problems !== undefined) {
      this.finishRequest(id, { status: 400, body: JSON.stringify(problems) });
      return;
    }
    const values = { to_addr: null, from_addr: null, message_id: id, ...field_defaults };
    // All of them are names that a request may have.
    writeFirstValues(parameters, values);
    try {
      const message = await this.publishMessage(values);
      this.noteAddress(id, message.to_addr);
    } catch (error) {
      if (!(error instanceof MessageFormatError)) throw error;
      this.finishRequest(id, { status: 400, body: JSON.stringify({ invalid_parameter: [error.details["field"]] }) });
      return;
    }
    if (!reply_expected) this.finishRequest(id, { body: JSON.stringify({ message_id: values.message_id }) });
  }

  protected override sendOutbound(message: UserMessage): Promise<void> {
    if (this.config.reply_expected) return super.sendOutbound(message);
    const { message_id } = message;
    this.context.logger.info(
      { worker: this.name, message_id },
      "message dropped: the requests of this channel do not wait for replies",
    );
    return Promise.resolve();
  }
}
