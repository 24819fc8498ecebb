// The producers and consumers of a run, each a process of its own: started, killed, started again, and watched.

import { readdirSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { builtProgram, type NodeProcess, spawnNode } from "@switchboard/testkit";
import type { Disaster } from "./fields/field.ts";
import { type Entry, entryBytes, readLedger } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { WorkerSettings } from "./workers/settings.ts";

const programs = {
  producer: await builtProgram(new URL("workers/producer.ts", import.meta.url)),
  consumer: await builtProgram(new URL("workers/consumer.ts", import.meta.url)),
};

type Role = keyof typeof programs;

/** How long a worker may take to do as it is told: its bus may just be on its way back. */
const obeyMs = 60_000;
const lastLines = 8;

/** What all workers of a run have in common. */
export interface CrewOptions extends Pick<WorkerSettings, "reach" | "fault" | "seed" | "queues"> {
  /** Where the ledgers are. */
  readonly folder: string;
  readonly random: Random;
}

interface Worker {
  readonly role: Role;
  /** The place of the queue that a consumer consumes. */
  readonly queue: number;
  process: NodeProcess;
}

/** All workers of a run. */
export class Crew {
  /** Last words of workers that ended by themselves. Must stay empty. */
  readonly crashes: string[] = [];
  readonly #options: CrewOptions;
  #workers: Worker[] = [];
  #lastWorker = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** What can happen to workers. */
  get disasters(): readonly Disaster[] {
    return [
      { name: "kill a producer", strike: () => this.#killOne("producer") },
      { name: "kill a consumer", strike: () => this.#killOne("consumer") },
    ];
  }

  /** Starts one more. */
  start(role: Role, queue: number = 0): void {
    const worker: Worker = { role, queue, process: this.#spawn(role, queue) };
    this.#workers.push(worker);
    this.#watch(worker);
  }

  /** Tells the producers to finish what they have begun, and resolves when they have. */
  async stopProducers(): Promise<void> {
    const producers = this.#take("producer");
    for (const { process } of producers) process.send("stop");
    await Promise.all(
      producers.map(async ({ process }) => {
        if ((await Promise.race([process.exited, enough()])) !== undefined) return;
        this.crashes.push(`a producer did not stop: ${lastWords(process)}`);
        await process.kill();
      }),
    );
  }

  /** Makes sure that each consumer is still there to answer, as one that hangs may be missed among others of its queue. */
  async rollCall(): Promise<void> {
    const all = this.#workers.filter(({ role }) => role === "consumer");
    await Promise.all(
      all.map(async ({ process }) => {
        if ((await ask(process)) === undefined) this.crashes.push(`a consumer hangs: ${lastWords(process)}`);
      }),
    );
  }

  /** What each consumer says of its queue, and the last that its bus wrote. */
  async clues(): Promise<readonly string[]> {
    const all = this.#workers.filter(({ role }) => role === "consumer");
    return await Promise.all(
      all.map(async ({ queue, process }) => {
        const said = JSON.stringify(await ask(process));
        return `consumer ${process.pid} of queue ${queue} says ${said}, and wrote\n${lastWords(process)}`;
      }),
    );
  }

  /** Kills whoever is left. */
  async end(): Promise<void> {
    const workers = [...this.#take("producer"), ...this.#take("consumer")];
    await Promise.all(workers.map(({ process }) => process.kill()));
  }

  /** What all workers of a role wrote down, one list for each process. */
  ledgers(role: Role): readonly (readonly Entry[])[] {
    return this.#files(role).map(readLedger);
  }

  /** About how many messages were written down so far as accepted, or as handled. */
  progress(role: Role): number {
    const bytes = this.#files(role).reduce((sum, path) => sum + statSync(path).size, 0);
    return Math.floor(bytes / entryBytes / 2);
  }

  async #killOne(role: Role): Promise<void> {
    const worker = this.#options.random.pick(this.#workers.filter((one) => one.role === role));
    const { process } = worker;
    worker.process = this.#spawn(worker.role, worker.queue);
    this.#watch(worker);
    await process.kill();
  }

  #take(role: Role): readonly Worker[] {
    const taken = this.#workers.filter((worker) => worker.role === role);
    this.#workers = this.#workers.filter((worker) => worker.role !== role);
    return taken;
  }

  #spawn(role: Role, queue: number): NodeProcess {
    const { reach, fault, seed, queues, folder } = this.#options;
    const worker = ++this.#lastWorker;
    const settings: WorkerSettings = {
      reach,
      fault,
      seed,
      queues,
      worker,
      queue,
      ledger: `${folder}/${role}-${worker}.ledger`,
    };
    return spawnNode(programs[role], [JSON.stringify(settings)]);
  }

  #watch(worker: Worker): void {
    const { process, role } = worker;
    void process.exited.then(({ code, signal }) => {
      // One that was killed or told to stop is no longer on the list, or has a successor.
      if (worker.process !== process || !this.#workers.includes(worker)) return;
      this.crashes.push(`a ${role} ended by itself (${signal ?? code}): ${process.stderr()}`);
    });
  }

  #files(role: Role): string[] {
    const { folder } = this.#options;
    return readdirSync(folder).flatMap((name) => (name.startsWith(role) ? [`${folder}/${name}`] : []));
  }
}

/** What a consumer's bus says of its queue; undefined if it says nothing. */
async function ask(process: NodeProcess): Promise<unknown> {
  process.send("inspect");
  return (await Promise.race([process.messages.next(), enough()]))?.value;
}

async function enough(): Promise<undefined> {
  await sleep(obeyMs, undefined, { ref: false });
}

function lastWords(process: NodeProcess): string {
  return process.stderr().trimEnd().split("\n").slice(-lastLines).join("\n");
}
