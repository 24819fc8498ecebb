// The last ten minutes of every figure, one value per ten seconds, for the small curves beside them.

const maxPoints = 60;
const maxNames = 10_000;

/** Values over time, by name. */
export class SeriesBook {
  readonly #series = new Map<string, (number | null)[]>();

  /** Adds one value for each name; null where it is not known. */
  add(values: ReadonlyMap<string, number | null>): void {
    for (const [name, value] of values) {
      const series = this.#series.get(name) ?? [];
      if (series.length === 0 && this.#series.size >= maxNames) continue;
      series.push(value);
      if (series.length > maxPoints) series.shift();
      this.#series.set(name, series);
    }
    for (const name of this.#series.keys()) if (!values.has(name)) this.#series.delete(name);
  }

  /** The last values of a name, oldest first; empty when it is not known. */
  get(name: string, points: number = maxPoints): readonly (number | null)[] {
    return (this.#series.get(name) ?? []).slice(-points);
  }

  /** The names that there are values of. */
  names(): string[] {
    return [...this.#series.keys()];
  }
}
