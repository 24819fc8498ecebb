// The cases of the transport contract, as data: each names the number it checks and the channels it is for.

import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { expect } from "vitest";
import type { Transport, TransportEvent } from "@switchboard/messaging";
import type { RunningTransport } from "@switchboard/messaging/testing";
import type { ContractCase, ContractChannel } from "./world.ts";
import { eventually } from "./eventually.ts";

type Running = RunningTransport<Transport>;

const sends = ({ sending }: ContractChannel): boolean => sending !== "never";
const delivers = ({ sending }: ContractChannel): boolean => sending === "delivers";
const nowhere = { to_addr: "nobody:0", in_reply_to: null } as const;
const texts = ["plain", "žluťoučký kůň", "日本語 🐎", "  spaces kept  ", '<b>&"quoted"</b>'];

/** Every case, in the order of the list. */
export const cases: readonly ContractCase[] = [
  {
    name: "1 ends a message for a person and a message for nobody in exactly one ack or nack each",
    appliesTo: sends,
    async run({ startTalking }) {
      const { running, person } = await startTalking();
      const sent = [await running.send({ content: "one", ...person.address() }), await running.send(nowhere)];
      await eventually(() => sent.every(({ message_id }) => answersTo(running, message_id).length > 0));
      await idle(running);
      expect(sent.map(({ message_id }) => answersTo(running, message_id).length)).toEqual([1, 1]);
    },
  },
  {
    name: "1 publishes no event about what it cannot send",
    appliesTo: ({ sending }) => sending === "never",
    async run({ startTalking }) {
      const { running } = await startTalking();
      await running.send(nowhere);
      await idle(running);
      expect([...running.events, ...running.failures]).toEqual([]);
    },
  },
  {
    name: "1 has a message delivered again whose ack or nack the bus did not take, and answers it once",
    appliesTo: sends,
    async run({ startTalking }) {
      const { running, person } = await startTalking({ max_deliveries: 5, retry_delay: 1 });
      running.refusePublishes(".event");
      const { message_id } = await running.send({ content: "again", ...person.address() });
      await eventually(() => running.refusals() > 0);
      await idle(running);
      running.refusePublishes(undefined);
      await eventually(async () => {
        await running.clock.advance(1_000);
        return answersTo(running, message_id).length > 0;
      });
      await idle(running);
      expect(answersTo(running, message_id)).toHaveLength(1);
    },
  },
  {
    name: "2 lets no failure go without a nack, and has the whole message in it",
    appliesTo: sends,
    async run({ startTalking }) {
      const { running } = await startTalking();
      const sent = await running.send({ ...nowhere, content: "for nobody", helper_metadata: { mine: [1] } });
      await eventually(() => answersTo(running, sent.message_id).length > 0);
      await idle(running);
      for (const { message, failure_code, reason } of running.failures) {
        expect(message).toEqual(sent);
        expect([null, "temporary", "permanent"]).toContain(failure_code);
        expect(reason).not.toBe("");
        expect(answersTo(running, sent.message_id)).toMatchObject([{ event_type: "nack" }]);
      }
    },
  },
  {
    name: "3 does not accept what is not safe on the bus, and goes on when the bus does",
    async run({ startTalking }) {
      const { running, person } = await startTalking();
      running.refusePublishes(".inbound");
      expect(await person.say("too early")).toBe("refused");
      running.refusePublishes(undefined);
      expect(await person.say("now")).toBe("accepted");
      await eventually(() => running.inbound.at(-1)?.content === "now");
      expect(running.inbound.map(({ content }) => content)).not.toContain("too early");
    },
  },
  {
    name: "4 brings texts onto the bus as they were written, named and with ids of their own",
    async run({ startTalking }) {
      const { running, person } = await startTalking();
      for (const text of texts) expect(await person.say(text)).toBe("accepted");
      const written = running.inbound.filter(({ content }) => content !== null && content !== "hello");
      expect(written.map(({ content }) => content)).toEqual(texts);
      for (const message of running.inbound) {
        expect(message).toMatchObject({ transport_name: "channel", transport_type: running.transport.transportType });
      }
      expect(new Set(running.inbound.map(({ message_id }) => message_id)).size).toBe(running.inbound.length);
    },
  },
  {
    name: "4 brings texts to the person as the application wrote them",
    appliesTo: delivers,
    async run({ startTalking }) {
      const { running, person } = await startTalking();
      for (const text of texts) {
        expect(await person.say("next")).toBe("accepted");
        await running.send({ content: text, ...person.address() });
        await eventually(() => person.heard().includes(text));
      }
    },
  },
  {
    name: "5 keeps the order in which a person writes",
    appliesTo: ({ ordered }) => ordered,
    async run({ startTalking }) {
      const { running, person } = await startTalking();
      const numbers = Array.from({ length: 50 }, (_, n) => `number ${n}`);
      await Promise.all(numbers.map((text) => person.say(text)));
      expect(running.inbound.map(({ content }) => content).filter((text) => text?.startsWith("number"))).toEqual(
        numbers,
      );
    },
  },
  {
    name: "6 names message and transport in every event",
    appliesTo: sends,
    async run({ startTalking }) {
      const { running, person } = await startTalking();
      const sent = [await running.send({ content: "yes", ...person.address() }), await running.send(nowhere)];
      await eventually(() => sent.every(({ message_id }) => answersTo(running, message_id).length > 0));
      expect(running.events.map(({ user_message_id }) => user_message_id)).toEqual(
        expect.arrayContaining(sent.map(({ message_id }) => message_id)),
      );
      expect(running.events.every(({ transport_name }) => transport_name === "channel")).toBe(true);
    },
  },
  {
    name: "7 says that it is open, and keeps that off the bus unless it is wanted there",
    async run({ start }) {
      const silent = await start({ publish_status: false });
      await idle(silent);
      expect(silent.statuses).toEqual([]);
      const open = await start();
      if (portOf(open) === undefined) return;
      await eventually(() => open.statuses.length > 0);
      expect(open.statuses[0]).toMatchObject({ status: "ok", type: "listening" });
    },
  },
  {
    name: "8 survives bytes that mean nothing",
    async run({ channel, startTalking }) {
      const { running, person } = await startTalking();
      if (person.babble === undefined) return;
      for (const length of [1, 2, 3, 100, 10_000]) {
        const stranger = await channel.meet(running);
        await stranger.babble?.(randomBytes(length));
      }
      expect(running.transport.status.state).toBe("running");
      expect(await person.say("still here")).toBe("accepted");
    },
  },
  {
    name: "10 stops once, closes the channel, leaves no timer, and what comes later waits",
    async run({ startTalking }) {
      const { running } = await startTalking();
      const port = portOf(running);
      await Promise.all([running.transport.stop(), running.transport.stop()]);
      expect(running.transport.status.state).toBe("stopped");
      expect(running.clock.pendingTimers).toBe(0);
      if (port !== undefined) expect(await canConnect(port)).toBe(false);
      await running.send({ content: "later" });
      expect(await running.bus.inspect("channel.outbound")).toMatchObject([{ depth: 1 }]);
    },
  },
];

function answersTo(running: Running, messageId: string): readonly TransportEvent[] {
  return running.events.filter(
    ({ event_type, user_message_id }) => event_type !== "delivery_report" && user_message_id === messageId,
  );
}

/** Waits until the transport has nothing in work and nothing before it. */
async function idle({ bus }: Running): Promise<void> {
  await eventually(async () => {
    const [queue] = await bus.inspect("channel.outbound");
    return queue === undefined || (queue.depth === queue.delayed && queue.inFlight === 0);
  });
}

function portOf({ transport }: Running): number | undefined {
  return "port" in transport && typeof transport.port === "number" ? transport.port : undefined;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
