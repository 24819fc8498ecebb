// Keeps order where a queue may have to be declared first. Of several messages under a key of Vumi's exchange that nothing is known about, one
// goes ahead; the others follow when the broker has taken it. Otherwise those sent last could find the queue that the first ones did not.

import { defaultExchange } from "../bus.ts";

/** Where a message goes. */
interface Route {
  readonly exchange: string;
  readonly routingKey: string;
}

const maxRoutable = 10_000;

/** What is known about the keys of Vumi's exchange. */
export class RouteProbes {
  readonly #routable = new Set<string>();
  /** Keys under which one message has gone ahead. */
  readonly #probed = new Set<string>();

  /** True while another message under the same key goes ahead. */
  mustWait({ exchange, routingKey }: Route): boolean {
    return this.#probed.size > 0 && exchange === defaultExchange && this.#probed.has(routingKey);
  }

  /** A message is sent. */
  sent({ exchange, routingKey }: Route): void {
    if (exchange === defaultExchange && !this.#routable.has(routingKey)) this.#probed.add(routingKey);
  }

  /** A queue took the message. True: others may have waited for that. */
  confirmed({ exchange, routingKey }: Route): boolean {
    if (exchange !== defaultExchange || !this.#probed.delete(routingKey)) return false;
    if (this.#routable.size >= maxRoutable) this.#routable.clear();
    this.#routable.add(routingKey);
    return true;
  }

  /** It is not, or no more, known whether a queue takes such messages. True: others may have waited for that. */
  undecided({ exchange, routingKey }: Route): boolean {
    if (exchange !== defaultExchange) return false;
    this.#routable.delete(routingKey);
    return this.#probed.delete(routingKey);
  }
}
