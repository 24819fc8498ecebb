// The first page: what needs attention as sentences, then the figures, then the map.

import type { JSX } from "preact";
import { formatDuration, formatMoment } from "../../format.ts";
import { Bar } from "../../parts/bar.tsx";
import { RangeChoice } from "../../parts/range-choice.tsx";
import { now } from "../../services/clock.ts";
import { line } from "../../services/connection.ts";
import { usePlaceWindow } from "../../services/use-history.ts";
import { AttentionList } from "./attention-list.tsx";
import { Figures } from "./figures.tsx";
import { Welcome } from "./welcome.tsx";
import { Wiring } from "./wiring.tsx";

/** The page. */
export default function OverviewPage(): JSX.Element {
  const { kind, since } = line.value;
  const range = usePlaceWindow();
  const note =
    kind === "lost" && since !== undefined
      ? `as of ${formatMoment(since, since)}, ${formatDuration(now.value.getTime() - since.getTime())} ago`
      : undefined;
  return (
    <>
      <Bar title="Overview" note={note}>
        <RangeChoice value={range} />
      </Bar>
      <div class="page overview">
        <Welcome />
        <AttentionList />
        <Figures range={range} />
        <Wiring />
      </div>
    </>
  );
}
