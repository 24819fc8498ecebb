// Service `attention`: what is wrong now, one sentence per trouble, the worst first.

import { definePlugin, type Plugin } from "@switchboard/server/plugins";
import type { Timer } from "@switchboard/core";
import type { QueueInfo } from "@switchboard/bus";
import { inTime } from "../http/probes.ts";
import type { Board, WorkerRecord } from "./board.ts";
import { date } from "./common.ts";
import { EngineTroubles } from "./engine-troubles.ts";
import { type FailedTask, FailedTasks } from "./failed-tasks.ts";
import { LastTrouble } from "./last-trouble.ts";
import { duration } from "./trail-view.ts";
import { costOf, type RankedTrouble, type Trouble, withReason } from "./trouble.ts";

/** A queue whose oldest message is older than this is slow. */
const slowMs = 5_000;
const everyMs = 2_000;
/** How long one look waits for the list of tasks. */
const patienceMs = 2_000;
/** While nobody listens, the last trouble is still remembered: so many looks are left out between two. */
const looksLeftOut = 4;

/** Tells what needs somebody's attention. */
export function attentionPlugin(board: Board): Plugin {
  const seen = new Map<string, number>();
  const failedTasks = new FailedTasks();
  const { probes, identity, clock } = board.view;
  const engines = new EngineTroubles(probes, identity.drivers, clock);
  let past: LastTrouble | undefined;
  const list = (): Promise<Trouble[]> => troublesOf(board, { seen, failedTasks, engines });
  let isWanted = false;
  let timer: Timer | undefined;
  return definePlugin({
    name: "attention",
    services: {
      attention: {
        description: "What is wrong now, the worst first.",
        methods: {
          list: { description: "All of it.", accepts: [], handler: list },
          last: {
            description:
              "The trouble that came last, with the time of its end when it is over; null when there was none.",
            accepts: [],
            handler: () => past?.last ?? null,
          },
        },
      },
    },
    start: async (context) => {
      failedTasks.listenTo(context);
      past = await LastTrouble.open(context.datastoreLog);
      context.registerEventType("attention.changed", {
        description: "Another trouble, or one less.",
        demand: { enable: () => (isWanted = true), disable: () => (isWanted = false) },
      });
      let known = "";
      let looks = 0;
      const look = async (): Promise<void> => {
        looks += 1;
        if (!isWanted && looks % (looksLeftOut + 1) !== 0) return;
        const troubles = await list();
        const now = JSON.stringify(troubles.map(({ id, lamp, text, code }) => [id, lamp, text, code]));
        if (now !== known) {
          known = now;
          await context.emitEvent("attention.changed", { count: troubles.length, ids: troubles.map(({ id }) => id) });
        }
        // Last, since the trouble may be that nothing can be kept.
        await past?.note(troubles, clock.now());
      };
      const again = (): void => {
        timer = clock.setTimer(() => {
          look()
            .catch((error: unknown) => context.logger.debug({ err: error }, "troubles could not be listed or kept"))
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

interface Sources {
  /** Since when each trouble has been there, by its id. */
  readonly seen: Map<string, number>;
  readonly failedTasks: FailedTasks;
  readonly engines: EngineTroubles;
}

/** All troubles, the worst first. */
async function troublesOf(board: Board, { seen, failedTasks, engines }: Sources): Promise<Trouble[]> {
  const { clock } = board.view;
  const [down, records, queues, tasks] = await Promise.all([
    engines.list(),
    board.records(),
    board.knownQueues(),
    // While the datastore does not answer, that is told instead.
    inTime(clock, failedTasks.list(clock.now()), patienceMs).catch(() => []),
  ]);
  const readers = new Set(records.flatMap(({ connectors }) => [...connectors.inbound, ...connectors.outbound]));
  const troubles = [
    ...down,
    ...records.flatMap(workerTroubles),
    ...[...queues.values()].flatMap((queue) => queueTroubles(queue, readers)),
    ...tasks.map(taskTrouble),
  ];
  const now = clock.now();
  for (const { id } of troubles) if (!seen.has(id)) seen.set(id, now);
  for (const id of seen.keys()) if (!troubles.some((one) => one.id === id)) seen.delete(id);
  return troubles
    .toSorted((one, other) => other.harm - one.harm || one.id.localeCompare(other.id))
    .map((trouble) => troubleOf(trouble, seen.get(trouble.id)));
}

function troubleOf({ harm: _harm, since, ...trouble }: RankedTrouble, seenAt: number | undefined): Trouble {
  return { ...trouble, since: since ?? date(seenAt) };
}

function workerTroubles(record: WorkerRecord): RankedTrouble[] {
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

function queueTroubles(queue: QueueInfo, readers: ReadonlySet<string>): RankedTrouble[] {
  const { queue: name, parked, depth, consumers, oldestAgeMs } = queue;
  const subject = { kind: "queue", name };
  const path = `/queues/${encodeURIComponent(name)}`;
  const troubles: RankedTrouble[] = [];
  if (parked > 0) {
    const text = `${parked === 1 ? "1 message is" : `${parked} messages are`} parked in ${name}`;
    troubles.push({
      id: `queue:${name}:parked`,
      lamp: "parked",
      subject,
      text,
      code: null,
      cost: "lost: none",
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

function taskTrouble({ id, what, reason, by, at }: FailedTask): RankedTrouble {
  return {
    id: `task:${id}:failed`,
    lamp: "degraded",
    subject: { kind: "task", name: String(id) },
    text: withReason(`${what} failed`, reason),
    code: null,
    cost: by === null ? "" : `asked for by ${by}`,
    since: at,
    path: `/tasks/${id}`,
    harm: 10,
  };
}
