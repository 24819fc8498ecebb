// The nodes of the map: strips for channels and applications, boxes for routers, fields of jacks for groups. Pure.

import type { ComponentClass, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { formatCount, formatRate } from "../format.ts";
import { path } from "../router.ts";
import type { LampState, Worker } from "../services/types.ts";
import { type BoardMode, type Placed, jacksPerRow, mostNamed } from "./board-layout.ts";
import { Lamp, lampRank, lampWords } from "./lamp.tsx";
import { still } from "./still.ts";

interface NodeProps {
  readonly node: Placed;
  /** Per minute; null where nothing is known. */
  readonly inRate: number | null;
  readonly outRate: number | null;
  readonly isFaded: boolean;
  /** Called with the node's name while it is pointed at, then with nothing. */
  readonly onFocus: (name: string | undefined) => void;
}

function placeOf(node: Placed): Readonly<Record<string, string>> {
  return { left: `${node.x}px`, top: `${node.y + 34}px`, width: `${node.width}px`, height: `${node.height}px` };
}

/** The worst first, for a group's named rows. */
export function worstFirst(workers: readonly Worker[]): readonly Worker[] {
  return workers
    .filter(({ lamp }) => lamp !== "ok" && lamp !== "stopped")
    .toSorted(
      (a, b) =>
        lampRank(a.lamp) - lampRank(b.lamp) || (b.waiting ?? 0) - (a.waiting ?? 0) || a.name.localeCompare(b.name),
    );
}

/** What passes a node per minute; a router has as much on both sides. */
const Rates = still<{ readonly inRate: number | null; readonly outRate: number | null }>(({ inRate, outRate }) => (
  <span class="board-rates" aria-hidden>
    <span class="rate-in">{formatRate(inRate)}</span>
    <span class="rate-out">{formatRate(outRate)}</span>
  </span>
));

/** What stays while only figures change. */
const Words = still<{ readonly node: Placed; readonly lamp: LampState; readonly mode: BoardMode }>(
  ({ node, lamp, mode }) => (
    <span class="board-words">
      <span class="board-name">
        <Lamp state={lamp} name="" /> <b>{node.name}</b>
      </span>
      {mode === "dense" ? null : (
        <span class="board-address">
          {[node.label, node.address].filter((part) => part !== "" && part !== null).join(" · ")}
        </span>
      )}
    </span>
  ),
);

/** What a strip is given. */
export interface StripProps extends NodeProps {
  readonly worker: Worker | undefined;
  readonly mode: BoardMode;
}

/** One channel, router or application. */
export const StripNode: ComponentClass<StripProps> = still((props) => {
  const { node, worker, inRate, outRate, mode, isFaded, onFocus } = props;
  const lamp = worker?.lamp ?? "unknown";
  const name = [
    "",
    node.kind,
    lampWords[lamp],
    ...(node.kind === "router" ? [] : [`${formatRate(inRate)} in and ${formatRate(outRate)} out per minute`]),
    ...((worker?.parked ?? 0) > 0 ? [`${formatCount(worker?.parked)} parked`] : []),
  ].join(", ");
  const words = <Words node={node} lamp={lamp} mode={mode} />;
  const rates = node.kind === "router" ? null : <Rates inRate={inRate} outRate={outRate} />;
  return (
    <a
      class={`board-node board-${node.kind} board-lamp-${lamp} mode-${mode} ${isFaded ? "faded" : ""}`}
      href={path(`${node.kind}s`, node.name)}
      style={placeOf(node)}
      onMouseEnter={() => onFocus(node.name)}
      onMouseLeave={() => onFocus(undefined)}
      onFocus={() => onFocus(node.name)}
      onBlur={() => onFocus(undefined)}
    >
      {node.kind === "application" ? [rates, words] : [words, rates]}
      <span class="unseen">{name}</span>
    </a>
  );
});

/** A group: one jack per node, every node in trouble named, worst first. */
export function GroupNode({
  node,
  byName,
  inRate,
  outRate,
  isFaded,
  onFocus,
  onOpen,
}: NodeProps & { readonly byName: ReadonlyMap<string, Worker>; readonly onOpen: () => void }): JSX.Element {
  const workers = useMemo(() => (node.members ?? []).flatMap((name) => byName.get(name) ?? []), [node, byName]);
  const trouble = useMemo(() => worstFirst(workers), [workers]);
  const perRow = jacksPerRow(node.width);
  // Hundreds of jacks, which change with their workers and not with each second's figures.
  const field = useMemo(
    () => <Field workers={workers} perRow={perRow} troubled={trouble.length} />,
    [workers, perRow, trouble],
  );
  const more = trouble.length - mostNamed;
  return (
    <div
      class={`board-node board-group board-${node.kind} ${isFaded ? "faded" : ""}`}
      style={placeOf(node)}
      onMouseEnter={() => onFocus(node.name)}
      onMouseLeave={() => onFocus(undefined)}
    >
      <button type="button" class="board-group-name" onClick={onOpen}>
        <b>{node.label}</b> <span class="quiet-text">{node.address}</span>
      </button>
      {node.kind === "router" ? null : <Rates inRate={inRate} outRate={outRate} />}
      {field}
      <ul class="board-trouble">
        {trouble.slice(0, mostNamed).map((worker) => (
          <li key={worker.name}>
            <a href={path(`${worker.kind}s`, worker.name)}>
              <Lamp state={worker.lamp} size={10} /> {worker.name}
            </a>{" "}
            <span class="quiet-text">{troubleWords(worker)}</span>
          </li>
        ))}
        {more > 0 ? <li class="quiet-text">and {more} more</li> : null}
      </ul>
    </div>
  );
}

function Field({
  workers,
  perRow,
  troubled,
}: {
  readonly workers: readonly Worker[];
  readonly perRow: number;
  readonly troubled: number;
}): JSX.Element {
  const rows = Math.ceil(workers.length / perRow);
  return (
    <svg
      class="board-field"
      width={perRow * 11.5}
      height={rows * 11.5}
      role="img"
      aria-label={`${workers.length} nodes, ${troubled} in trouble`}
    >
      {workers.map((worker, index) => (
        <g key={worker.name} transform={`translate(${(index % perRow) * 11.5} ${Math.floor(index / perRow) * 11.5})`}>
          {worker.lamp === "ok" || worker.lamp === "stopped" ? (
            <>
              <circle class="field-jack" cx="5" cy="5" r="3.6" />
              {(worker.rates.in ?? 0) > 0 ? <circle class="field-dot" cx="5" cy="5" r="1.7" /> : null}
            </>
          ) : (
            <Lamp state={worker.lamp} size={10} name="" />
          )}
        </g>
      ))}
    </svg>
  );
}

function troubleWords(worker: Worker): string {
  if ((worker.waiting ?? 0) > 0) return `${formatCount(worker.waiting)} waiting`;
  if ((worker.parked ?? 0) > 0) return `${formatCount(worker.parked)} parked`;
  return worker.status[0]?.type ?? lampWords[worker.lamp];
}
