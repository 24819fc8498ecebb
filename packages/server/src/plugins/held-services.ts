// Keeps the services of a plugin that is being reloaded: calls wait until the service is there again, or turns out to be gone.

import type { Message } from "@switchboard/core";
import { deferred, type Deferred } from "../deferred.ts";
import { ServerError } from "../errors.ts";
import type { Invocation } from "../rpc/invocation.ts";
import type { ServiceRegistry } from "../rpc/index.ts";
import type { ServiceListener } from "../rpc/service-listener.ts";

/** Stands in for a service. It looks like the one before to strangers, and keeps its time limits. */
class HeldService implements ServiceListener {
  readonly id: string;
  readonly #services: ServiceRegistry;
  readonly #former: ServiceListener | undefined;
  readonly #over: Deferred<void> = deferred();

  constructor(name: string, services: ServiceRegistry) {
    this.id = name;
    this.#services = services;
    this.#former = services.get(name);
  }

  end(): void {
    this.#over.resolve();
  }

  isOpen(method: string): boolean {
    return this.#former?.isOpen(method) === true;
  }

  timeoutOf(method: string): number | undefined {
    return this.#former?.timeoutOf(method);
  }

  async handleMessage(message: Message): Promise<unknown> {
    await this.#over.promise;
    const service = this.#services.get(this.id);
    if (service === undefined) throw new ServerError("RPC_SERVICE_UNKNOWN", `there is no service ${this.id} any more`);
    return this.#services.invoke({ service, invocation: message.content as Invocation });
  }

  handleMessageSync(): never {
    throw new ServerError("RPC_SERVICE_UNKNOWN", `the service ${this.id} is being reloaded`);
  }
}

interface Held {
  readonly service: HeldService;
  readonly remove: () => void;
}

/** The services that are held now. */
export class HeldServices {
  readonly #services: ServiceRegistry;
  readonly #held = new Map<string, Held>();

  constructor(services: ServiceRegistry) {
    this.#services = services;
  }

  /** Puts a stand-in in the place of a service, which `removeFormer` takes away. In one turn, so that no call falls between. */
  hold(name: string, removeFormer: () => unknown): void {
    const service = new HeldService(name, this.#services);
    removeFormer();
    this.#held.set(name, { service, remove: this.#services.attach(service) });
  }

  /** Takes the stand-in away, if there is one. Waiting calls go on in the next turn, so register the service in this one. */
  release(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    held.remove();
    held.service.end();
  }

  /** Takes all stand-ins away; calls to services that did not come back fail. */
  releaseAll(): void {
    for (const name of this.#held.keys()) this.release(name);
  }
}
