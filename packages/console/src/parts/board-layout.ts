// Where everything on the map stands. Three columns, ordered so that cords cross least; depends on configuration only, never on traffic, so nothing
// jumps. Pure: board.tsx draws what this returns.

import type { MapData, MapLine, WorkerKind } from "../services/types.ts";

/** Something with a place on the map: a node, or a group of nodes. */
export interface BoardNode {
  readonly name: string;
  readonly kind: WorkerKind;
  readonly label: string;
  readonly address: string | null;
  readonly class: string;
  /** Names of the nodes in it, for a group. */
  readonly members?: readonly string[];
}

/** What is laid out. */
export interface BoardData {
  readonly nodes: readonly BoardNode[];
  readonly lines: readonly MapLine[];
}

/** How much room there is for one node. */
export type BoardMode = "roomy" | "strips" | "dense" | "fields";

/** A node with its place, in pixels. */
export interface Placed extends BoardNode {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A pair of cords with the places of its four jacks. */
export interface PlacedLine extends MapLine {
  readonly x1: number;
  readonly x2: number;
  /** Height of the cord from people and of the one to people, at each end. */
  readonly in1: number;
  readonly in2: number;
  readonly out1: number;
  readonly out2: number;
}

/** The whole map. */
export interface Layout {
  readonly mode: BoardMode;
  readonly height: number;
  readonly nodes: readonly Placed[];
  readonly lines: readonly PlacedLine[];
}

const columns: readonly WorkerKind[] = ["channel", "router", "application"];

/** How the map is drawn for so many nodes. */
export function modeOf(data: BoardData): BoardMode {
  const longest = Math.max(0, ...columns.map((kind) => data.nodes.filter((node) => node.kind === kind).length));
  if (data.nodes.some(({ members }) => members !== undefined) || longest > 30) return "fields";
  if (data.nodes.length <= 6) return "roomy";
  return longest > 14 ? "dense" : "strips";
}

/** Joins nodes of a kind into groups: channels by transport, routers and applications by class. */
export function groupBoard(data: MapData, opened: ReadonlySet<string> = new Set()): BoardData {
  const groupName = (node: BoardNode): string => `${node.kind}:${node.label}`;
  const groups = new Map<string, BoardNode[]>();
  for (const node of data.nodes) {
    const members = groups.get(groupName(node)) ?? [];
    members.push(node);
    groups.set(groupName(node), members);
  }
  const groupOf = new Map<string, string>();
  const nodes: BoardNode[] = [];
  for (const [name, members] of groups) {
    const [first] = members;
    if (first === undefined || opened.has(name)) {
      nodes.push(...members);
      continue;
    }
    for (const member of members) groupOf.set(member.name, name);
    const names = members.map((member) => member.name).toSorted();
    nodes.push({
      name,
      kind: first.kind,
      label: first.label,
      address: `${members.length} ${first.kind}s`,
      class: first.class,
      members: names,
    });
  }
  const lines = new Map<string, MapLine>();
  for (const line of data.lines) {
    const from = groupOf.get(line.from) ?? line.from;
    const to = groupOf.get(line.to) ?? line.to;
    const id = from === line.from && to === line.to ? line.id : `${from}>${to}`;
    if (!lines.has(id)) lines.set(id, { ...line, id, from, to });
  }
  return { nodes, lines: [...lines.values()] };
}

/** How many pairs of lines cross, for an order of names in two columns. */
export function countCrossings(
  lines: readonly { readonly from: string; readonly to: string }[],
  left: readonly string[],
  right: readonly string[],
): number {
  const at = (order: readonly string[]): Map<string, number> => new Map(order.map((name, index) => [name, index]));
  const [lefts, rights] = [at(left), at(right)];
  const ends = lines
    .flatMap(({ from, to }) => {
      const [a, b] = [lefts.get(from), rights.get(to)];
      return a === undefined || b === undefined ? [] : [{ a, b }];
    })
    .toSorted((one, other) => one.a - other.a || one.b - other.b)
    .map(({ b }) => b);
  // Inversions, counted from a tree of sums: 300 nodes with 1,000 lines take a fraction of a millisecond.
  const tree = new Int32Array(right.length + 2);
  let crossings = 0;
  for (const [seen, b] of ends.entries()) {
    let notAfter = 0;
    for (let index = b + 1; index > 0; index -= index & -index) notAfter += tree[index] ?? 0;
    crossings += seen - notAfter;
    for (let index = b + 1; index < tree.length; index += index & -index) tree[index] = (tree[index] ?? 0) + 1;
  }
  return crossings;
}

/** The three orders that cross least of those that four sweeps find; ties by name. */
export function orderBoard(data: BoardData): Record<WorkerKind, readonly string[]> {
  const names = (kind: WorkerKind): string[] =>
    data.nodes
      .filter((node) => node.kind === kind)
      .map(({ name }) => name)
      .toSorted();
  let best = { channel: names("channel"), router: names("router"), application: names("application") };
  const total = (order: typeof best): number =>
    countCrossings(data.lines, order.channel, order.router) +
    countCrossings(data.lines, order.router, order.application);
  let fewest = total(best);
  let { channel, router, application } = best;
  for (let sweep = 0; sweep < 4; sweep++) {
    router = byMean(router, neighbours(data, "router"), [channel]);
    application = byMean(application, neighbours(data, "application"), [router]);
    router = byMean(router, neighbours(data, "router"), [channel, application]);
    channel = byMean(channel, neighbours(data, "channel"), [router]);
    const order = { channel, router, application };
    const crossings = total(order);
    if (crossings < fewest) {
      fewest = crossings;
      best = order;
    }
  }
  return best;
}

function neighbours(data: BoardData, kind: WorkerKind): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const add = (name: string, other: string): void => {
    const near = found.get(name) ?? [];
    near.push(other);
    found.set(name, near);
  };
  const own = new Set(data.nodes.filter((node) => node.kind === kind).map(({ name }) => name));
  for (const { from, to } of data.lines) {
    if (own.has(from)) add(from, to);
    if (own.has(to)) add(to, from);
  }
  return found;
}

