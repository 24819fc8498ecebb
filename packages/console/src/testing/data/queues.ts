// The queues of clinic-line: two for each channel and application.

import type { LampState, Queue } from "../../services/types.ts";
import { seeds } from "./workers.ts";

/** Every queue that has a consumer, two for each channel and application. */
export const queueSeeds: readonly Queue[] = seeds
  .filter(({ kind }) => kind !== "router")
  .flatMap((seed) =>
    (["inbound", "outbound"] as const).map((direction): Queue => {
      const isBusy = (seed.kind === "channel") === (direction === "outbound");
      const rate = direction === "inbound" ? seed.in : seed.out;
      const isDown = seed.lamp === "down" && direction === "outbound";
      const lamp: LampState = isDown
        ? "down"
        : seed.lamp === "degraded" && isBusy
          ? "degraded"
          : seed.lamp === "paused"
            ? "paused"
            : "ok";
      return {
        id: `${seed.name}.${direction}`,
        name: `${seed.name}.${direction}`,
        worker: seed.name,
        direction: direction === "inbound" ? "from people" : "to people",
        waiting: isBusy ? (seed.waiting ?? 0) : 0,
        oldest_ms: isBusy ? (seed.oldestMs ?? null) : null,
        in: isDown ? 12 : seed.name === "sms-lakecell" && direction === "outbound" ? 199 : rate,
        out: rate,
        in_flight: isDown ? 0 : Math.min(2, seed.waiting ?? 0),
        consumers: isDown ? 0 : 1,
        parked: isBusy ? (seed.parked ?? 0) : 0,
        state: lamp,
        depths: Array.from({ length: 60 }, (_, index) =>
          isBusy ? Math.round(((seed.waiting ?? 0) * (20 + Math.min(index, 50))) / 72) : 0,
        ),
      };
    }),
  );
