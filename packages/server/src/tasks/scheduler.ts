// Decides which waiting task starts next. Knows numbers and names of resources only; the engine runs the tasks and says when one has ended.
//
// Order: the oldest first; one whose resources are taken is passed over, so later ones may overtake it. Against starving: whoever has been first
// among those that want the same resources for `patienceMs` gets the right of way, and nothing later that would stand in its way starts any more.
//
// Cost: tasks that want the same resources wait in one line, of which only the first is looked at. A line that cannot move is parked under what
// is in its way, and looked at again when that is gone; so a start or an end costs the logarithm of the number of lines, however many tasks wait.

import type { Clock } from "@switchboard/core";
import { Heap } from "./heap.ts";
import { type Obstacle, ResourceGraph } from "./resource-graph.ts";

/** Where a task runs. Each kind has its own number of places. */
export type ExecutorKind = "local" | "isolated";

/** A task that waits for its turn. */
export interface WaitingTask {
  readonly id: number;
  /** Each name once. */
  readonly resources: readonly string[];
  readonly kind: ExecutorKind;
}

/** What a scheduler is given. */
export interface SchedulerOptions {
  readonly clock: Clock;
  /** How many tasks of each kind may run at once. */
  readonly places: Readonly<Record<ExecutorKind, number>>;
  readonly patienceMs: number;
  /** Called for each task whose turn it is, while it holds its resources; {@link Scheduler.ended} gives them back. */
  readonly start: (id: number) => void;
}

interface Entry extends WaitingTask {
  readonly line: Line;
  before: Entry | undefined;
  after: Entry | undefined;
}

/** Tasks that want the same, oldest first. */
interface Line {
  readonly name: string;
  readonly resources: readonly string[];
  readonly lane: Lane;
  first: Entry | undefined;
  last: Entry | undefined;
  /** In a lane's candidates. */
  isCandidate: boolean;
  /** What it is parked under. */
  parkedUnder: Obstacle | undefined;
  /** The first task when it began to lose patience. */
  impatient: number | undefined;
}

/** Lines with the same in their way. */
interface Park {
  readonly obstacle: Obstacle;
  /** May hold lines that have left. */
  lines: Heap<Line>;
  /** How many are still there. */
  size: number;
  isCandidate: boolean;
}

interface Lane {
  places: number;
  /** What may be able to move, by the number of its oldest task. */
  readonly candidates: Heap<Line | Park>;
  readonly parks: Map<Obstacle, Park>;
}

/** How many may have the right of way at once; each start looks at all of them. */
const maxRightsOfWay = 16;
/** The obstacle of those that let somebody pass. */
const rightOfWay: Obstacle = { yields: true };

/** The queue of tasks. */
export class Scheduler {
  /** The resources that tasks wait for. */
  readonly resources: ResourceGraph;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #start: (id: number) => void;
  readonly #lanes: Readonly<Record<ExecutorKind, Lane>>;
  readonly #lines = new Map<string, Line>();
  readonly #entries = new Map<number, Entry>();
  readonly #running = new Map<number, Lane>();
  /** Lines, by the time at which their first task loses its patience. */
  readonly #aging = new Heap<{ readonly line: Line; readonly id: number }>();
  #entitled: Line[] = [];
  #isPumping = false;

