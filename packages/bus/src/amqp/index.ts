// The door of the RabbitMQ bus.

export { type AmqpBus, openAmqpBus } from "./amqp-bus.ts";
export type { AmqpBusOptions, AmqpTlsOptions } from "./options.ts";
