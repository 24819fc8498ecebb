// The live map: channels, routers, applications and the cords between them. Places come from board-layout.ts; this draws them, and what each second
// says about them. The same data as a table is board-table.tsx.

import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { formatCount, formatDuration, formatRate } from "../format.ts";
import { useKeys } from "../keys.ts";
import { path } from "../router.ts";
import type { LampState, MapData, Measures, MetricsFrame, Worker } from "../services/types.ts";
import { type BoardData, type PlacedLine, groupBoard, layoutBoard, modeOf, mostNamed, pathOf } from "./board-layout.ts";
import { BoardCord } from "./board-cord.tsx";
import { GroupNode, StripNode } from "./board-node.tsx";

/** What a board is given. */
export interface BoardProps {
  readonly map: MapData;
  readonly workers: readonly Worker[];
  readonly frame: MetricsFrame | undefined;
  readonly onlyTrouble: boolean;
}

/** What is measured of some lines together; unknown stays unknown. */
export function sumMeasures(all: readonly (Measures | undefined)[]): Measures {
  const sum = (pick: (measures: Measures) => number | null): number | null => {
    const known = all.flatMap((measures) => (measures === undefined ? [] : (pick(measures) ?? [])));
    return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
  };
  const oldest = all.flatMap((measures) => measures?.oldest_ms ?? []);
  return {
    in: sum((measures) => measures.in),
    out: sum((measures) => measures.out),
    waiting: sum((measures) => measures.waiting),
    parked: sum((measures) => measures.parked),
    oldest_ms: oldest.length === 0 ? null : Math.max(...oldest),
  };
}

