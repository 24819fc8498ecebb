// The processes of one worker, as far as their heartbeats were heard: those of the period that runs, and those of the one before.

/** One worker of which there should be so many processes. */
export class MonitoredWorker {
  readonly id: string;
  readonly name: string;
  readonly systemId: string;
  readonly minProcs: number;
  #heard = new Map<string, Set<number>>();
  #counted: ReadonlyMap<string, ReadonlySet<number>> = new Map();

  constructor(systemId: string, name: string, minProcs: number) {
    this.id = `${systemId}:${name}`;
    this.systemId = systemId;
    this.name = name;
    this.minProcs = minProcs;
  }

  /** Where it is kept that there are too few. */
  get issueKey(): string {
    return `worker:${this.id}:issue`;
  }

  /** Notes a heartbeat; several of one process count once. */
  saw(host: string, pid: number): void {
    const pids = this.#heard.get(host);
    if (pids === undefined) this.#heard.set(host, new Set([pid]));
    else pids.add(pid);
  }

  /** Ends the period; returns how many processes were heard in it. */
  count(): number {
    this.#counted = this.#heard;
    this.#heard = new Map();
    return [...this.#counted.values()].reduce((sum, pids) => sum + pids.size, 0);
  }

  /** What was counted last, as it is stored. */
  describe(): object {
    const hosts = [...this.#counted].map(([host, pids]) => ({ host, proc_count: pids.size }));
    return { id: this.id, name: this.name, system_id: this.systemId, min_procs: this.minProcs, hosts };
  }
}
