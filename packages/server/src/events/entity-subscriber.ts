// For each event type `<service>.changed` there is `entity-subscriber.<service>.changed`, whose events carry the changed objects themselves.
// While nobody listens to it, nothing is queried.

import { type Logger, silentLogger } from "@switchboard/core";
import type { Services } from "../rpc/service.ts";
import type { Events } from "./event.ts";

const prefix = "entity-subscriber.";
const suffix = ".changed";
const maxWaiting = 1_000;

/** What it works with. */
export interface EntitySubscriberOptions {
  readonly events: Events;
  readonly services: Pick<Services, "call">;
  readonly logger?: Logger;
}

/** Begins to keep such types beside the ones there are and will be. Returns a function that takes all of them away. */
export function startEntitySubscriber({
  events,
  services,
  logger = silentLogger,
}: EntitySubscriberOptions): () => void {
  const removers = new Map<string, () => void>();
  const add = (type: unknown): void => {
    const service = serviceOf(type);
    if (service === undefined || removers.has(service)) return;
    const follower = new ServiceFollower({ events, services, logger }, service);
    const name = `${prefix}${service}${suffix}`;
    const demand = { enable: () => follower.start(), disable: () => follower.stop() };
    removers.set(
      service,
      events.registerType(name, { description: `Objects of ${service} that have changed`, demand }),
    );
  };
  const remove = (type: unknown): void => {
    const service = serviceOf(type);
    if (service === undefined) return;
    removers.get(service)?.();
    removers.delete(service);
  };
  const stopAdding = events.on("server.event.added", ({ name }) => add(name), { sync: true });
  const stopRemoving = events.on("server.event.removed", ({ name }) => remove(name), { sync: true });
  for (const name of events.types().keys()) add(name);
  return () => {
    stopAdding();
    stopRemoving();
    for (const removeType of removers.values()) removeType();
    removers.clear();
  };
}

function serviceOf(type: unknown): string | undefined {
  if (typeof type !== "string" || type.startsWith(prefix) || !type.endsWith(suffix)) return undefined;
  return type.length > suffix.length ? type.slice(0, -suffix.length) : undefined;
}

/** Turns the changes of one service into events with objects, in order. */
class ServiceFollower {
  readonly #options: Required<EntitySubscriberOptions>;
  readonly #service: string;
  #remove: (() => void) | undefined;
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(options: Required<EntitySubscriberOptions>, service: string) {
    this.#options = options;
    this.#service = service;
  }

  start(): void {
    this.#remove ??= this.#options.events.on(`${this.#service}${suffix}`, (args) => this.#enqueue(args));
  }

  stop(): void {
    this.#remove?.();
    this.#remove = undefined;
  }

  #enqueue(args: Readonly<Record<string, unknown>>): void {
    if (this.#waiting >= maxWaiting) {
      this.#options.logger.warn(
        { service: this.#service },
        "changes come faster than they can be looked up; one is dropped",
      );
      return;
    }
    this.#waiting++;
    this.#queue = this.#queue.then(async () => {
      try {
        await this.#follow(args);
      } catch (error) {
        this.#options.logger.warn({ service: this.#service, err: error }, "changed objects could not be looked up");
      } finally {
        this.#waiting--;
      }
    });
  }

  async #follow({ operation, ids }: Readonly<Record<string, unknown>>): Promise<void> {
    const { events, services } = this.#options;
    const service = this.#service;
    const common = { service, operation, nolog: true };
    const name = `${prefix}${service}${suffix}`;
    if (!Array.isArray(ids)) {
      const data = await services.call(`${service}.get_config`);
      await events.emit(name, { ...common, data });
      return;
    }
    const isFresh = operation === "create" || operation === "update";
    const entities = isFresh ? await toArray(await services.call(`${service}.query`, [[["id", "in", ids]]])) : null;
    await events.emit(name, { ...common, ids, entities });
  }
}

/** A query may answer with a stream. */
async function toArray(result: unknown): Promise<unknown> {
  if (typeof result !== "object" || result === null || !(Symbol.asyncIterator in result)) return result;
  const items: unknown[] = [];
  for await (const item of result as AsyncIterable<unknown>) items.push(item);
  return items;
}
