// What a case of the transport contract works with: a channel, somebody on it, and the transport between them on a bus in memory.

import { expect, onTestFinished } from "vitest";
import type { Transport, UserMessageFields } from "@switchboard/messaging";
import { runTransport, type RunningTransport } from "@switchboard/messaging/testing";

/** Somebody on the channel. */
export interface ContractPerson {
  /** Writes something; resolves when the channel has taken it or has said that it did not. */
  say(content: string): Promise<"accepted" | "refused">;
  /** What makes an outbound message reach this person now, which is after he has said something. */
  address(): Partial<UserMessageFields>;
  /** All that he was sent, in one text. */
  heard(): string;
  /** Sends bytes that mean nothing; resolves when the channel has dealt with them. Left out where nobody can send bytes. */
  babble?(bytes: Buffer): Promise<void>;
}

/** One kind of transport, as the suite sees it. */
export interface ContractChannel<Kind extends Transport = Transport> {
  readonly transport: abstract new (...args: never[]) => Kind;
  /** As in a configuration file. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * `delivers`: what is sent can be heard by the person. `answers`: it ends in an ack or nack, and nobody hears it. `never`: the channel cannot
   * send, and publishes no event.
   */
  readonly sending: "delivers" | "answers" | "never";
  /** Whether the channel has an order in which a person writes. */
  readonly ordered: boolean;
  /** Brings somebody onto the channel. */
  meet(running: RunningTransport<Kind>): Promise<ContractPerson>;
}

/** What a case works with. */
export interface ContractWorld {
  readonly channel: ContractChannel;
  /** Starts the transport, with `config` over the channel's own; it is stopped at the end of the case. */
  readonly start: (config?: Readonly<Record<string, unknown>>) => Promise<RunningTransport<Transport>>;
  /** Starts the transport with somebody on it who has said "hello". */
  readonly startTalking: (config?: Readonly<Record<string, unknown>>) => Promise<{
    readonly running: RunningTransport<Transport>;
    readonly person: ContractPerson;
  }>;
}

/** One line of the contract, as a test. */
export interface ContractCase {
  /** Number of the line, and what is checked. */
  readonly name: string;
  /** Left out: for every channel. */
  readonly appliesTo?: (channel: ContractChannel) => boolean;
  readonly run: (world: ContractWorld) => Promise<void>;
}

/** Makes what one case works with; what it starts is stopped when the test ends. */
export function createWorld(channel: ContractChannel): ContractWorld {
  const start = async (config: Readonly<Record<string, unknown>> = {}): Promise<RunningTransport<Transport>> => {
    const running = await runTransport(channel.transport, { config: { ...channel.config, ...config } });
    onTestFinished(() => running.stop());
    return running;
  };
  return {
    channel,
    start,
    startTalking: async (config) => {
      const running = await start(config);
      const person = await channel.meet(running);
      expect(await person.say("hello")).toBe("accepted");
      return { running, person };
    },
  };
}