/** The map. */
export function Board({ map, workers, frame, onlyTrouble }: BoardProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [focus, setFocus] = useState<string | undefined>();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  useLayoutEffect(() => {
    const node = box.current;
    if (node === null) return;
    const observer = new ResizeObserver(() => setWidth(node.clientWidth));
    observer.observe(node);
    setWidth(node.clientWidth);
    return () => observer.disconnect();
  }, []);

  const byName = useMemo(() => new Map(workers.map((worker) => [worker.name, worker])), [workers]);
  const trouble = useMemo(() => troubled(map, byName), [map, byName]);
  const data: BoardData = useMemo(() => {
    const kept = onlyTrouble ? keepTrouble(map, trouble) : map;
    return modeOf(kept) === "fields" ? groupBoard(kept, opened) : kept;
  }, [map, onlyTrouble, trouble, opened]);
  const named = useMemo(
    () =>
      new Map(
        data.nodes.map(({ name, members = [] }) => [
          name,
          Math.min(mostNamed + 1, members.filter((member) => trouble.has(member)).length),
        ]),
      ),
    [data, trouble],
  );
  const layout = useMemo(() => (width === 0 ? undefined : layoutBoard(data, width, named)), [data, width, named]);
  // On a steep cord its name would lie across it, or across its neighbour's; and names on some only would be a riddle.
  const isNamed = layout?.mode === "roomy" && layout.lines.every(({ in1, in2 }) => Math.abs(in1 - in2) < 24);
  const kept = focus === undefined ? undefined : pathOf(data, focus);
  const move = (by: number): unknown => {
    const links = [...(box.current?.querySelectorAll<HTMLElement | SVGElement>("a.board-node") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    return at < 0 ? false : links[at + by]?.focus();
  };
  useKeys({ next: () => move(1), previous: () => move(-1) });

  // Once a second for each line; what is drawn of it looks at the numbers.
  const measured = layout?.lines.map((line) => ({ line, measures: lineMeasures(line, map, data, frame) })) ?? [];
  const focused = measured.find(({ line }) => line.id === focus);
  return (
    <div
      class="board"
      ref={box}
      role="group"
      aria-label="Live map"
      style={{ height: `${(layout?.height ?? 400) + 34}px` }}
    >
      {["Channels", "Routers", "Applications"].map((name, column) => (
        <h3 key={name} class={`board-column board-column-${column}`}>
          {name}{" "}
          {layout?.mode === "fields" ? (
            <span>{map.nodes.filter(({ kind }) => kind === ["channel", "router", "application"][column]).length}</span>
          ) : null}
        </h3>
      ))}
      {layout === undefined ? null : (
        <>
          <svg
            class="board-cords"
            width={width}
            height={layout.height}
            viewBox={`0 0 ${width} ${layout.height}`}
            role="presentation"
          >
            {measured.map(({ line, measures }) => (
              <BoardCord
                key={line.id}
                line={line}
                inRate={measures.in}
                outRate={measures.out}
                waiting={measures.waiting}
                parked={measures.parked}
                from={byName.get(line.from)?.lamp}
                to={byName.get(line.to)?.lamp}
                isFaded={kept !== undefined && !kept.has(line.id)}
                isNamed={isNamed}
                onFocus={setFocus}
              />
            ))}
          </svg>
          {layout.nodes.map((node) => {
            const { name, members } = node;
            const measures = members === undefined ? frame?.workers[name] : sumOf(members, frame);
            const common = {
              key: name,
              node,
              inRate: measures?.in ?? null,
              outRate: measures?.out ?? null,
              isFaded: kept !== undefined && !kept.has(name),
              onFocus: setFocus,
            };
            return members === undefined ? (
              <StripNode {...common} worker={byName.get(name)} mode={layout.mode} />
            ) : (
              <GroupNode {...common} byName={byName} onOpen={() => setOpened(new Set([...opened, name]))} />
            );
          })}
          {layout.mode === "fields" ? null : <Chips measured={measured} kept={kept} byName={byName} />}
          {focused === undefined ? null : <Popover {...focused} frame={frame} />}
        </>
      )}
    </div>
  );
}

function sumOf(members: readonly string[], frame: MetricsFrame | undefined): Measures {
  return sumMeasures(members.map((name) => frame?.workers[name]));
}

/** Names of nodes whose lamp is not ok, or that are not running. */
function troubled(map: MapData, byName: ReadonlyMap<string, Worker>): ReadonlySet<string> {
  const quiet = new Set<LampState>(["ok", "stopped"]);
  return new Set(
    map.nodes.filter(({ name }) => !quiet.has(byName.get(name)?.lamp ?? "unknown")).map(({ name }) => name),
  );
}

function keepTrouble(map: MapData, trouble: ReadonlySet<string>): MapData {
  const kept = new Set([...trouble].flatMap((name) => [...pathOf(map, name)]));
  return { nodes: map.nodes.filter(({ name }) => kept.has(name)), lines: map.lines.filter(({ id }) => kept.has(id)) };
}

function lineMeasures(line: PlacedLine, map: MapData, data: BoardData, frame: MetricsFrame | undefined): Measures {
  const own = frame?.lines[line.id];
  if (own !== undefined) return own;
  const members = (name: string): readonly string[] => data.nodes.find((node) => node.name === name)?.members ?? [name];
  const [from, to] = [new Set(members(line.from)), new Set(members(line.to))];
  return sumMeasures(
    map.lines.filter((each) => from.has(each.from) && to.has(each.to)).map(({ id }) => frame?.lines[id]),
  );
}

/** A line with its figures of this second. */
interface MeasuredLine {
  readonly line: PlacedLine;
  readonly measures: Measures;
}

/** The chips: only where something waits too long or is parked. */
function Chips({
  measured,
  kept,
  byName,
}: {
  readonly measured: readonly MeasuredLine[];
  readonly kept: ReadonlySet<string> | undefined;
  readonly byName: ReadonlyMap<string, Worker>;
}): JSX.Element {
  return (
    <>
      {measured.flatMap(({ line, measures: { waiting, parked, oldest_ms, worst_queue } }) => {
        const shownWaiting = (waiting ?? 0) > 0 && (oldest_ms ?? 0) > 5000 ? waiting : null;
        if (shownWaiting === null && (parked ?? 0) === 0) return [];
        // At the end where it is read.
        const towardsPeople = byName.get(line.from)?.kind === "channel" ? line.outbound_queue : line.inbound_queue;
        const queue = worst_queue ?? towardsPeople;
        const at =
          queue === line.outbound_queue
            ? { left: `${line.x1 + 33}px`, top: `${line.out1 - 9 + 34}px` }
            : { right: `calc(100% - ${line.x2 - 33}px)`, top: `${line.in2 - 9 + 34}px` };
        const isFaded = kept !== undefined && !kept.has(line.id);
        return [
          <a
            key={`${line.id} chip`}
            class={`board-chip ${(parked ?? 0) > 0 ? "has-parked" : ""} ${isFaded ? "faded" : ""}`}
            href={path("queues", queue)}
            style={at}
          >
            {shownWaiting === null ? null : <span>{formatCount(shownWaiting)} waiting</span>}
            {(parked ?? 0) > 0 ? (
              <span class="parked">
                <i class="square" aria-hidden /> {formatCount(parked)}
                <span class="unseen"> parked</span>
              </span>
            ) : null}
          </a>,
        ];
      })}
    </>
  );
}

function Popover({ line, measures, frame }: MeasuredLine & { readonly frame: MetricsFrame | undefined }): JSX.Element {
  const x = Math.min(line.x1 + 33, line.x2 - 262);
  const known = frame === undefined ? "not measured yet" : "";
  return (
    <div class="popover board-popover" style={{ left: `${x}px`, top: `${Math.max(line.out1, line.in1) + 56}px` }}>
      <p>
        <b>{line.outbound_queue}</b> <span class="quiet-text">{known}</span>
      </p>
      <dl>
        <dt>Waiting</dt>
        <dd>{formatCount(measures.waiting)}</dd>
        <dt>Oldest</dt>
        <dd>{formatDuration(measures.oldest_ms)}</dd>
        <dt>In, out per minute</dt>
        <dd>
          {formatRate(measures.in)} · {formatRate(measures.out)}
        </dd>
        <dt>Parked</dt>
        <dd>{formatCount(measures.parked)}</dd>
      </dl>
      <p class="quiet-text">
        <kbd>Enter</kbd> open queue
      </p>
    </div>
  );
}
