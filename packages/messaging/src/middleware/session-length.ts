// Notes on messages when the session they belong to began and ended, so that sessions can be billed.

import type { KeyValue } from "@switchboard/storage";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message/json.ts";
import { tagOf } from "../message/tag.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { MiddlewareContext } from "../worker/create-middleware.ts";
import type { Middleware } from "../worker/middleware.ts";

const sessionFields = {
  timeout: {
    type: "int",
    min: 1,
    default: 600,
    unit: "seconds",
    static: true,
    doc: "How long the beginning of a session is remembered.",
  },
  namespace_type: {
    type: "text",
    choices: ["transport_name", "tag"],
    default: "transport_name",
    static: true,
    doc: "What keeps sessions of one address apart. Tags need the tagging middleware before this one.",
  },
  field_name: { type: "text", default: "session", static: true, doc: "Where in the helper metadata the times go." },
} as const;

/** Writes `session_start` and `session_end`, Unix seconds, into `helper_metadata.<field_name>`. What is there already stays. */
export class SessionLengthMiddleware implements Middleware {
  static readonly summary: string = "Writes into messages when their session began and ended.";
  static readonly fields: ConfigFields = sessionFields;
  readonly #config: ConfigOf<typeof sessionFields>;
  readonly #context: MiddlewareContext;
  readonly #keyValue: KeyValue;

  constructor(config: ConfigOf<typeof sessionFields>, context: MiddlewareContext) {
    this.#config = config;
    this.#context = context;
    this.#keyValue = context.keyValue;
  }

  inbound(message: UserMessage): Promise<UserMessage> {
    return this.#noted(message, message.from_addr);
  }

  outbound(message: UserMessage): Promise<UserMessage> {
    return this.#noted(message, message.to_addr);
  }

  async #noted(message: UserMessage, address: string | null): Promise<UserMessage> {
    const namespace = this.#namespaceOf(message);
    if (namespace === undefined || address === null) {
      const { logger, name } = this.#context;
      logger.error(
        { middleware: name, message_id: message.message_id },
        "no session: the message lacks its address or tag",
      );
      return message;
    }
    const key = `${namespace}:${address}:session_created`;
    const { field_name } = this.#config;
    const present = message.helper_metadata[field_name];
    const times: Record<string, JsonValue> = isJsonObject(present) ? { ...present } : {};
    await this.#fill(times, key, message.session_event);
    const noted: JsonObject = { ...message.helper_metadata, [field_name]: times };
    return { ...message, helper_metadata: noted };
  }

  async #fill(times: Record<string, JsonValue>, key: string, event: UserMessage["session_event"]): Promise<void> {
    const now = this.#context.clock.now() / 1_000;
    if (event === "close") times["session_end"] ??= now;
    if (times["session_start"] !== undefined) return;
    if (event === "new") {
      times["session_start"] = now;
      await this.#keyValue.set(key, decimal(now), { ttlMs: this.#config.timeout * 1_000 });
      return;
    }
    const began = await this.#keyValue.get(key);
    if (began !== undefined) times["session_start"] = Number(began);
    if (event === "close") await this.#keyValue.delete(key);
  }

  #namespaceOf(message: UserMessage): string | undefined {
    if (this.#config.namespace_type === "transport_name") return message.transport_name ?? undefined;
    return tagOf(message)?.join(":");
  }
}

// Vumi's Python wrote whole seconds as 12.0, and reads either.
function decimal(seconds: number): string {
  return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
}
