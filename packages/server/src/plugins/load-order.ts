// The order in which plugins are started: each after those it requires. What cannot be started is told why.

/** A plugin, as far as order is concerned. */
export interface Orderable {
  readonly name: string;
  readonly requires: readonly string[];
}

/** The order and what is left over. */
export interface LoadOrder<Item> {
  /** Each after all that it requires; otherwise in the given order. */
  readonly order: readonly Item[];
  /** The reason for each that cannot be started: a name that is missing, or a ring. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Sorts plugins, round by round: all whose requirements are met. `present`: names of plugins that are started already. */
export function loadOrder<Item extends Orderable>(
  items: readonly Item[],
  present: ReadonlySet<string>,
): LoadOrder<Item> {
  const taken = new Set(present);
  const order: Item[] = [];
  let left = [...items];
  for (;;) {
    const ready = left.filter(({ requires }) => requires.every((name) => taken.has(name)));
    if (ready.length === 0) break;
    left = left.filter((item) => !ready.includes(item));
    for (const item of ready) {
      taken.add(item.name);
      order.push(item);
    }
  }
  const waiting = new Map(left.map((item) => [item.name, item.requires.filter((name) => !taken.has(name))]));
  return { order, refused: new Map(left.map(({ name }) => [name, reasonFor(name, waiting)])) };
}

/** `waiting`: for each plugin that is left over the requirements that were not met. */
function reasonFor(name: string, waiting: ReadonlyMap<string, readonly string[]>): string {
  const unmet = waiting.get(name) ?? [];
  const missing = unmet.filter((required) => !waiting.has(required));
  if (missing.length > 0) return `requires ${missing.join(" and ")}, which is missing or failed`;
  const ring = ringThrough(name, waiting);
  if (ring !== undefined) return `requires itself: ${ring.join(" → ")}`;
  return `requires ${unmet.join(" and ")}, which cannot be started`;
}

/** The shortest way from a plugin back to itself. */
function ringThrough(name: string, waiting: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const seen = new Set<string>();
  let paths: string[][] = [[name]];
  while (paths.length > 0) {
    const next: string[][] = [];
    for (const path of paths) {
      for (const required of waiting.get(path.at(-1) ?? "") ?? []) {
        if (required === name) return [...path, name];
        if (seen.has(required)) continue;
        seen.add(required);
        next.push([...path, required]);
      }
    }
    paths = next;
  }
  return undefined;
}
