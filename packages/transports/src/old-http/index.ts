// Two HTTP APIs from Vumi's early days, for those who still call them: one message to many numbers, or a template filled for each.

import { type IncomingMessage } from "node:http";
import { type ConfigFields, type ConfigOf, equalSecrets, readBasic, type UserMessage } from "@switchboard/messaging";
import { type HttpAnswer, type HttpRequest, type HttpRpcConfig, HttpRpcTransport } from "../http-rpc/index.ts";
import type { Parameters } from "../http-rpc/parameters.ts";

const oldFields = {
  identities: {
    type: "dict",
    of: { type: "text" },
    default: {},
    static: true,
    secret: true,
    doc: "User → password for HTTP Basic; empty: nobody is asked.",
  },
} as const;

/** What the old HTTP APIs are configured with. */
export type OldHttpConfig = HttpRpcConfig & ConfigOf<typeof oldFields>;

/** What both have in common. */
abstract class OldHttpTransport extends HttpRpcTransport<OldHttpConfig> {
  static override readonly fields: ConfigFields = oldFields;

  /** The text for each recipient, in order; undefined when the request does not say it. */
  protected abstract textsOf(parameters: Parameters, recipients: number): readonly (string | null)[] | undefined;

  protected override healthAnswer(): string {
    return "{}";
  }

  protected override refusal(request: IncomingMessage): HttpAnswer | undefined {
    const { identities } = this.config;
    if (Object.keys(identities).length === 0) return undefined;
    const given = readBasic(request.headers.authorization);
    const password = given !== undefined && Object.hasOwn(identities, given.user) ? identities[given.user] : undefined;
    const fits = equalSecrets(given?.password ?? "", password ?? "");
    return password !== undefined && fits ? undefined : { status: 401, body: "Not Authorized" };
  }

  protected override async handleRequest({ id, headers, parameters }: HttpRequest): Promise<void> {
    const recipients = parameters.get("to_msisdn") ?? [];
    const texts = this.textsOf(parameters, recipients.length);
    if (texts === undefined) {
      this.finishRequest(id, {
        status: 400,
        body: "template: expected, with one value of each of its names for every to_msisdn",
      });
      return;
    }
    const from_addr = parameters.get("from_msisdn")?.[0] ?? null;
    const http_user =
      Object.keys(this.config.identities).length === 0 ? "" : (readBasic(headers.authorization)?.user ?? "");
    const answers: object[] = [];
    for (const [index, to_addr] of recipients.entries()) {
      const content = texts[index] ?? null;
      const message = await this.publishMessage({
        to_addr,
        from_addr,
        content,
        provider: "vumi",
        transport_metadata: { http_user },
      });
      answers.push({ message: content, to_msisdn: to_addr, from_msisdn: from_addr, id: message.message_id });
    }
    this.finishRequest(id, { body: JSON.stringify(answers), headers: { "Content-Type": "application/json" } });
  }
}

/** The same text to every number. Outbound messages are acknowledged and go nowhere. */
export class OldSimpleHttpTransport extends OldHttpTransport {
  static readonly summary: string = "Takes messages by HTTP with the parameters of Vumi's first API.";
  readonly transportType: string = "old_simple_http";

  protected override textsOf(parameters: Parameters, recipients: number): readonly (string | null)[] {
    return Array.from({ length: recipients }, () => parameters.get("message")?.[0] ?? null);
  }

  protected override async sendOutbound({ message_id }: UserMessage): Promise<void> {
    await this.publishAck(message_id, message_id);
  }
}

/** A template, filled for each number with its values. Outbound messages are logged and dropped. */
export class OldTemplateHttpTransport extends OldHttpTransport {
  static readonly summary: string =
    "Takes one text with names in it and many recipients by HTTP, as Vumi's first API did.";
  readonly transportType: string = "old_template_http";

  protected override textsOf(parameters: Parameters, recipients: number): readonly string[] | undefined {
    const template = parameters.get("template")?.[0];
    if (template === undefined) return undefined;
    const texts: string[] = [];
    for (let index = 0; index < recipients; index++) {
      const text = fill(template, (name) => parameters.get(`template_${name}`)?.[index]);
      if (text === undefined) return undefined;
      texts.push(text);
    }
    return texts;
  }

  protected override sendOutbound({ message_id }: UserMessage): Promise<void> {
    this.context.logger.info({ worker: this.name, message_id }, "message dropped: this channel cannot send");
    return Promise.resolve();
  }
}

/** Replaces `{{name}}`; undefined when a name has no value. */
function fill(template: string, valueOf: (name: string) => string | undefined): string | undefined {
  let complete = true;
  const text = template.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => {
    const value = valueOf(name);
    if (value === undefined) complete = false;
    return value ?? "";
  });
  return complete ? text : undefined;
}
