// Writes each message that passes to the log, in the one line that log tools of Vumi's users parse.

import type { Logger } from "@switchboard/core";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { MiddlewareContext } from "../worker/create-middleware.ts";
import type { TransportEvent } from "../message/event.ts";
import type { FailureMessage } from "../message/failure.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { Middleware } from "../worker/middleware.ts";

const loggingFields = {
  log_level: {
    type: "text",
    choices: ["debug", "info", "warning", "error", "critical"],
    default: "info",
    static: true,
    doc: "Level for messages and events.",
  },
  failure_log_level: {
    type: "text",
    choices: ["debug", "info", "warning", "error", "critical"],
    default: "error",
    static: true,
    doc: "Level for failures.",
  },
} as const;

type Level = ConfigOf<typeof loggingFields>["log_level"];

const methods: Readonly<Record<Level, keyof Logger>> = {
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  critical: "error",
};

/** Logs user messages, events and failures with all they contain. Statuses are not logged. */
export class LoggingMiddleware implements Middleware {
  static readonly summary: string = "Writes messages, events and failures that pass into the log.";
  static readonly fields: ConfigFields = loggingFields;
  readonly #config: ConfigOf<typeof loggingFields>;
  readonly #context: MiddlewareContext;

  constructor(config: ConfigOf<typeof loggingFields>, context: MiddlewareContext) {
    this.#config = config;
    this.#context = context;
  }

  inbound(message: UserMessage, connector: string): UserMessage {
    return this.#log("inbound", message, connector);
  }

  outbound(message: UserMessage, connector: string): UserMessage {
    return this.#log("outbound", message, connector);
  }

  event(event: TransportEvent, connector: string): TransportEvent {
    return this.#log("event", event, connector);
  }

  failure(failure: FailureMessage, connector: string): FailureMessage {
    return this.#log("failure", failure, connector);
  }

  #log<Message>(kind: string, message: Message, connector: string): Message {
    const level = kind === "failure" ? this.#config.failure_log_level : this.#config.log_level;
    const { logger, workerName } = this.#context;
    logger[methods[level]](
      { worker: workerName },
      `Processed ${kind} message for ${connector}: ${JSON.stringify(message)}`,
    );
    return message;
  }
}
