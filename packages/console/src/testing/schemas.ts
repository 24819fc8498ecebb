// Classes with their schemas, and services with their methods, as the memory gateway tells them.

import type { MethodInfo, Schema } from "../services/types.ts";

/** The classes that can be created. */
export const classes: readonly {
  readonly name: string;
  readonly kind: string;
  readonly vumi_names: readonly string[];
  readonly summary: string;
}[] = [
  {
    name: "SmppTransceiverTransport",
    kind: "channel",
    vumi_names: ["vumi.transports.smpp.SmppTransceiverTransport"],
    summary: "SMS by SMPP 3.4, one bind for both directions",
  },
  {
    name: "TelnetServerTransport",
    kind: "channel",
    vumi_names: ["vumi.transports.telnet.TelnetServerTransport"],
    summary: "A line for everybody with telnet; needs no account",
  },
  { name: "HttpRpcTransport", kind: "channel", vumi_names: [], summary: "Partners who post messages by HTTP" },
  { name: "ContentKeywordRouter", kind: "router", vumi_names: [], summary: "Decides by the first word" },
  { name: "EchoWorker", kind: "application", vumi_names: [], summary: "Answers what was said" },
  { name: "JavascriptSandbox", kind: "application", vumi_names: [], summary: "Runs a program in a sandbox" },
];

const smpp: Schema = {
  type: "object",
  required: ["transport_name", "twisted_endpoint", "system_id", "password"],
  properties: {
    twisted_endpoint: {
      type: "string",
      title: "SMSC address",
      description: "Twisted client endpoint, or host:port.",
      format: "endpoint",
      "x-basic": true,
      "x-group": "Connection",
    },
    system_id: {
      type: "string",
      title: "System id",
      description: "Our account at the SMSC. A longer one is never answered, so it is refused here.",
      maxLength: 15,
      "x-basic": true,
      "x-group": "Connection",
    },
    password: {
      type: "string",
      title: "Password",
      description: "At most 8 characters are sent.",
      "x-secret": true,
      "x-basic": true,
      "x-group": "Connection",
    },
    bind_as: {
      type: "string",
      title: "Bind as",
      enum: ["transceiver", "transmitter", "receiver"],
      default: "transceiver",
      description: "Transceiver sends and receives on one bind.",
      "x-basic": true,
      "x-group": "Connection",
    },
    system_type: {
      type: "string",
      title: "System type",
      maxLength: 12,
      default: "",
      description: "Most SMSCs ignore it.",
      "x-basic": true,
      "x-group": "Connection",
    },
    mt_tps: {
      type: "integer",
      title: "Most parts per second",
      unit: "per second",
      minimum: 0,
      default: 0,
      description: "A long SMS counts once per part. 0: no limit.",
      "x-basic": true,
      "x-group": "Speed and patience",
    },
    smpp_bind_timeout: {
      type: "number",
      title: "Wait for the bind",
      unit: "s",
      minimum: 1,
      default: 30,
      description: "Then the link is closed and tried again.",
      "x-basic": true,
      "x-group": "Speed and patience",
    },
    smpp_enquire_link_interval: {
      type: "number",
      title: "Heartbeat",
      unit: "s",
      minimum: 1,
      default: 55,
      description: "Silence of twice this long counts as lost.",
      "x-basic": true,
      "x-group": "Speed and patience",
    },
    throttle_delay: {
      type: "number",
      title: "After “too fast”, wait",
      unit: "s",
      default: 0.1,
      description: "Before an ESME_RTHROTTLED message goes again.",
      "x-basic": true,
      "x-group": "Speed and patience",
    },
    source_addresses: {
      type: "array",
      title: "Source addresses",
      items: { type: "string" },
      default: [],
      description: "Which short codes may be used.",
    },
    data_coding_overrides: {
      type: "object",
      title: "Data coding overrides",
      additionalProperties: { type: "string" },
      default: {},
      description: "Data coding number to encoding.",
    },
    deliver_sm_processor: {
      type: "string",
      title: "Text processor",
      default: "default",
      enum: ["default", "vodacom", "sixdee", "mica"],
      description: "How the network splits its text.",
    },
    log_pdus: {
      type: "boolean",
      title: "Log every PDU",
      default: false,
      description: "Writes each PDU to the log at debug level.",
    },
    custom_report_regex: {
      type: "string",
      title: "Report pattern",
      format: "regex",
      default: "id:(?<id>\\S+)",
      description: "Finds the id in a delivery report.",
    },
  },
};

