// The value sets that Vumi and vumi2 share. Vumi treats transport and address types as advice; vumi2 throws messages with others away.

/** What kind of channel a transport serves. */
export const transportTypes = [
  "http_api",
  "irc",
  "telnet",
  "twitter",
  "sms",
  "ussd",
  "xmpp",
  "mxit",
  "wechat",
] as const;

/** What kind of address `to_addr_type` and `from_addr_type` describe. */
export const addressTypes = [
  "irc_nickname",
  "twitter_handle",
  "msisdn",
  "gtalk_id",
  "jabber_id",
  "mxit_id",
  "wechat_id",
] as const;

/** Where a message stands in its session; null outside of sessions, or to keep one open. */
export const sessionEvents = ["new", "resume", "close"] as const;

/** What an event reports about an outbound message. */
export const eventTypes = ["ack", "nack", "delivery_report"] as const;

/** What a delivery report says. */
export const deliveryStatuses = ["pending", "failed", "delivered"] as const;

/** How well a component of a transport does. */
export const statusLevels = ["ok", "degraded", "down"] as const;

/** Why sending failed: retrying may help, or is pointless. Null when nobody knows. */
export const failureCodes = ["temporary", "permanent"] as const;

/** One of {@link sessionEvents}. */
export type SessionEvent = (typeof sessionEvents)[number];

/** One of {@link deliveryStatuses}. */
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** One of {@link statusLevels}. */
export type StatusLevel = (typeof statusLevels)[number];

/** One of {@link failureCodes}. */
export type FailureCode = (typeof failureCodes)[number];
