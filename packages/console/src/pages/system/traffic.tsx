// What the whole gateway carried and how fast it answered, over the range of the address.

import type { JSX } from "preact";
import { formatDuration, formatRate } from "../../format.ts";
import { Chart, type ChartLine } from "../../parts/chart.tsx";
import { Loaded } from "../../parts/state.tsx";
import { usePlaceWindow, useHistory } from "../../services/use-history.ts";

const rates: readonly ChartLine[] = [
  { name: "figures.accepted", label: "Accepted", meaning: "in" },
  { name: "figures.sent", label: "Sent", meaning: "out" },
  { name: "figures.failed", label: "Failed", meaning: "failed" },
];
const times: readonly ChartLine[] = [
  { name: "figures.latency_ms.p50", label: "p50", meaning: "plain" },
  { name: "figures.latency_ms.p95", label: "p95", meaning: "plain", isDashed: true },
];
const names = [...rates, ...times].map(({ name }) => name);

/** Two charts. */
export function Traffic(): JSX.Element {
  const history = useHistory(names, usePlaceWindow());
  return (
    <Loaded of={history} what="The figures">
      {(data) => (
        <div class="charts">
          <Chart title="Messages per minute" data={data} lines={rates} format={(value) => formatRate(value)} />
          <Chart title="Answer time" data={data} lines={times} format={(value) => formatDuration(value)} />
        </div>
      )}
    </Loaded>
  );
}
