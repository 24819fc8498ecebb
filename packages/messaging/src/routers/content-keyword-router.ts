// Routes by the first word of a message, and remembers for a while which application sent what, so that events find it.

import type { KeyValue } from "@switchboard/storage";
import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import type { TransportEvent } from "../message/event.ts";
import type { UserMessage } from "../message/user-message.ts";
import { IgnoreMessage, NoRoute } from "../worker/errors.ts";
import { unknownSender } from "./unknown-sender.ts";
import type { Router, RouterContext, RoutingRules } from "../worker/router.ts";
import { lookUp } from "./transport-name-router.ts";

const keywordFields = {
  dispatcher_name: {
    type: "text",
    required: true,
    static: true,
    doc: "Keeps what this dispatcher remembers apart from what others do.",
  },
  rules: {
    type: "list",
    of: {
      type: "section",
      fields: {
        app: { type: "text", required: true, doc: "Application that the message goes to." },
        keyword: { type: "text", required: true, doc: "First word of the message; case does not matter." },
        to_addr: { type: "text", doc: "Only messages to this address." },
        prefix: { type: "text", doc: "Only messages from addresses that begin like this." },
      },
    },
    default: [],
    doc: "All rules that match fire, each with a copy of the message.",
  },
  keyword_mappings: {
    type: "dict",
    of: { type: "text" },
    default: {},
    doc: "Application → keyword: short form of rules, tried after them.",
  },
  fallback_application: { type: "text", doc: "Application for messages that no rule matches." },
  transport_mappings: {
    type: "dict",
    of: { type: "text" },
    required: true,
    doc: "Address that an application sends from → transport that the message goes out on.",
  },
  expire_routing_memory: {
    type: "int",
    min: 1,
    default: 604_800,
    unit: "seconds",
    doc: "How long events of a message sent find their application.",
  },
  session_expiry: {
    type: "int",
    min: 1,
    unit: "seconds",
    doc: "How long after an answer a person goes on with the application that gave it, unless it ended the session or a rule matches. Default: each message stands alone, as for Vumi.",
  },
} as const;

type KeywordConfig = ConfigOf<typeof keywordFields>;

/** A rule, and its place among all of them, from 1. */
type Rule = KeywordConfig["rules"][number] & { readonly number: number };

/** Routes by keyword: the text before the first blank, in lower case. Rules are found by it at once, however many there are. */
export class ContentKeywordRouter implements Router {
  static readonly summary: string = "Sends a message to the applications that wait for its first word.";
  static readonly fields: ConfigFields = keywordFields;
  readonly #config: KeywordConfig;
  readonly #context: RouterContext;
  readonly #all: readonly Rule[];
  readonly #rules: ReadonlyMap<string, readonly Rule[]>;
  readonly #memory: KeyValue;

