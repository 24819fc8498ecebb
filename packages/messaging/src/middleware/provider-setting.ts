// Says which network operator a message belongs to: always the same one, or by the beginning of the person's number.

import type { Logger } from "@switchboard/core";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { MiddlewareContext } from "../worker/create-middleware.ts";
import type { Middleware } from "../worker/middleware.ts";
import { normaliseMsisdn } from "./msisdn.ts";

const staticFields = {
  provider: { type: "text", required: true, static: true, doc: "The operator of every message." },
} as const;

/** Sets `provider` on every message, also where there is one already. */
export class StaticProviderSettingMiddleware implements Middleware {
  static readonly summary: string = "Sets the provider of every message to the same name.";
  static readonly fields: ConfigFields = staticFields;
  readonly #provider: string;

  constructor({ provider }: ConfigOf<typeof staticFields>) {
    this.#provider = provider;
  }

  inbound(message: UserMessage): UserMessage {
    return { ...message, provider: this.#provider };
  }

  outbound(message: UserMessage): UserMessage {
    return { ...message, provider: this.#provider };
  }
}

const prefixFields = {
  provider_prefixes: {
    type: "dict",
    of: { type: "text" },
    required: true,
    static: true,
    doc: "Beginning of the number → operator. The longest beginning wins.",
  },
  normalize_msisdn: {
    type: "section",
    static: true,
    doc: "How numbers are written alike before they are compared. The message keeps its own.",
    fields: {
      country_code: { type: "text", required: true, doc: "Digits without plus, such as 27." },
      strip_plus: { type: "bool", default: false, doc: "Whether prefixes are written without plus." },
    },
  },
} as const;

/** Sets `provider` where there is none, by the person's number: `from_addr` on the way in, `to_addr` on the way out. */
export class AddressPrefixProviderSettingMiddleware implements Middleware {
  static readonly summary: string = "Sets the provider of a message by how the person's address begins.";
  static readonly fields: ConfigFields = prefixFields;
  readonly #config: ConfigOf<typeof prefixFields>;
  readonly #longestFirst: readonly (readonly [prefix: string, provider: string])[];
  readonly #logger: Logger;

  constructor(config: ConfigOf<typeof prefixFields>, { logger }: MiddlewareContext) {
    this.#config = config;
    this.#logger = logger;
    this.#longestFirst = Object.entries(config.provider_prefixes).toSorted(([a], [b]) => b.length - a.length);
  }

  inbound(message: UserMessage): UserMessage {
    return this.#withProvider(message, message.from_addr);
  }

  outbound(message: UserMessage): UserMessage {
    return this.#withProvider(message, message.to_addr);
  }

  #withProvider(message: UserMessage, address: string | null): UserMessage {
    if (message.provider !== null) return message;
    if (address === null) {
      this.#logger.error({ message_id: message.message_id }, "a message without address has no provider");
      return message;
    }
    const { normalize_msisdn: rule } = this.#config;
    const number = rule === null ? address : normaliseMsisdn(address, rule.country_code, rule.strip_plus);
    const found = this.#longestFirst.find(([prefix]) => number.startsWith(prefix));
    return found === undefined ? message : { ...message, provider: found[1] };
  }
}
