// The first page: what needs attention as sentences, then the figures, then the map.

import type { JSX } from "preact";
import { formatAbout, formatMoment } from "../../format.ts";
import { Bar } from "../../parts/bar.tsx";
import { Loading } from "../../parts/state.tsx";
import { RangeChoice } from "../../parts/range-choice.tsx";
import { now } from "../../services/clock.ts";
import { line } from "../../services/connection.ts";
import { attention, liveErrors, mapData, workers } from "../../services/live.ts";
import { usePlaceWindow } from "../../services/use-history.ts";
import { AttentionList } from "./attention-list.tsx";
import { Figures } from "./figures.tsx";
import { Welcome } from "./welcome.tsx";
import { Wiring } from "./wiring.tsx";

/** Whether the parts have what they are as high as: they come together, so that none pushes another down. */
function isRead(): boolean {
  const failed = liveErrors.value;
  return (
    (attention.value !== undefined || "attention.list" in failed) &&
    (workers.value !== undefined || "workers.query" in failed) &&
    (mapData.value !== undefined || "map.get" in failed)
  );
}

function wholeSeconds(ms: number): number {
  return Math.max(1, Math.round(ms / 1000)) * 1000;
}

/** The page. */
export default function OverviewPage(): JSX.Element {
  const { kind, since } = line.value;
  const range = usePlaceWindow();
  const note =
    kind === "lost" && since !== undefined
      ? `as of ${formatMoment(since, since)}, ${formatAbout(wholeSeconds(now.value.getTime() - since.getTime()))} ago`
      : undefined;
  return (
    <>
      <Bar title="Overview" note={note}>
        <RangeChoice value={range} />
      </Bar>
      {isRead() ? (
        <div class="page overview">
          <Welcome />
          <AttentionList />
          <Figures range={range} />
          <Wiring />
        </div>
      ) : (
        <div class="page">
          <Loading what="what needs attention" />
        </div>
      )}
    </>
  );
}
