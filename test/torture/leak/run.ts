// `npm run torture -- --leak`: a gateway answers a great many messages, and holds no more after the last of them than after the first tenth.

import { type Holding, WatchedGateway } from "./gateway.ts";
import { People } from "./people.ts";

/** What is to be done. */
export interface LeakCheck {
  readonly messages: number;
  readonly onSample?: (sample: Sample) => void;
}

/** What the gateway held after so many messages, and how fast it answered those since the sample before. */
export interface Sample extends Holding {
  readonly messages: number;
  readonly perSecond: number;
}

/** What has grown: from its median in the second tenth to that at the end. */
export interface Growth {
  readonly what: "heap" | "handles";
  readonly from: number;
  readonly to: number;
}

/** What became of it. */
export interface LeakReport {
  readonly samples: readonly Sample[];
  readonly grown: readonly Growth[];
}

const parts = 20;
const allowedGrowth = 0.1;
// Threads that read the database are started when they are first needed, and each holds half a dozen.
const allowedHandles = 16;

/** Runs it. @throws when an answer is wrong or the gateway ends. */
export async function checkForLeaks({ messages, onSample }: LeakCheck): Promise<LeakReport> {
  const gateway = await WatchedGateway.start();
  const { httpPort, telnetPort } = gateway;
  // Everybody has written once before the first sample, so that what is kept for each of them does not count as growth.
  const people = new People({ httpPort, telnetPort, addresses: Math.min(10_000, Math.ceil(messages / parts)) });
  const samples: Sample[] = [];
  for (let part = 1; part <= parts; part++) {
    const count = Math.ceil(messages / parts);
    const startedAt = performance.now();
    await people.say(count);
    const perSecond = count / ((performance.now() - startedAt) / 1_000);
    const sample = { messages: part * count, perSecond, ...(await gateway.holding()) };
    samples.push(sample);
    onSample?.(sample);
  }
  await gateway.stop();
  return { samples, grown: growthOf(samples) };
}

/** What has grown by more than a tenth (handles also by more than 16) since the first tenth of the samples; a single high one counts for nothing. */
export function growthOf(samples: readonly Pick<Holding, Growth["what"]>[]): Growth[] {
  const begin = Math.max(0, Math.ceil(samples.length / 10) - 1);
  return (["heap", "handles"] as const)
    .map((what) => {
      const values = samples.map((sample) => sample[what]);
      return { what, from: median(values.slice(begin, begin + 3)), to: median(values.slice(-3)) };
    })
    .filter(({ what, from, to }) => to > from * (1 + allowedGrowth) && (what === "heap" || to > from + allowedHandles));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