  constructor({ clock, places, patienceMs, start }: SchedulerOptions) {
    this.#clock = clock;
    this.#patienceMs = patienceMs;
    this.#start = start;
    this.#lanes = { local: newLane(places.local), isolated: newLane(places.isolated) };
    this.resources = new ResourceGraph((changed) => this.#changed(changed));
  }

  /** How many tasks wait. */
  get waiting(): number {
    return this.#entries.size;
  }

  /** How many tasks hold a place. */
  get running(): number {
    return this.#running.size;
  }

  /** Puts a task at the end. Numbers must rise from call to call. May start it at once. */
  add(task: WaitingTask): void {
    const line = this.#line(task);
    const entry: Entry = { ...task, line, before: line.last, after: undefined };
    if (line.last === undefined) line.first = entry;
    else line.last.after = entry;
    line.last = entry;
    this.#entries.set(task.id, entry);
    if (line.first === entry) this.#nominate(line);
    this.#pump();
  }

  /** Takes a task out of the queue. False when it does not wait (any more). */
  remove(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    const { line } = entry;
    const wasFirst = line.first === entry;
    this.#unlink(entry);
    if (!wasFirst) return true;
    this.#loseRight(line);
    if (line.first === undefined) leavePark(line);
    else if (line.parkedUnder !== undefined) this.#age(line);
    this.#pump();
    return true;
  }

  /** A task that was started has ended: its place and its resources are free. */
  ended(id: number): void {
    const lane = this.#running.get(id);
    if (lane === undefined) return;
    this.#running.delete(id);
    lane.places++;
    this.#open(this.resources.release(id));
    this.#pump();
  }

  /** Tasks that wait for a resource that does not exist. */
  missing(): number[] {
    return [...this.#entries.values()]
      .filter(({ resources }) => resources.some((name) => !this.resources.has(name)))
      .map(({ id }) => id);
  }

  // ── Which line moves ───────────────────────────────────────────────────────────────────────────────────────────────

  #pump(): void {
    // A task that starts may end, or submit others, at once.
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      this.#grantRights();
      for (let lane = this.#nextLane(); lane !== undefined; lane = this.#nextLane()) this.#try(lane);
    } finally {
      this.#isPumping = false;
    }
  }

  /** The lane with a free place whose candidate is the oldest. */
  #nextLane(): Lane | undefined {
    const { local, isolated } = this.#lanes;
    const first = local.places > 0 ? local.candidates.firstKey : undefined;
    const second = isolated.places > 0 ? isolated.candidates.firstKey : undefined;
    if (first === undefined) return second === undefined ? undefined : isolated;
    return second === undefined || first < second ? local : isolated;
  }

  #try(lane: Lane): void {
    const source = lane.candidates.take();
    if (source === undefined) return;
    source.isCandidate = false;
    const park = "lines" in source ? source : undefined;
    const line = park === undefined ? (source as Line) : takeParked(park);
    const entry = line?.first;
    if (line !== undefined && entry !== undefined) {
      const others = Math.min(lane.candidates.firstKey ?? Infinity, park?.lines.firstKey ?? Infinity);
      // Its oldest task was aborted, so that others are older now.
      if (others < entry.id) this.#nominate(line);
      else if (this.#beginOrPark(line, entry) === park?.obstacle && park !== undefined) return;
    }
    if (park !== undefined) this.#openPark(lane, park);
  }

