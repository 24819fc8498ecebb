// Several workers in one process, from one configuration: what one starts with when a process each would be too much.

import type { ConfigFields, ConfigOf } from "../config/fields.ts";
import { ConfigSource } from "../config/source.ts";
import { createWorker, type WorkerSurroundings } from "./create-worker.ts";
import { Worker, type WorkerContext } from "./worker.ts";

const multiFields = {
  workers: {
    type: "dict",
    of: { type: "text" },
    required: true,
    static: true,
    doc: "Name → class. The settings of each worker are in the section of its name.",
  },
  defaults: {
    type: "dict",
    default: {},
    static: true,
    doc: "Settings of every worker that its own section does not have.",
  },
} as const;

type MultiConfig = ConfigOf<typeof multiFields>;

/** Runs workers that share bus and store; they start in the order of `workers`, after another, and stop in reverse. */
export class MultiWorker extends Worker<MultiConfig> {
  static readonly summary: string = "Runs several workers as one, with options in common.";
  static override readonly fields: ConfigFields = multiFields;
  readonly #children: readonly Worker[];
  #running: Worker[] = [];

  /** Makes the workers, so that a mistake in any of them shows before one is started. */
  static readParts(config: MultiConfig, source: ConfigSource, surroundings: WorkerSurroundings): Promise<Worker[]> {
    const plans = Object.entries(config.workers).map(([name, className]) => ({
      name,
      className,
      source: childSource(source, name),
    }));
    return Promise.all(plans.map((plan) => createWorker(plan, surroundings)));
  }

  constructor(config: MultiConfig, context: WorkerContext, children: readonly Worker[]) {
    super(config, context);
    this.#children = children;
  }

  /** The workers, in order of their start. */
  get children(): readonly Worker[] {
    return this.#children;
  }

  protected override setupConnectors(): void {
    // Its workers have connectors; it has none.
  }

  protected override async setup(): Promise<void> {
    for (const child of this.#children) {
      await child.start();
      this.#running.push(child);
    }
  }

  protected override async teardown(): Promise<void> {
    for (const child of this.#running.splice(0).toReversed()) await child.stop();
  }

  override async pause(): Promise<void> {
    await Promise.all([super.pause(), ...this.#running.map((child) => child.pause())]);
  }

  override resume(): void {
    super.resume();
    for (const child of this.#running) child.resume();
  }
}

/** The section of a worker over the defaults: whole keys, not merged. */
function childSource(source: ConfigSource, name: string): ConfigSource {
  const defaults = source.section("defaults");
  const own = source.section(name);
  return new ConfigSource(
    { ...defaults.values, ...own.values },
    {
      ...(source.folder === undefined ? {} : { folder: source.folder }),
      locate: (path) => (Object.hasOwn(own.values, path[0] ?? "") ? own : defaults).locate(path),
    },
  );
}
