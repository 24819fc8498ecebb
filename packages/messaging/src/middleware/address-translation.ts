// Lets an application use addresses of its own instead of the real ones.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { UserMessage } from "../message/user-message.ts";
import type { Middleware } from "../worker/middleware.ts";

const translationFields = {
  outbound_map: {
    type: "dict",
    of: { type: "text" },
    required: true,
    static: true,
    doc: "Address as the application writes it → real address. Should two share a real one, the first stands for it.",
  },
} as const;

/** Translates `to_addr` on the way out and `from_addr`, backwards, on the way in. */
export class AddressTranslationMiddleware implements Middleware {
  static readonly summary: string = "Replaces addresses on the way out, and puts the others back on the way in.";
  static readonly fields: ConfigFields = translationFields;
  readonly #toReal: ReadonlyMap<string, string>;
  readonly #fromReal = new Map<string, string>();

  constructor(config: ConfigOf<typeof translationFields>) {
    this.#toReal = new Map(Object.entries(config.outbound_map));
    for (const [own, real] of this.#toReal) if (!this.#fromReal.has(real)) this.#fromReal.set(real, own);
  }

  inbound(message: UserMessage): UserMessage {
    const from_addr = message.from_addr === null ? undefined : this.#fromReal.get(message.from_addr);
    return from_addr === undefined ? message : { ...message, from_addr };
  }

  outbound(message: UserMessage): UserMessage {
    const to_addr = message.to_addr === null ? undefined : this.#toReal.get(message.to_addr);
    return to_addr === undefined ? message : { ...message, to_addr };
  }
}
