// Connections without sockets, for tests of events and services.

import { EventEmitter } from "node:events";
import type { Principal } from "../../src/auth/index.ts";
import type { EncodedFrame, EventOutlet, Events, EventSubscription } from "../../src/events/index.ts";
import type { Caller, Feature } from "../../src/rpc/service.ts";

/** Somebody who is connected. */
export class TestCaller implements Caller {
  readonly address = "192.0.2.1,4711";
  resource: string | undefined = "test";
  principal: Principal | undefined = { kind: "user", name: "alice", roles: new Set(["reader"]) };
  sessionId: number | undefined = 7;
  readonly features: Set<Feature> = new Set();
  readonly id: string;
  readonly #events = new EventEmitter();
  #isClosed = false;

  constructor(id: string, fields: { readonly principal?: Principal | undefined; readonly sessionId?: number } = {}) {
    this.id = id;
    Object.assign(this, fields);
  }

  onClose(listener: () => void): () => void {
    if (this.#isClosed) listener();
    this.#events.once("close", listener);
    return () => void this.#events.off("close", listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#events.emit("close");
  }
}

export const administrator: Principal = { kind: "user", name: "root", roles: new Set(["admin"]) };
export const service: Principal = { kind: "service", name: "etcd", roles: new Set(["service"]) };

/** What one connection gets. */
export class TestOutlet implements EventOutlet {
  readonly frames: string[] = [];
  readonly reasons: string[] = [];
  /** False: the peer does not read. */
  isReading = true;

  send({ text }: EncodedFrame): boolean {
    this.frames.push(text);
    return this.isReading;
  }

  end(reason: string): void {
    this.reasons.push(reason);
  }

  /** Names and args of the events so far, bursts taken apart. */
  events(): { name: string; args: Record<string, unknown> }[] {
    return this.frames.flatMap((text) => {
      const { name, args } = JSON.parse(text) as { name: string; args: { events: [] } & { name: string; args: {} } };
      return name === "event_burst" ? args.events : [args];
    });
  }

  names(): string[] {
    return this.events().map(({ name }) => name);
  }
}

/** Connects somebody with masks. */
export function listen(
  events: Events,
  masks: readonly string[],
  caller: TestCaller = new TestCaller(`connection ${Math.random()}`),
): { caller: TestCaller; outlet: TestOutlet; subscription: EventSubscription } {
  const outlet = new TestOutlet();
  const subscription = events.connect(caller, outlet);
  subscription.subscribe(masks);
  return { caller, outlet, subscription };
}
