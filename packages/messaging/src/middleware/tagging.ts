// Gives messages a tag by the address people wrote to, and turns the tag back into addresses on the way out.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../message/json.ts";
import { tagOf } from "../message/tag.ts";
import { checkUserMessage, type UserMessage } from "../message/user-message.ts";
import { expandTemplate } from "../python-regex/expand.ts";
import type { Middleware } from "../worker/middleware.ts";

const taggingFields = {
  incoming: {
    type: "section",
    required: true,
    static: true,
    doc: "How the address that people wrote to becomes a tag.",
    fields: {
      addr_pattern: { type: "regex", required: true, doc: "Matched against the beginning of `to_addr`." },
      tagpool_template: {
        type: "text",
        required: true,
        doc: "Name of the pool, filled from the match: `\\1`, `\\g<name>`.",
      },
      tagname_template: { type: "text", required: true, doc: "Name of the tag, filled from the match." },
    },
  },
  outgoing: {
    type: "section",
    required: true,
    static: true,
    doc: "How the name of the tag changes what goes out.",
    fields: {
      tagname_pattern: { type: "regex", required: true, doc: "Matched against the beginning of the tag's name." },
      msg_template: {
        type: "dict",
        required: true,
        doc: "Merged into the message: texts are filled from the match, objects are merged, all else is copied.",
      },
    },
  },
} as const;

/** Sets `helper_metadata.tag.tag` to [pool, name] on inbound messages; merges a template into outbound ones that carry a tag. */
export class TaggingMiddleware implements Middleware {
  static readonly summary: string =
    "Marks messages with a tag made from their address, and sets the sender of answers from it.";
  static readonly fields: ConfigFields = taggingFields;
  readonly #config: ConfigOf<typeof taggingFields>;

  constructor(config: ConfigOf<typeof taggingFields>) {
    this.#config = config;
  }

  inbound(message: UserMessage): UserMessage {
    const { addr_pattern, tagpool_template, tagname_template } = this.#config.incoming;
    const match = message.to_addr === null ? null : addr_pattern.match(message.to_addr);
    if (match === null) return message;
    const tag = { tag: [expandTemplate(match, tagpool_template), expandTemplate(match, tagname_template)] };
    return { ...message, helper_metadata: { ...message.helper_metadata, tag } };
  }

  outbound(message: UserMessage): UserMessage {
    const { tagname_pattern, msg_template } = this.#config.outgoing;
    const name = tagOf(message)?.[1];
    const match = name === undefined ? null : tagname_pattern.match(name);
    if (match === null) return message;
    const merged = merge(message as unknown as JsonObject, msg_template as JsonObject, { match, seen: new Set() });
    // The template may have put anything anywhere.
    return checkUserMessage({ ...merged });
  }
}

interface Merging {
  readonly match: RegExpExecArray;
  /** YAML anchors can make a template contain itself; an object met again is passed over. */
  readonly seen: Set<object>;
}

function merge(target: JsonObject, template: JsonObject, merging: Merging): JsonObject {
  if (merging.seen.has(template)) return target;
  merging.seen.add(template);
  const merged: Record<string, JsonValue> = { ...target };
  for (const [key, value] of Object.entries(template)) {
    if (key === "__proto__") continue;
    const present = Object.hasOwn(merged, key) ? merged[key] : undefined;
    if (typeof value === "string") merged[key] = expandTemplate(merging.match, value);
    else if (isJsonObject(value)) merged[key] = merge(isJsonObject(present) ? present : {}, value, merging);
    else merged[key] = value;
  }
  return merged;
}
