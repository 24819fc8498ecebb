// One body of each kind as Vumi writes it: A inbound message, B the reply that ends the session, C ack, D nack, E delivery report,
// F status, G failure whose nested message was retried once.

const inbound = {
  message_version: "20110921",
  message_type: "user_message",
  timestamp: "2024-03-07 08:15:42.120394",
  message_id: "5b1e0c9a7d3f4e6f8a2b4c6d8e0f1a2b",
  in_reply_to: null,
  to_addr: "*120*7700#",
  to_addr_type: null,
  from_addr: "+27820001122",
  from_addr_type: "msisdn",
  group: null,
  provider: "mtn",
  session_event: "new",
  content: null,
  transport_name: "ussd_north",
  transport_type: "ussd",
  transport_metadata: { gateway: { dialog: "9917" } },
  helper_metadata: { tag: { tag: ["ussd_codes", "*120*7700#"] } },
  routing_metadata: {},
};

const reply = {
  ...inbound,
  timestamp: "2024-03-07 08:15:42.655001",
  message_id: "c0ffee00c0ffee00c0ffee00c0ffee00",
  in_reply_to: inbound.message_id,
  to_addr: inbound.from_addr,
  from_addr: inbound.to_addr,
  from_addr_type: null,
  session_event: "close",
  content: "Clinic opens at 07:30. Goodbye!",
  routing_metadata: { endpoint_name: "default" },
};

const event = {
  message_version: "20110921",
  message_type: "event",
  timestamp: "2024-03-07 08:15:43.000000",
  event_id: "1111aaaa2222bbbb3333cccc4444dddd",
  user_message_id: reply.message_id,
  transport_name: "ussd_north",
  transport_metadata: {},
  helper_metadata: {},
  routing_metadata: {},
};

const ack = { ...event, event_type: "ack", sent_message_id: "GW-88121" };
const nack = { ...event, event_type: "nack", nack_reason: "session already gone" };
const deliveryReport = { ...event, event_type: "delivery_report", delivery_status: "delivered" };

const status = {
  message_version: "20110921",
  message_type: "status_event",
  timestamp: "2024-03-07 08:20:00.000000",
  component: "smpp",
  status: "degraded",
  type: "throttled",
  message: "Gateway asked us to slow down",
  reasons: [],
  details: { tps: 10 },
  helper_metadata: {},
  routing_metadata: {},
};

const failure = {
  message_version: "20110921",
  message_type: "failure_message",
  timestamp: "2024-03-07 08:21:10.000001",
  failure_code: "temporary",
  reason: "GatewayTimeout: no answer in 30s (stack follows)",
  message: {
    ...reply,
    in_reply_to: null,
    session_event: null,
    content: "Your results are ready",
    transport_name: "sms_out",
    transport_type: "sms",
    retry_metadata: { retries: 1, delay: 1 },
  },
  helper_metadata: {},
  routing_metadata: {},
};

export const examples: {
  readonly inbound: typeof inbound;
  readonly reply: typeof reply;
  readonly ack: typeof ack;
  readonly nack: typeof nack;
  readonly deliveryReport: typeof deliveryReport;
  readonly status: typeof status;
  readonly failure: typeof failure;
} = { inbound, reply, ack, nack, deliveryReport, status, failure };

/** Returns `body` without the key `key`. */
export function without(body: object, key: string): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== key));
}