  constructor(config: KeywordConfig, context: RouterContext) {
    this.#config = config;
    this.#context = context;
    this.#memory = context.keyValue.sub(config.dispatcher_name).sub("session");
    const mapped = Object.entries(config.keyword_mappings).map(([app, keyword]) => ({
      app,
      keyword,
      to_addr: null,
      prefix: null,
    }));
    this.#all = [...config.rules, ...mapped].map(({ app, keyword, to_addr, prefix }, index) => ({
      app,
      keyword,
      to_addr,
      prefix,
      number: index + 1,
    }));
    this.#rules = byKeyword(this.#all);
  }

  rules(): RoutingRules {
    const rules = this.#all.map((rule) => ({
      number: rule.number,
      looksAt: "keyword",
      value: [
        rule.keyword,
        ...(rule.to_addr === null ? [] : [`to ${rule.to_addr}`]),
        ...(rule.prefix === null ? [] : [`from ${rule.prefix}…`]),
      ].join(", "),
      target: rule.app,
      mismatch: (message: UserMessage): string | undefined => {
        const keyword = keywordOf(message);
        if (keyword !== rule.keyword.toLowerCase()) return `the first word is ${JSON.stringify(keyword)}`;
        if (fits(rule, message)) return undefined;
        return rule.to_addr !== null && message.to_addr !== rule.to_addr
          ? `to_addr is ${JSON.stringify(message.to_addr)}`
          : `from_addr is ${JSON.stringify(message.from_addr)}`;
      },
    }));
    return { firstMatch: false, rules };
  }

  async dispatchInbound(message: UserMessage): Promise<void> {
    const keyword = keywordOf(message);
    const rules = (this.#rules.get(keyword) ?? []).filter((rule) => fits(rule, message));
    const [only] = rules;
    if (only !== undefined && rules.length === 1) {
      return this.#context.publishInbound(only.app, message, only.number);
    }
    if (rules.length > 0) {
      await Promise.all(rules.map(({ app, number }) => this.#context.publishInbound(app, message, number)));
      return;
    }
    const name = (await this.#partnerOf(message)) ?? this.#config.fallback_application;
    if (name === null) throw new NoRoute("no rule matches, and there is no fallback_application");
    await this.#context.publishInbound(name, message);
  }

  async dispatchEvent(event: TransportEvent): Promise<void> {
    const { name } = await this.#memory.hgetall(memoryKey(event.user_message_id));
    if (name === undefined) throw new IgnoreMessage(unknownSender);
    await this.#context.publishEvent(name, event);
  }

  // Remembered first: an ack may come back sooner than the second of two writes.
  async dispatchOutbound(message: UserMessage, source: string): Promise<void> {
    const transport = lookUp(this.#config.transport_mappings, message.from_addr);
    if (transport === undefined)
      throw new NoRoute(`transport_mappings has no from_addr ${JSON.stringify(message.from_addr)}`);
    const sender = this.#senderOf(message, source);
    await Promise.all([this.#remember(message, sender), this.#rememberPartner(message, sender)]);
    await this.#context.publishOutbound(transport, message);
  }

  /** The application that the person is in a session with. The person's own end of the session is the last that it gets. */
  async #partnerOf({ from_addr, to_addr, session_event }: UserMessage): Promise<string | undefined> {
    if (this.#config.session_expiry === null) return undefined;
    const key = partnerKey(from_addr, to_addr);
    const name = await this.#memory.get(key);
    if (session_event === "close") await this.#memory.delete(key);
    return name;
  }

  // Applications that answer several dispatchers over one connector say in transport_name which exposed name is theirs. A plain reply has
  // the transport's name there; then it is the connector that tells.
  #senderOf({ transport_name }: UserMessage, source: string): string {
    return transport_name !== null && this.#context.exposedNames.includes(transport_name) ? transport_name : source;
  }

  async #rememberPartner({ to_addr, from_addr, session_event }: UserMessage, sender: string): Promise<void> {
    const { session_expiry } = this.#config;
    if (session_expiry === null) return;
    const key = partnerKey(to_addr, from_addr);
    if (session_event === "close") await this.#memory.delete(key);
    else await this.#memory.set(key, sender, { ttlMs: session_expiry * 1_000 });
  }

  async #remember({ message_id }: UserMessage, sender: string): Promise<void> {
    const key = memoryKey(message_id);
    const created_at = String(this.#context.clock.now() / 1_000);
    await Promise.all([
      this.#memory.hset(key, { name: sender, created_at }),
      this.#memory.pexpire(key, this.#config.expire_routing_memory * 1_000),
    ]);
  }
}

function byKeyword(rules: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const table = new Map<string, Rule[]>();
  for (const rule of rules) {
    const keyword = rule.keyword.toLowerCase();
    const same = table.get(keyword);
    if (same === undefined) table.set(keyword, [rule]);
    else same.push(rule);
  }
  return table;
}

function memoryKey(messageId: string): string {
  return `message:${messageId}`;
}

function partnerKey(person: string | null, address: string | null): string {
  return `partner:${JSON.stringify([person, address])}`;
}

// Only the blank separates: tabs, line ends and punctuation belong to the keyword.
function keywordOf({ content }: UserMessage): string {
  const text = content ?? "";
  const blank = text.indexOf(" ");
  return (blank < 0 ? text : text.slice(0, blank)).toLowerCase();
}

function fits({ to_addr, prefix }: Rule, message: UserMessage): boolean {
  if (to_addr !== null && message.to_addr !== to_addr) return false;
  return prefix === null || (message.from_addr?.startsWith(prefix) ?? false);
}
