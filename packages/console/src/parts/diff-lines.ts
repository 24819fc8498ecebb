// What a change does to a text, line by line. Pure.

/** The lines of a difference, with `+`, `-` or a blank in front. */
export function diffLines(before: string, after: string): readonly string[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  // Longest common subsequence; configurations have tens of lines.
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (row: number, column: number): number => table[row]?.[column] ?? 0;
  for (let row = a.length - 1; row >= 0; row--) {
    for (let column = b.length - 1; column >= 0; column--) {
      const best =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      (table[row] as Uint16Array)[column] = best;
    }
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < a.length || column < b.length) {
    if (row < a.length && column < b.length && a[row] === b[column]) {
      lines.push(`  ${a[row]}`);
      row++;
      column++;
    } else if (row < a.length && (column >= b.length || at(row + 1, column) >= at(row, column + 1)))
      lines.push(`- ${a[row++]}`);
    else lines.push(`+ ${b[column++]}`);
  }
  return lines;
}
