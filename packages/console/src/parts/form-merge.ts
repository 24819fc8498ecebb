// Two people changed the same thing: what each of them did to each option, and what comes of it when one has chosen. Pure.

/** Options by name. */
export type Values = Readonly<Record<string, unknown>>;

/** Who changed an option. */
export type ChangedBy = "them" | "you" | "both";

/** One option that is not as it was. */
export interface Difference {
  readonly key: string;
  readonly before: unknown;
  readonly theirs: unknown;
  readonly yours: unknown;
  readonly by: ChangedBy;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** What differs between three versions, in the order of their keys. What both changed alike counts as theirs: there is nothing to choose. */
export function differences(before: Values, theirs: Values, yours: Values): readonly Difference[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(theirs), ...Object.keys(yours)]);
  return [...keys].flatMap((key) => {
    const [was, they, you] = [before[key], theirs[key], yours[key]];
    const isTheirs = !same(was, they);
    const isYours = !same(was, you) && !same(they, you);
    if (!isTheirs && !isYours) return [];
    const by: ChangedBy = isTheirs && isYours ? "both" : isYours ? "you" : "them";
    return [{ key, before: was, theirs: they, yours: you, by }];
  });
}

/** Theirs with what is yours: what only you changed, and of what both changed what `keep` names. */
export function merged(theirs: Values, found: readonly Difference[], keep: ReadonlySet<string>): Values {
  const result: Record<string, unknown> = { ...theirs };
  for (const { key, by, yours } of found) {
    if (by === "them" || (by === "both" && !keep.has(key))) continue;
    if (yours === undefined) delete result[key];
    else result[key] = yours;
  }
  return result;
}
