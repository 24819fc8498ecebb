// Remembers the latest of many keys. A plain map whose oldest entry is taken out again and again has to look for it behind all those that were
// taken out before: 6 µs each at ten thousand entries.

/** A map that forgets its oldest entries: it has the latest `capacity`, and up to twice as many. */
export class RecentMap<Key, Value> {
  readonly #capacity: number;
  #recent = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: Key): Value | undefined {
    return this.#recent.get(key) ?? this.#older.get(key);
  }

  set(key: Key, value: Value): void {
    if (this.#recent.size >= this.#capacity) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, value);
  }

  delete(key: Key): void {
    this.#recent.delete(key);
    this.#older.delete(key);
  }
}
