// What the contract suite needs to know of an implementation: how to get a far end, and how to harm what is between.

import type { Link } from "@switchboard/core";
import type { LinkOptions, ReconnectOptions } from "../../options.ts";

/**
 * Who is at the far end: a `FarPeer`; a `farDispatcher` of the name `left` or `right`, each in a process of its own; or `hostile`,
 * something that on each frame `{ raw, times }` puts that text, so often repeated, on the wire, where a batch would be, in place of one.
 */
export type FarRole = "peer" | "left" | "right" | "hostile";

/** One link to a far end, and the faults of what is between. */
export interface FarConnection {
  /** The near end, not started. */
  readonly link: Link;
  /** Breaks the connection, or kills the far end's process, without a word to either end. */
  cut(): void | Promise<void>;
  /** The far end reads nothing any more, until {@link FarConnection.heal}. */
  stall(): void | Promise<void>;
  heal(): void | Promise<void>;
}

/** One implementation under test. */
export interface LinkHarness {
  /** Returns a link to a far end of its own session; the far end's process may be an old one. */
  connect(role: FarRole, options?: LinkOptions & ReconnectOptions): Promise<FarConnection>;
  /** Ends everything. */
  close(): Promise<void>;
}

/** What differs between implementations. */
export interface LinkTraits {
  /** Whether the link opens again by itself after {@link FarConnection.cut}. */
  readonly comesBack: boolean;
}

/** Keeps track of the links of one case, so that they are closed after it. */
export class Bench {
  readonly traits: LinkTraits;
  #harness: LinkHarness | undefined;
  readonly #closing: (() => unknown)[] = [];

  constructor(traits: LinkTraits) {
    this.traits = traits;
  }

  async setUp(open: () => Promise<LinkHarness>): Promise<void> {
    this.#harness = await open();
  }

  async connect(role: FarRole, options: LinkOptions & ReconnectOptions = {}): Promise<FarConnection> {
    if (this.#harness === undefined) throw new Error("the harness is not open");
    const connection = await this.#harness.connect(role, { reconnectMinMs: 5, reconnectMaxMs: 50, ...options });
    this.after(() => connection.link.close());
    // A far end that reads nothing could not take part in closing.
    this.after(() => connection.heal());
    return connection;
  }

  /** Does something after the case, last first. */
  after(close: () => unknown): void {
    this.#closing.unshift(close);
  }

  async tidy(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
  }

  async tearDown(): Promise<void> {
    await this.#harness?.close();
  }
}
