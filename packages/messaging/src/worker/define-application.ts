// An application without a class: the few functions it needs, in one object. What comes back is an ordinary application class.

import type { Logger } from "@switchboard/core";
import type { KeyValue } from "@switchboard/storage";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { describeValue } from "../describe-value.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { nearestName } from "../near-names.ts";
import { type AnswerOptions, Application, type ApplicationConfig, type SendToOptions } from "./application.ts";
import { WorkerError } from "./errors.ts";
import type { WorkerContext } from "./worker.ts";

/** Answers the message that is being handled; resolves with the answer when it is safe on the bus. */
export type Reply = (content: string | null, options?: AnswerOptions) => Promise<UserMessage>;

/** What the functions of an application can use. */
export interface ApplicationTools<Config> {
  /** As declared, checked. */
  readonly config: Config;
  readonly logger: Logger;
  /** For what must outlive a message. */
  readonly keyValue: KeyValue;
  /** Sends a message that answers none. */
  readonly sendTo: (to_addr: string, content: string | null, options?: SendToOptions) => Promise<UserMessage>;
}

/** An application. All functions but `onMessage` may be left out. */
export interface ApplicationDefinition<Fields extends ConfigFields> {
  /** Names the class, in logs and lists. */
  readonly name: string;
  /** What it does, in a sentence, for lists of classes. */
  readonly summary?: string;
  /** What may be configured besides what every application has. */
  readonly config?: Fields;
  /** The endpoints that `sendTo` may use; null allows all. Default only `default`. */
  readonly allowedEndpoints?: readonly string[] | null;
  /** A person wrote; also at the beginning of a session, unless there is `onNewSession`. */
  onMessage(message: UserMessage, reply: Reply, tools: ApplicationTools<ConfigOf<Fields>>): void | Promise<unknown>;
  onNewSession?(message: UserMessage, reply: Reply, tools: ApplicationTools<ConfigOf<Fields>>): void | Promise<unknown>;
  /** A session ended; there is nobody to answer any more. */
  onCloseSession?(message: UserMessage, tools: ApplicationTools<ConfigOf<Fields>>): void | Promise<unknown>;
  /** A transport reports about a message of ours. */
  onEvent?(event: TransportEvent, tools: ApplicationTools<ConfigOf<Fields>>): void | Promise<unknown>;
}

/** A class made by {@link defineApplication}: give it a name in a module and run it as `./file.ts#name`. */
export interface DefinedApplication {
  new (config: ApplicationConfig, context: WorkerContext): Application;
  readonly fields: ConfigFields;
  readonly summary: string | undefined;
}

/**
 * Makes an application from functions.
 *
 * ```ts
 * export const Shout = defineApplication({
 *   name: "Shout",
 *   config: { suffix: { type: "text", default: "!", doc: "Put behind every answer." } },
 *   onMessage: (message, reply, { config }) => reply(`${message.content?.toUpperCase()}${config.suffix}`),
 * });
 * ```
 *
 * @throws {WorkerError} WORKER_DEFINITION_INVALID when it has no `onMessage`, or a function whose name is misspelt.
 */
export function defineApplication<const Fields extends ConfigFields = {}>(
  definition: ApplicationDefinition<Fields>,
): DefinedApplication {
  checkDefinition(definition);
  class Defined extends Application {
    static override readonly fields: ConfigFields = definition.config ?? {};
    static readonly summary: string | undefined = definition.summary;
    override readonly allowedEndpoints =
      definition.allowedEndpoints === undefined ? ["default"] : definition.allowedEndpoints;
    readonly #tools: ApplicationTools<ConfigOf<Fields>> = {
      config: this.config as unknown as ConfigOf<Fields>,
      logger: this.context.logger,
      keyValue: this.context.keyValue,
      sendTo: (to_addr, content, options) => this.sendTo(to_addr, content, options),
    };

    // What it resolves with is of no interest.
    protected override onMessage(message: UserMessage): void | Promise<void> {
      return definition.onMessage(message, this.#replyTo(message), this.#tools) as void | Promise<void>;
    }

    protected override onNewSession(message: UserMessage): void | Promise<void> {
      if (definition.onNewSession === undefined) return this.onMessage(message);
      return definition.onNewSession(message, this.#replyTo(message), this.#tools) as void | Promise<void>;
    }

    protected override async onCloseSession(message: UserMessage): Promise<void> {
      await definition.onCloseSession?.(message, this.#tools);
    }

    // Without anybody to hear of them there is nothing to wait for.
    protected override dispatchEvent(event: TransportEvent): void | Promise<void> {
      if (definition.onEvent !== undefined) return this.#tell(event);
    }

    async #tell(event: TransportEvent): Promise<void> {
      await definition.onEvent?.(event, this.#tools);
    }

    #replyTo(message: UserMessage): Reply {
      return (content, options) => this.replyTo(message, content, options);
    }
  }
  Object.defineProperty(Defined, "name", { value: definition.name });
  return Defined;
}

const knownMembers: readonly (keyof ApplicationDefinition<ConfigFields>)[] = [
  "name",
  "summary",
  "config",
  "allowedEndpoints",
  "onMessage",
  "onNewSession",
  "onCloseSession",
  "onEvent",
];

// The types say all this already, but nobody looks at them who writes JavaScript, or runs TypeScript without checking it.
function checkDefinition(definition: { readonly name: string; readonly onMessage?: unknown }): void {
  const refuse = (problem: string): never => {
    throw new WorkerError("WORKER_DEFINITION_INVALID", `application ${definition.name}: ${problem}`);
  };
  const missing = knownMembers.filter((member) => !Object.hasOwn(definition, member));
  for (const member of Object.keys(definition)) {
    const isKnown = (knownMembers as readonly string[]).includes(member);
    const near = isKnown ? undefined : nearestName(member, missing);
    if (near !== undefined) refuse(`there is no ${member}; did you mean ${near}?`);
  }
  const { onMessage } = definition;
  if (typeof onMessage !== "function") refuse(`onMessage: expected a function, got ${describeValue(onMessage)}`);
}