  /** Returns what is in the way. */
  #beginOrPark(line: Line, entry: Entry): Obstacle | undefined {
    const obstacle = this.#obstacle(entry);
    if (obstacle === undefined) this.#begin(entry);
    else this.#park(line, obstacle);
    return obstacle;
  }

  #obstacle({ id, resources }: Entry): Obstacle | undefined {
    const obstacle = this.resources.obstacle(resources);
    if (obstacle !== undefined) return obstacle;
    const lets = this.#entitled.some(
      ({ first, resources: wanted }) =>
        first !== undefined && first.id < id && this.resources.conflict(wanted, resources),
    );
    return lets ? rightOfWay : undefined;
  }

  #begin(entry: Entry): void {
    const { line, id, resources } = entry;
    this.#unlink(entry);
    this.resources.acquire(resources, id);
    line.lane.places--;
    this.#running.set(id, line.lane);
    this.#loseRight(line);
    if (line.first !== undefined) this.#nominate(line);
    this.#start(id);
  }

  #nominate(line: Line): void {
    if (line.first === undefined || line.isCandidate) return;
    line.isCandidate = true;
    line.lane.candidates.add(line.first.id, line);
  }

  #park(line: Line, obstacle: Obstacle): void {
    const { first, lane } = line;
    if (first === undefined) return;
    let park = lane.parks.get(obstacle);
    if (park === undefined)
      lane.parks.set(obstacle, (park = { obstacle, lines: new Heap(), size: 0, isCandidate: false }));
    park.lines.add(first.id, line);
    park.size++;
    line.parkedUnder = obstacle;
    // Nobody can say when a missing resource will be there, so nobody is kept waiting for it.
    if (typeof obstacle === "string") this.#loseRight(line);
    else this.#age(line);
  }

  #age(line: Line): void {
    const { first, impatient } = line;
    if (first === undefined || impatient === first.id) return;
    line.impatient = first.id;
    this.#aging.add(this.#clock.now() + this.#patienceMs, { line, id: first.id });
  }

  #changed(obstacles: readonly Obstacle[] | "all"): void {
    if (obstacles === "all")
      for (const lane of Object.values(this.#lanes)) for (const park of lane.parks.values()) this.#openPark(lane, park);
    else this.#open(obstacles);
    this.#pump();
  }

  /** Something is in nobody's way any more. */
  #open(obstacles: readonly Obstacle[]): void {
    for (const lane of Object.values(this.#lanes)) {
      for (const obstacle of obstacles) {
        const park = lane.parks.get(obstacle);
        if (park !== undefined) this.#openPark(lane, park);
      }
    }
  }

  #openPark(lane: Lane, park: Park): void {
    if (park.isCandidate) return;
    const { firstKey } = park.lines;
    if (firstKey === undefined || park.size === 0) {
      lane.parks.delete(park.obstacle);
      return;
    }
    park.isCandidate = true;
    lane.candidates.add(firstKey, park);
  }

  // ── Right of way ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks at lines whose patience is at its end, each once per `patienceMs`. */
  #grantRights(): void {
    const now = this.#clock.now();
    while ((this.#aging.firstKey ?? Infinity) <= now) {
      const { line, id } = this.#aging.take() as { line: Line; id: number };
      if (line.first?.id !== id || this.#entitled.includes(line)) continue;
      if (line.parkedUnder === undefined || typeof line.parkedUnder === "string") line.impatient = undefined;
      else if (!this.#entitle(line, id)) this.#aging.add(now + this.#patienceMs, { line, id });
    }
  }

  /** False when an older one with the right of way is in its way, or when there are too many. */
  #entitle(line: Line, id: number): boolean {
    const isBehind = this.#entitled.some(
      ({ first, resources }) =>
        first !== undefined && first.id < id && this.resources.conflict(resources, line.resources),
    );
    if (isBehind) return false;
    if (this.#entitled.length >= maxRightsOfWay) {
      const youngest = this.#entitled.at(-1);
      if (youngest?.first === undefined || youngest.first.id < id) return false;
      this.#aging.add(this.#clock.now() + this.#patienceMs, { line: youngest, id: youngest.first.id });
      this.#loseRight(youngest);
    }
    this.#entitled.push(line);
    this.#entitled.sort((a, b) => (a.first?.id ?? 0) - (b.first?.id ?? 0));
    return true;
  }

  #loseRight(line: Line): void {
    const index = this.#entitled.indexOf(line);
    if (index === -1) return;
    this.#entitled.splice(index, 1);
    this.#open([rightOfWay]);
  }

  // ── Lines ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #line({ resources, kind }: WaitingTask): Line {
    const name = [kind, ...resources.toSorted()].join("\0");
    let line = this.#lines.get(name);
    if (line === undefined) {
      const lane = this.#lanes[kind];
      line = {
        name,
        resources,
        lane,
        first: undefined,
        last: undefined,
        isCandidate: false,
        parkedUnder: undefined,
        impatient: undefined,
      };
      this.#lines.set(name, line);
    }
    return line;
  }

  #unlink(entry: Entry): void {
    const { line, before, after } = entry;
    if (before === undefined) line.first = after;
    else before.after = after;
    if (after === undefined) line.last = before;
    else after.before = before;
    this.#entries.delete(entry.id);
    if (line.first === undefined) this.#lines.delete(line.name);
  }
}

function newLane(places: number): Lane {
  return { places, candidates: new Heap(), parks: new Map() };
}

/** The line with the oldest task of those that are still parked there. */
function takeParked(park: Park): Line | undefined {
  for (let line = park.lines.take(); line !== undefined; line = park.lines.take()) {
    if (line.parkedUnder !== park.obstacle) continue;
    line.parkedUnder = undefined;
    park.size--;
    return line;
  }
  return undefined;
}

/** To be called for a line whose last task was aborted. */
function leavePark(line: Line): void {
  if (line.parkedUnder === undefined) return;
  const { parks } = line.lane;
  const park = parks.get(line.parkedUnder);
  line.parkedUnder = undefined;
  if (park === undefined) return;
  park.size--;
  if (park.size === 0 && !park.isCandidate) parks.delete(park.obstacle);
  else if (park.lines.size > 64 && park.lines.size > 2 * park.size) park.lines = stillParked(park);
}

/** Without the lines that have left, so that tasks which are submitted and aborted again and again take no room. */
function stillParked({ lines, obstacle }: Park): Heap<Line> {
  const rest = new Heap<Line>();
  for (let line = lines.take(); line !== undefined; line = lines.take()) {
    if (line.parkedUnder === obstacle && line.first !== undefined) rest.add(line.first.id, line);
  }
  return rest;
}
