// Service `attention`: what is wrong now, one sentence per trouble, the worst first.

import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { Timer } from "@switchboard/core";
import type { QueueInfo } from "@switchboard/bus";
import type { Board, Lamp, WorkerRecord } from "./board.ts";
import { date } from "./common.ts";
import { duration } from "./trail-view.ts";

/** One trouble. */
export interface Trouble {
  readonly id: string;
  readonly lamp: Lamp;
  readonly subject: { readonly kind: string; readonly name: string };
  /** What is. */
  readonly text: string;
  readonly code: string | null;
  /** What it costs. */
  readonly cost: string;
  readonly since: Date | null;
  /** Where to go from here. */
  readonly path: string;
}

interface Ranked extends Trouble {
  readonly harm: number;
}

/** A queue whose oldest message is older than this is slow. */
const slowMs = 5_000;
const everyMs = 2_000;

/** Tells what needs somebody's attention. */
export function attentionPlugin(board: Board): Plugin {
  const seen = new Map<string, number>();
  const list = (): Promise<Trouble[]> => troublesOf(board, seen);
  let isWanted = false;
  let timer: Timer | undefined;
  return definePlugin({
    name: "attention",
    services: {
      attention: {
        description: "What is wrong now, the worst first.",
        methods: { list: { description: "All of it.", accepts: [], handler: list } },
      },
    },
    start: (context) => {
      context.registerEventType("attention.changed", {
        description: "Another trouble, or one less.",
        demand: { enable: () => (isWanted = true), disable: () => (isWanted = false) },
      });
      let known = "";
      const look = async (): Promise<void> => {
        if (!isWanted) return;
        const troubles = await list();
        const now = JSON.stringify(troubles.map(({ id, lamp, text, code }) => [id, lamp, text, code]));
        if (now === known) return;
        known = now;
        await context.emitEvent("attention.changed", { count: troubles.length, ids: troubles.map(({ id }) => id) });
      };
      const again = (): void => {
        timer = board.view.clock.setTimer(() => {
          look()
            .catch((error: unknown) => context.logger.warn({ err: error }, "troubles could not be listed"))
            .finally(() => timer !== undefined && again());
        }, everyMs);
      };
      again();
    },
    stop: () => {
      timer?.cancel();
      timer = undefined;
    },
  });
}

/** All troubles, the worst first. `seen` remembers since when each has been there. */
export async function troublesOf(board: Board, seen: Map<string, number>): Promise<Trouble[]> {
  const [records, queues] = await Promise.all([board.records(), board.queues.queues()]);
  const readers = new Set(records.flatMap(({ connectors }) => [...connectors.inbound, ...connectors.outbound]));
  const troubles = [
    ...records.flatMap(workerTroubles),
    ...[...queues.values()].flatMap((queue) => queueTroubles(queue, readers)),
  ];
  const now = board.view.clock.now();
  for (const { id } of troubles) if (!seen.has(id)) seen.set(id, now);
  for (const id of seen.keys()) if (!troubles.some((one) => one.id === id)) seen.delete(id);
  return troubles
    .toSorted((one, other) => other.harm - one.harm || one.id.localeCompare(other.id))
    .map((trouble) => troubleOf(trouble, seen.get(trouble.id)));
}

function troubleOf({ harm: _harm, since, ...trouble }: Ranked, seenAt: number | undefined): Trouble {
  return { ...trouble, since: since ?? date(seenAt) };
}

function workerTroubles(record: WorkerRecord): Ranked[] {
  const { name, kind, lamp, state, last_error, waiting, since } = record;
  const subject = { kind, name };
  const path = `/${kind === "worker" ? "workers" : `${kind}s`}/${encodeURIComponent(name)}`;
  const cost = costOf(waiting);
  if (state === "failed" || state === "crash_looping") {
    const text =
      state === "failed" ? `${name} failed and is started again` : `${name} failed too often and is left alone`;
    const code = last_error?.code ?? null;
    const harm = waiting > 0 ? 100 : 90;
    return [
      {
        id: `worker:${name}:down`,
        lamp: "down",
        subject,
        text: withReason(text, last_error?.message),
        code,
        cost,
        since,
        path,
        harm,
      },
    ];
  }
  if (state !== "running" || (lamp !== "down" && lamp !== "degraded")) return [];
  const worst = record.status.find(({ status }) => status === lamp);
  const text = withReason(`${name}: ${worst?.component ?? "a component"} is ${lamp}`, worst?.message);
  const harm = lamp === "down" ? (waiting > 0 ? 100 : 80) : 30;
  return [
    {
      id: `worker:${name}:${lamp}`,
      lamp,
      subject,
      text,
      code: worst?.type ?? null,
      cost,
      since: worst?.since ?? null,
      path,
      harm,
    },
  ];
}

function queueTroubles(queue: QueueInfo, readers: ReadonlySet<string>): Ranked[] {
  const { queue: name, parked, depth, consumers, oldestAgeMs } = queue;
  const subject = { kind: "queue", name };
  const path = `/queues/${encodeURIComponent(name)}`;
  const troubles: Ranked[] = [];
  if (parked > 0) {
    const text = `${parked === 1 ? "1 message is" : `${parked} messages are`} parked in ${name}`;
    troubles.push({
      id: `queue:${name}:parked`,
      lamp: "parked",
      subject,
      text,
      code: null,
      cost: `${parked} parked, lost: none`,
      since: null,
      path,
      harm: 50,
    });
  }
  if (depth > 0 && consumers === 0 && readers.has(name)) {
    const text = `Nobody reads ${name}`;
    troubles.push({
      id: `queue:${name}:unread`,
      lamp: "down",
      subject,
      text,
      code: null,
      cost: costOf(depth),
      since: null,
      path,
      harm: 70,
    });
  } else if (consumers > 0 && oldestAgeMs !== undefined && oldestAgeMs > slowMs) {
    const text = `${name} is slow: the oldest message has waited ${duration(oldestAgeMs)}`;
    troubles.push({
      id: `queue:${name}:slow`,
      lamp: "degraded",
      subject,
      text,
      code: null,
      cost: costOf(depth),
      since: null,
      path,
      harm: 20,
    });
  }
  return troubles;
}

function costOf(waiting: number): string {
  return waiting === 0 ? "lost: none" : `${waiting} waiting, lost: none`;
}

function withReason(text: string, reason: string | undefined): string {
  return reason === undefined || reason === "" ? text : `${text}: ${reason}`;
}
