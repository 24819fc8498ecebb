// Configuration by dotted keys, such as `middleware.token_lifetime`, kept in the collection `config`.

import type { Datastore } from "./datastore.ts";

const collection = "config";

/** Values by key. */
export class ConfigStore {
  readonly #datastore: Datastore;
  readonly #factory: Readonly<Record<string, unknown>>;

  private constructor(datastore: Datastore, factory: Readonly<Record<string, unknown>>) {
    this.#datastore = datastore;
    this.#factory = factory;
  }

  /** Opens the config store of a datastore. `factory`: what a key is as long as nobody has set it. */
  static async open(datastore: Datastore, factory: Readonly<Record<string, unknown>> = {}): Promise<ConfigStore> {
    await datastore.requireCollection(collection, "text", { type: "config", configstore: true });
    return new ConfigStore(datastore, factory);
  }

  /** The value of a key; else its factory value; else `fallback`, null by default. */
  async get(key: string, fallback: unknown = null): Promise<unknown> {
    const object = await this.#datastore.getById(collection, key);
    if (object !== null) return object["value"];
    return Object.hasOwn(this.#factory, key) ? this.#factory[key] : fallback;
  }

  /** Sets a key, or replaces its value. */
  async set(key: string, value: unknown): Promise<void> {
    await this.#datastore.upsert(collection, key, { value });
  }

  /** Forgets a key, so that its factory value counts again. */
  async delete(key: string): Promise<void> {
    await this.#datastore.delete(collection, key);
  }

  /** True when somebody has set the key. */
  async exists(key: string): Promise<boolean> {
    return (await this.#datastore.getById(collection, key)) !== null;
  }

  /** The keys below `prefix`, in order; `""`: all. Dots count literally: `a` has the child `a.b`, and neither `ab` nor `a` itself. */
  async listChildren(prefix: string): Promise<string[]> {
    return (await this.#below(prefix)).map(([key]) => key);
  }

  /** The values below `prefix`, by key without the prefix. */
  async childrenDict(prefix: string): Promise<Record<string, unknown>> {
    const start = prefix === "" ? 0 : prefix.length + 1;
    return Object.fromEntries((await this.#below(prefix)).map(([key, value]) => [key.slice(start), value]));
  }

  /** A view of one branch, whose keys leave the prefix out. */
  node(prefix: string): ConfigNode {
    return new ConfigNode(this, prefix);
  }

  async #below(prefix: string): Promise<[key: string, value: unknown][]> {
    // "/" is the character after ".", so this is every key that begins with the prefix and a dot.
    const range =
      prefix === ""
        ? null
        : ([
            ["id", ">", `${prefix}.`],
            ["id", "<", `${prefix}/`],
          ] as const);
    const objects = await this.#datastore.query(collection, range);
    return objects.map(({ id, value }) => [String(id), value]);
  }
}

/** One branch of the configuration. */
export class ConfigNode {
  readonly #store: ConfigStore;
  readonly #prefix: string;

  /** Made by {@link ConfigStore.node}. */
  constructor(store: ConfigStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** The value of the branch's own key, or null. */
  value(): Promise<unknown> {
    return this.#store.get(this.#prefix);
  }

  /** The value of a key in the branch; see {@link ConfigStore.get}. */
  get(key: string, fallback?: unknown): Promise<unknown> {
    return this.#store.get(this.#keyOf(key), fallback);
  }

  /** Sets a key in the branch. */
  set(key: string, value: unknown): Promise<void> {
    return this.#store.set(this.#keyOf(key), value);
  }

  /** True when somebody has set the key in the branch. */
  contains(key: string): Promise<boolean> {
    return this.#store.exists(this.#keyOf(key));
  }

  /** All values in the branch by key. */
  children(): Promise<Record<string, unknown>> {
    return this.#store.childrenDict(this.#prefix);
  }

  /** Sets several keys. */
  async update(values: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [key, value] of Object.entries(values)) await this.set(key, value);
  }

  /** The branch below a key of this one. */
  node(key: string): ConfigNode {
    return new ConfigNode(this.#store, this.#keyOf(key));
  }

  #keyOf(key: string): string {
    return `${this.#prefix}.${key}`;
  }
}