const plain: Schema = {
  type: "object",
  properties: {
    greeting: { type: "string", title: "Greeting", default: "", "x-basic": true, description: "Said first." },
    rules: { type: "array", title: "Rules", items: { type: "object" }, default: [] },
  },
};

/** A class's schema, with a configuration that fits. */
export function schemaOf(name: string): {
  readonly schema: Schema;
  readonly example: Readonly<Record<string, unknown>>;
} {
  if (name.startsWith("Smpp"))
    return {
      schema: smpp,
      example: {
        twisted_endpoint: "tcp:host=smsc.northtel.example:port=2775",
        system_id: "clinicline",
        password: "********",
      },
    };
  return { schema: plain, example: {} };
}

const message: Schema = {
  type: "object",
  title: "message",
  properties: {
    transport_name: { type: "string", title: "Channel", format: "channel", "x-basic": true },
    direction: {
      type: "string",
      title: "Direction",
      enum: ["inbound", "outbound"],
      default: "inbound",
      "x-basic": true,
    },
    from_addr: { type: "string", title: "From", "x-basic": true },
    to_addr: { type: "string", title: "To", "x-basic": true },
    content: {
      type: ["string", "null"],
      title: "Text",
      format: "text",
      "x-basic": true,
      description: "Only the word before the first blank is the keyword; case does not matter.",
    },
  },
  required: ["transport_name", "from_addr", "to_addr", "content"],
};
const name: Schema = { type: "string", title: "name", mandatory: true };

/** Methods by service. */
export const catalogue: Readonly<Record<string, readonly MethodInfo[]>> = {
  bus: [
    { name: "queues", description: "All queues with their figures", "params-schema": [], roles: ["viewer"] },
    {
      name: "preview",
      description: "What a bulk retry or drop would do",
      "params-schema": [
        {
          type: "object",
          title: "choice",
          properties: {
            action: { type: "string", enum: ["retry", "drop"], title: "Action" },
            queue: { type: "string", title: "Queue", format: "queue" },
          },
          required: ["action", "queue"],
        },
      ],
      roles: ["operator"],
    },
    {
      name: "retry_one",
      description: "Puts one parked message back into its queue",
      "params-schema": [
        { type: "string", title: "queue" },
        { type: "string", title: "id" },
      ],
      roles: ["operator"],
    },
  ],
  map: [{ name: "get", description: "The nodes and lines of the map", "params-schema": [], roles: ["viewer"] }],
  routers: [
    { name: "query", description: "All routers", "params-schema": [], roles: ["viewer"] },
    {
      name: "rules",
      description: "A router's rules in the order in which they are tried",
      "params-schema": [{ ...name, title: "router", format: "router" }],
      roles: ["viewer"],
    },
    {
      name: "explain",
      description: "Tells where a router would send a message, and which rule decides, without sending anything.",
      "params-schema": [{ type: "string", title: "router", enum: ["keywords", "ussd-codes", "desk"] }, message],
      roles: ["viewer", "operator"],
    },
  ],
  send: [
    {
      name: "in",
      description: "Sends a message as if a person had written it",
      "params-schema": [message],
      roles: ["operator"],
    },
  ],
  system: [
    { name: "info", description: "The gateway, its process and its folders", "params-schema": [], roles: ["viewer"] },
  ],
  users: [
    { name: "query", description: "The accounts, without passwords", "params-schema": [], roles: ["admin"] },
    {
      name: "delete",
      description: "Removes an account and ends its sessions",
      "params-schema": [name],
      roles: ["admin"],
    },
  ],
};

/** The methods of a service. */
export function methodsOf(service: string): readonly MethodInfo[] {
  return catalogue[service] ?? [];
}
