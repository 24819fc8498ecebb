// The difference of two texts, as people read it: lines that go and lines that come, with a few around them.

const around = 3;
/** More differing lines than this are not matched with each other: they all go, and all come. */
const maxMatched = 2_000;

/** Lines of `before` and `after` that differ, with `-` and `+` in front, three unchanged ones around them, and `@@ line 7 @@` above each place. Empty for equal texts. */
export function textDiff(before: string, after: string): string {
  if (before === after) return "";
  const lines = diffLines(before.split("\n"), after.split("\n"));
  const shown = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    for (let near = index - around; near <= index + around; near++) shown.add(near);
  }
  const result: string[] = [];
  let line = 1;
  for (const [index, { sign, text }] of lines.entries()) {
    if (shown.has(index)) {
      if (!shown.has(index - 1) || index === 0) result.push(`@@ line ${line} @@`);
      // The last line of a text that ends with a line's end.
      if (text !== "" || index < lines.length - 1) result.push(`${sign} ${text}`.trimEnd());
    }
    if (sign !== "+") line++;
  }
  return result.join("\n");
}

/** One line of a difference. */
export interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** All lines of both, in order: those that stay, go and come. */
export function diffLines(a: readonly string[], b: readonly string[]): Line[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [aEnd, bEnd] = [a.length, b.length];
  while (aEnd > start && bEnd > start && a[aEnd - 1] === b[bEnd - 1]) [aEnd, bEnd] = [aEnd - 1, bEnd - 1];
  const [gone, come] = [a.slice(start, aEnd), b.slice(start, bEnd)];
  const middle =
    Math.max(gone.length, come.length) > maxMatched
      ? [...gone.map((text): Line => ({ sign: "-", text })), ...come.map((text): Line => ({ sign: "+", text }))]
      : matchedLines(gone, come);
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(aEnd).map(same)];
}

function same(text: string): Line {
  return { sign: " ", text };
}

/** By the longest common subsequence. */
function matchedLines(a: readonly string[], b: readonly string[]): Line[] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = a.length - 1; row >= 0; row--) {
    for (let column = b.length - 1; column >= 0; column--) {
      lengths[row * width + column] =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < a.length || column < b.length) {
    const [gone, come] = [a[row], b[column]];
    if (gone !== undefined && gone === come) {
      lines.push(same(gone));
      [row, column] = [row + 1, column + 1];
    } else if (gone !== undefined && (come === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ sign: "-", text: gone });
      row++;
    } else {
      lines.push({ sign: "+", text: come ?? "" });
      column++;
    }
  }
  return lines;
}
