// Which names of exchanges, queues, routing keys and headers both buses accept. Checked before anything is sent or stored,
// because RabbitMQ answers a bad name by closing the channel and Vumi by failing to start a publisher.

import { defaultExchange, type Headers } from "./bus.ts";
import { BusError } from "./errors.ts";

const maxNameBytes = 255; // AMQP 0-9-1 §4.2.5.3: a short string
const unprintable = /[\p{Cc}\p{Cs}]/u; // a lone surrogate has no UTF-8 form, so it could not come back as it went
const maxGoodKeys = 1_000;
// There are few keys and many messages.
const goodKeys = new Set<string>();

/**
 * Checks the name of a queue that is bound to `exchange`.
 *
 * @throws {BusError} BUS_NAME_INVALID
 */
export function checkQueueName(queue: string, exchange: string = defaultExchange): void {
  checkName("queue", queue);
  checkReserved("queue", queue);
  if (exchange === defaultExchange) checkLowerCase("queue", queue);
}

/**
 * Checks the name of an exchange.
 *
 * @throws {BusError} BUS_NAME_INVALID
 */
export function checkExchangeName(exchange: string): void {
  checkName("exchange", exchange);
  checkReserved("exchange", exchange);
}

/**
 * Checks a routing key, or a binding key, of `exchange`.
 *
 * @throws {BusError} BUS_NAME_INVALID
 */
export function checkRoutingKey(routingKey: string, exchange: string = defaultExchange): void {
  if (exchange !== defaultExchange) {
    checkName("routing key", routingKey);
    return;
  }
  if (goodKeys.has(routingKey)) return;
  checkName("routing key", routingKey);
  checkLowerCase("routing key", routingKey);
  if (goodKeys.size >= maxGoodKeys) goodKeys.clear();
  goodKeys.add(routingKey);
}

/**
 * Checks the names and values of headers.
 *
 * @throws {BusError} BUS_NAME_INVALID, BUS_OPTION_INVALID (a value that is not text)
 */
export function checkHeaders(headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) {
    checkName("header", name);
    if (/^x-/i.test(name))
      throw invalid("header", name, "a name that does not start with x-, which belongs to brokers");
    if (typeof value !== "string" || unpairedSurrogate.test(value)) {
      throw new BusError("BUS_OPTION_INVALID", `header ${JSON.stringify(name)} must be text, got ${typeof value}`);
    }
  }
}

const unpairedSurrogate = /\p{Cs}/u;

function checkName(what: string, name: string): void {
  if (typeof name !== "string") throw invalid(what, String(name), "text");
  const bytes = name.length * 3 <= maxNameBytes ? name.length : Buffer.byteLength(name);
  if (bytes < 1 || bytes > maxNameBytes) throw invalid(what, name.slice(0, 64), `1 to ${maxNameBytes} bytes`);
  if (unprintable.test(name)) throw invalid(what, name, "printable characters only");
}

function checkReserved(what: string, name: string): void {
  // AMQP 0-9-1, queue.declare and exchange.declare: names starting with "amq." are reserved.
  if (name.startsWith("amq.")) throw invalid(what, name, 'a name that does not start with "amq."');
}

function checkLowerCase(what: string, name: string): void {
  if (name !== name.toLowerCase()) throw invalid(what, name, `lower case, as Vumi requires on "${defaultExchange}"`);
}

function invalid(what: string, name: string, expected: string): BusError {
  return new BusError("BUS_NAME_INVALID", `${what}: expected ${expected}, got ${JSON.stringify(name)}`, {
    details: { [what]: name },
  });
}