function byMean(
  names: readonly string[],
  near: ReadonlyMap<string, readonly string[]>,
  sides: readonly (readonly string[])[],
): string[] {
  const places = new Map<string, number>();
  for (const side of sides) for (const [index, name] of side.entries()) places.set(name, (index + 0.5) / side.length);
  const mean = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const known = (near.get(name) ?? []).flatMap((other) => places.get(other) ?? []);
    const sum = known.reduce((total, place) => total + place, 0);
    mean.set(name, known.length === 0 ? (index + 0.5) / names.length : sum / known.length);
  }
  return names.toSorted((a, b) => (mean.get(a) ?? 0) - (mean.get(b) ?? 0) || (a < b ? -1 : 1));
}

/** How many named rows a group shows; board.tsx names the worst. */
export const mostNamed = 6;

interface Sizes {
  readonly strip: number;
  readonly pitch: number;
  readonly stripWidth: number;
  readonly routerWidth: number;
  readonly pair: number;
  readonly mostPitch: number;
}

const sizes: Readonly<Record<BoardMode, Sizes>> = {
  roomy: { strip: 92, pitch: 108, stripWidth: 320, routerWidth: 228, pair: 30, mostPitch: 140 },
  strips: { strip: 44, pitch: 54, stripWidth: 248, routerWidth: 196, pair: 26, mostPitch: 92 },
  dense: { strip: 28, pitch: 34, stripWidth: 248, routerWidth: 196, pair: 24, mostPitch: 60 },
  fields: { strip: 52, pitch: 64, stripWidth: 350, routerWidth: 216, pair: 24, mostPitch: 220 },
};

/** Jacks in one row of a group's field. */
export function jacksPerRow(width: number): number {
  return Math.max(8, Math.floor((width - 80) / 11.5));
}

/** Lays the map out for a width. `named` is how many troubles each group names. */
export function layoutBoard(data: BoardData, width: number, named: ReadonlyMap<string, number> = new Map()): Layout {
  const mode = modeOf(data);
  const size = sizes[mode];
  const narrow = Math.min(1, width / 1100);
  const stripWidth = Math.round(size.stripWidth * narrow);
  const routerWidth = Math.round(size.routerWidth * narrow);
  const order = orderBoard(data);
  const byName = new Map(data.nodes.map((node) => [node.name, node]));
  const linesOf = (name: string, end: "from" | "to"): readonly MapLine[] =>
    data.lines.filter((line) => line[end] === name);
  const heightOf = (node: BoardNode): number => {
    const pairs = Math.max(linesOf(node.name, "from").length, linesOf(node.name, "to").length);
    const routed = node.kind === "router" ? Math.max(size.strip, pairs * size.pair + 16) : size.strip;
    if (node.members === undefined) return routed;
    const rows = Math.ceil(node.members.length / jacksPerRow(node.kind === "router" ? routerWidth : stripWidth));
    return Math.max(routed, 30 + rows * 11.5 + (named.get(node.name) ?? 0) * 19 + 10);
  };
  const stacks = columns.map((kind) => order[kind].flatMap((name) => byName.get(name) ?? []));
  const gap = size.pitch - size.strip;
  const total = (stack: readonly BoardNode[]): number => stack.reduce((sum, node) => sum + heightOf(node) + gap, -gap);
  const height = Math.max(size.strip, ...stacks.map(total));
  const nodes = stacks.flatMap((stack, column) => {
    const free = height - total(stack) + gap;
    const most = size.mostPitch - size.strip;
    const between = stack.length < 2 ? 0 : Math.min(most, gap + (free - gap) / stack.length);
    const used = stack.reduce((sum, node) => sum + heightOf(node), 0) + between * Math.max(0, stack.length - 1);
    let y = (height - used) / 2;
    return stack.map((node): Placed => {
      const nodeWidth = column === 1 ? routerWidth : stripWidth;
      const x = column === 0 ? 0 : column === 1 ? Math.round((width - routerWidth) / 2) : width - stripWidth;
      const placed = { ...node, x, y: Math.round(y), width: nodeWidth, height: heightOf(node) };
      y += placed.height + between;
      return placed;
    });
  });
  return { mode, height, nodes, lines: placeLines(data.lines, nodes, size.pair) };
}

