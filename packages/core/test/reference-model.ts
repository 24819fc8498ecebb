// The dispatcher's rules once more, as plainly as they can be said: lists, loops and no cleverness. For the model test.

export type Outcome =
  "waiting" | "undeliverable" | "full" | "timeout" | "aborted" | "shut down" | `reply ${string}` | `error ${string}`;

export interface Letter {
  readonly tag: number;
  readonly toGroup: boolean;
  readonly asked: boolean;
  readonly blocking: boolean;
  readonly dueAt: number;
  outcome: Outcome;
  settled: boolean;
  /** Members that have it and have not answered, in order; a destination is a group of one. */
  open: { name: string; part: number; deferred: boolean }[];
  errors: { part: number; text: string }[];
}

export interface Channel {
  members: string[];
  waiting: Letter[];
  holder: Letter | undefined;
}

export class ReferenceModel {
  readonly destinations = new Map<string, Channel>();
  readonly groups = new Map<string, Channel>();
  readonly letters: Letter[] = [];
  /** Who started which letter, by listener. */
  readonly started = new Map<string, number[]>();
  readonly maxWaiting: number;
  now = 0;
  isShutDown = false;

  constructor(maxWaiting: number) {
    this.maxWaiting = maxWaiting;
  }

  register(id: string): void {
    if (!this.isShutDown && !this.destinations.has(id))
      this.destinations.set(id, { members: [id], waiting: [], holder: undefined });
  }

  deregister(id: string): void {
    const channel = this.destinations.get(id);
    this.destinations.delete(id);
    for (const letter of channel?.waiting ?? []) this.settle(letter, "undeliverable");
  }

  join(id: string, member: string): void {
    if (this.isShutDown) return;
    const group = this.groups.get(id) ?? { members: [], waiting: [], holder: undefined };
    this.groups.set(id, group);
    if (!group.members.includes(member)) group.members.push(member);
  }

  leave(id: string, member: string): void {
    const group = this.groups.get(id);
    if (group !== undefined) group.members = group.members.filter((name) => name !== member);
    this.#tidy();
  }

  send(
    to: { destination?: string; group?: string },
    letter: Pick<Letter, "tag" | "asked" | "blocking"> & { timeoutMs: number },
  ): void {
    const { tag, asked, blocking, timeoutMs } = letter;
    const name = to.destination ?? to.group ?? "";
    const made: Letter = {
      tag,
      toGroup: to.group !== undefined,
      asked,
      blocking,
      dueAt: this.now + timeoutMs,
      outcome: "waiting",
      settled: false,
      open: [],
      errors: [],
    };
    this.letters.push(made);
    if (to.group !== undefined && !this.groups.has(to.group))
      this.groups.set(to.group, { members: [], waiting: [], holder: undefined });
    const channel = to.destination === undefined ? this.groups.get(name) : this.destinations.get(name);
    if (this.isShutDown) this.settle(made, "shut down");
    else if (channel === undefined) this.settle(made, "undeliverable");
    else if (channel.waiting.length >= this.maxWaiting) this.settle(made, "full");
    else channel.waiting.push(made);
    this.#startAll();
  }

  /** A listener answers the oldest letter that it has open. Returns its tag. */
  answer(name: string, how: "reply" | "error"): number | undefined {
    for (const letter of this.letters) {
      const at = letter.open.findIndex((one) => one.name === name && !one.deferred);
      if (at >= 0) return this.#answered(letter, at, how);
    }
    return undefined;
  }

  /** A listener puts off the answer to the oldest letter that it has open. */
  defer(name: string): number | undefined {
    const letter = this.letters.find(({ open }) => open.some((one) => one.name === name && !one.deferred));
    const one = letter?.open.find((other) => other.name === name && !other.deferred);
    if (letter === undefined || one === undefined) return undefined;
    if (letter.asked) one.deferred = true;
    else this.#answered(letter, letter.open.indexOf(one), "reply");
    return letter.tag;
  }

  /** Somebody answers for one of those who put it off. */
  respond(tag: number): void {
    const letter = this.letters.find((other) => other.tag === tag);
    if (letter === undefined || letter.settled || !letter.asked) return;
    if (!letter.toGroup) this.settle(letter, `reply ${tag}`);
    const at = letter.open.findIndex(({ deferred }) => deferred);
    if (at >= 0) this.#answered(letter, at, "reply");
    this.#startAll();
  }

  abort(tag: number): void {
    const letter = this.letters.find((other) => other.tag === tag);
    if (letter?.asked === true) this.settle(letter, "aborted");
    this.#startAll();
  }

  advance(ms: number): void {
    const target = this.now + ms;
    for (;;) {
      const due = this.letters.filter(
        ({ settled, asked, blocking, dueAt }) => !settled && (asked || blocking) && dueAt <= target,
      );
      if (due.length === 0) break;
      this.now = Math.min(...due.map(({ dueAt }) => dueAt));
      for (const letter of due) if (letter.dueAt === this.now) this.settle(letter, "timeout");
      this.#startAll();
    }
    this.now = target;
  }

  shutDown(): void {
    if (this.isShutDown) return;
    this.isShutDown = true;
    for (const letter of this.letters) {
      const isRunning = letter.open.length > 0;
      if (letter.asked || !isRunning) this.settle(letter, "shut down");
    }
    this.destinations.clear();
    this.groups.clear();
  }

  settle(letter: Letter, outcome: Outcome): void {
    if (letter.settled) return;
    letter.settled = true;
    letter.outcome = outcome;
    for (const channel of this.#channels()) if (channel.holder === letter) channel.holder = undefined;
  }

  #answered(letter: Letter, at: number, how: "reply" | "error"): number {
    const [one] = letter.open.splice(at, 1);
    if (one === undefined || letter.settled) return letter.tag;
    if (how === "error") letter.errors.push({ part: one.deferred ? Infinity : one.part, text: one.name });
    if (letter.open.length === 0) {
      const [first] = letter.errors.toSorted((a, b) => a.part - b.part);
      this.settle(letter, first === undefined ? `reply ${letter.tag}` : `error ${first.text}`);
    }
    this.#startAll();
    return letter.tag;
  }

  #startAll(): void {
    for (const channel of this.#channels()) {
      while (channel.holder === undefined && channel.waiting.length > 0) {
        const letter = channel.waiting.shift();
        if (letter === undefined || letter.settled) continue;
        letter.open = channel.members.map((name, part) => ({ name, part, deferred: false }));
        for (const name of channel.members) this.started.set(name, [...(this.started.get(name) ?? []), letter.tag]);
        if (letter.open.length === 0) this.settle(letter, `reply ${letter.tag}`);
        else if (letter.blocking) channel.holder = letter;
      }
    }
    this.#tidy();
  }

  #channels(): Channel[] {
    return [...this.destinations.values(), ...this.groups.values()];
  }

  #tidy(): void {
    for (const [id, { members, waiting, holder }] of this.groups) {
      if (members.length === 0 && waiting.length === 0 && holder === undefined) this.groups.delete(id);
    }
  }
}
