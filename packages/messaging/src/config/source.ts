// Values before they are checked, with where each came from, so that an error can name file, line and column.

/** Keys and list positions from the outside in. */
export type ConfigPath = readonly (string | number)[];

/** Where a value stands. */
export interface ConfigLocation {
  /** A file, as the user named it, or an option such as `--set-option`. */
  readonly source: string;
  /** From 1; undefined where there are no lines. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** Finds where the value at a path stands; for a path that does not exist, the nearest thing around it. */
export type Locate = (path: ConfigPath) => ConfigLocation | undefined;

/** Unchecked values and their origin. Made by `loadConfigFile`, `parseConfig`, or from plain values. */
export class ConfigSource {
  readonly values: Readonly<Record<string, unknown>>;
  /** What relative paths in values are relative to; undefined: the working directory. */
  readonly folder: string | undefined;
  /** What is odd about the source but no reason to refuse it. */
  readonly warnings: readonly string[];
  /** What stands before its own paths where somebody is told of one: `["middleware", "trim"]`; empty for a whole file. */
  readonly prefix: ConfigPath;
  readonly #locate: Locate;

  constructor(
    values: Readonly<Record<string, unknown>>,
    origin: {
      readonly folder?: string;
      readonly warnings?: readonly string[];
      readonly prefix?: ConfigPath;
      readonly locate?: Locate;
    } = {},
  ) {
    this.values = values;
    this.folder = origin.folder;
    this.warnings = origin.warnings ?? [];
    this.prefix = origin.prefix ?? [];
    this.#locate = origin.locate ?? ((): undefined => undefined);
  }

  /** Where the value at `path` stands. */
  locate(path: ConfigPath): ConfigLocation | undefined {
    return this.#locate(path);
  }

  /** The same with some top-level keys replaced as a whole; `source` is where the new values come from. */
  override(values: Readonly<Record<string, unknown>>, source: string): ConfigSource {
    return new ConfigSource(
      { ...this.values, ...values },
      {
        ...(this.folder === undefined ? undefined : { folder: this.folder }),
        warnings: this.warnings,
        prefix: this.prefix,
        locate: (path) => {
          const [key] = path;
          const replaced = typeof key === "string" && Object.hasOwn(values, key);
          return replaced ? { source, line: undefined, column: undefined } : this.#locate(path);
        },
      },
    );
  }

  /** The value of one key as a source of its own: a middleware's section, a worker's `config`. Anything but an object gives an empty one; see `prefix`. */
  section(key: string, prefix: ConfigPath = []): ConfigSource {
    const value = Object.hasOwn(this.values, key) ? this.values[key] : undefined;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return new ConfigSource(isObject ? (value as Record<string, unknown>) : {}, {
      ...(this.folder === undefined ? undefined : { folder: this.folder }),
      prefix,
      locate: (path) => this.#locate([key, ...path]),
    });
  }
}

/** Spells a path as people write it: `rules[2].app`. */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
