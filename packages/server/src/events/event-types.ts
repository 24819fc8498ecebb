// The known event types, and the demand for each: its source hears of the first listener and of the last one's leaving, one after the other.

import type { Logger } from "@switchboard/core";
import { ServerError } from "../errors.ts";
import type { EventDemand, EventTypeInfo, EventTypeOptions } from "./event.ts";

interface EventType {
  readonly name: string;
  readonly options: EventTypeOptions;
  /** Who was told that there is demand. */
  enabledBy: EventDemand | undefined;
  /** The last thing that a source was told; the next waits for it. */
  told: Promise<void>;
}

/** How the table asks for what it does not know. */
export interface EventTypesOptions {
  /** How many subscriptions and handlers fit a name now. */
  readonly countOf: (name: string) => number;
  readonly sourceOf: (name: string) => EventDemand | undefined;
  readonly logger: Logger;
}

/** Event types by name. */
export class EventTypes {
  readonly #options: EventTypesOptions;
  readonly #types = new Map<string, EventType>();

  constructor(options: EventTypesOptions) {
    this.#options = options;
  }

  /** What was said of a type, or undefined. */
  get(name: string): EventTypeOptions | undefined {
    return this.#types.get(name)?.options;
  }

  /** Adds a type. @throws {ServerError} EVENT_TYPE_EXISTS. */
  add(name: string, options: EventTypeOptions): () => boolean {
    if (this.#types.has(name)) {
      throw new ServerError("EVENT_TYPE_EXISTS", `the event type ${JSON.stringify(name)} is registered already`);
    }
    const type: EventType = { name, options, enabledBy: undefined, told: Promise.resolve() };
    this.#types.set(name, type);
    this.#review(type);
    return () => {
      if (this.#types.get(name) !== type) return false;
      this.#types.delete(name);
      this.#tell(type, undefined);
      return true;
    };
  }

  /** Looks anew at the demand for the types whose name fits. */
  review(fits: (name: string) => boolean): void {
    for (const type of this.#types.values()) if (fits(type.name)) this.#review(type);
  }

  /** Looks anew at the types of a source that has come or gone. */
  reviewSource(source: string): void {
    for (const type of this.#types.values()) if (type.options.source === source) this.#review(type);
  }

  /** All types as discovery shows them. */
  list(): Map<string, EventTypeInfo> {
    return new Map(
      Array.from(this.#types.values(), ({ name, options }) => {
        const { demand: _, owner: __, ...shown } = options;
        return [name, { ...shown, refcount: this.#options.countOf(name) }];
      }),
    );
  }

  #review(type: EventType): void {
    const { demand, source } = type.options;
    const wanted = this.#options.countOf(type.name) > 0;
    const teller = demand ?? (source === undefined ? undefined : this.#options.sourceOf(source));
    this.#tell(type, wanted ? teller : undefined);
  }

  #tell(type: EventType, next: EventDemand | undefined): void {
    const { name, enabledBy: previous } = type;
    if (previous === next) return;
    type.enabledBy = next;
    type.told = type.told.then(async () => {
      await this.#attempt(name, () => previous?.disable?.(name));
      await this.#attempt(name, () => next?.enable?.(name));
    });
  }

  async #attempt(name: string, tell: () => unknown): Promise<void> {
    try {
      await tell();
    } catch (error) {
      this.#options.logger.error({ event: name, err: error }, "an event source could not be enabled or disabled");
    }
  }
}
