// The bus's main door: the contract and its errors. Buses are opened through `./embedded` and `./amqp`.

export type {
  Bus,
  ConsumeOptions,
  Consumer,
  Delivery,
  DeliveryFailure,
  DeliveryHandler,
  ExchangeDeclaration,
  ExchangeType,
  Headers,
  ParkedMessage,
  ParkedPage,
  Parking,
  PublishOptions,
  QueueDeclaration,
  QueueInfo,
  QueueTotals,
} from "./bus.ts";
export { defaultExchange, mostFreed } from "./bus.ts";
export { BusError, type BusErrorCode, busErrors } from "./errors.ts";