function placeLines(lines: readonly MapLine[], nodes: readonly Placed[], pair: number): readonly PlacedLine[] {
  const place = new Map(nodes.map((node) => [node.name, node]));
  const slots = new Map<string, { in: number; out: number }>();
  for (const node of nodes) {
    for (const end of ["from", "to"] as const) {
      const other = end === "from" ? "to" : "from";
      const own = lines
        .filter((line) => line[end] === node.name)
        .toSorted((a, b) => (place.get(a[other])?.y ?? 0) - (place.get(b[other])?.y ?? 0) || (a.id < b.id ? -1 : 1));
      const middle = node.members === undefined || node.kind === "router" ? node.y + node.height / 2 : node.y + 22;
      const step = own.length === 0 ? pair : Math.min(pair, (node.height - 8) / own.length);
      for (const [index, line] of own.entries()) {
        const centre = node.kind === "router" ? middle + (index - (own.length - 1) / 2) * step : middle;
        const apart = node.kind === "router" ? step / 4 : Math.min(8, node.height / 4);
        slots.set(`${line.id} ${end}`, { in: centre - apart, out: centre + apart });
      }
    }
  }
  return lines.flatMap((line): PlacedLine[] => {
    const [from, to] = [place.get(line.from), place.get(line.to)];
    const [a, b] = [slots.get(`${line.id} from`), slots.get(`${line.id} to`)];
    if (from === undefined || to === undefined || a === undefined || b === undefined) return [];
    return [{ ...line, x1: from.x + from.width, x2: to.x, in1: a.in, in2: b.in, out1: a.out, out2: b.out }];
  });
}

/** The curve of a cord between two jacks: handles of 46 %. */
export function cordPath(x1: number, y1: number, x2: number, y2: number): string {
  const handle = (x2 - x1) * 0.46;
  return `M${x1} ${y1}C${x1 + handle} ${y1} ${x2 - handle} ${y2} ${x2} ${y2}`;
}

/** A cord's width for a rate per minute. */
export function cordWidth(rate: number): number {
  return Math.min(6, 1.1 + 1.35 * Math.log10(1 + rate));
}

/** Everything on the paths through a node or a line: what stays bright when it is pointed at. */
export function pathOf(data: BoardData, focus: string): ReadonlySet<string> {
  const kept = new Set<string>([focus]);
  const kind = new Map(data.nodes.map((node) => [node.name, node.kind]));
  const line = data.lines.find(({ id }) => id === focus);
  const starts = line === undefined ? [focus] : [line.from, line.to];
  for (const start of starts) kept.add(start);
  const [leftStarts, rightStarts] = line === undefined ? [starts, starts] : [[line.from], [line.to]];
  for (const { id, from, to } of data.lines) {
    if (rightStarts.includes(from)) for (const name of [id, to]) kept.add(name);
    if (leftStarts.includes(to)) for (const name of [id, from]) kept.add(name);
  }
  for (const { id, from, to } of data.lines) {
    const isRight =
      rightStarts.some((name) => kind.get(name) === "channel") && kept.has(from) && kind.get(from) === "router";
    const isLeft =
      leftStarts.some((name) => kind.get(name) === "application") && kept.has(to) && kind.get(to) === "router";
    if (isRight) for (const name of [id, to]) kept.add(name);
    if (isLeft) for (const name of [id, from]) kept.add(name);
  }
  return kept;
}
