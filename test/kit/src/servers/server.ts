// A real server as a child of the test: started in a folder of its own on a free port, killed, stopped and restarted as the test likes.
// What is particular to one server is in the file of its name.

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { guard } from "../guard.ts";
import { until } from "../until.ts";

/** How one server is run. */
export interface ServerProgram {
  /** For error messages. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Asks for an orderly end. */
  readonly stopSignal: NodeJS.Signals;
  /** True, or resolves to true, when clients are served. Called again and again while it starts. */
  readonly isReady: () => Promise<boolean>;
}

const maxOutputChars = 65_536;
const startDeadlineMs = 60_000;
const maxTries = 5;

/** A running server. It and its files are gone when this process ends. */
export class Server {
  /** On 127.0.0.1; the same after a restart. */
  readonly port: number;
  /** What a client library takes. */
  readonly url: string;
  /** Where its data and configuration are. */
  readonly folder: string;
  readonly #program: ServerProgram;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #output = "";

  constructor(place: { readonly port: number; readonly url: string; readonly folder: string }, program: ServerProgram) {
    this.port = place.port;
    this.url = place.url;
    this.folder = place.folder;
    this.#program = program;
  }

  /** Of the process that leads the server's group; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it wrote so far, the last 64 Ki characters. */
  output(): string {
    return this.#output;
  }

  /** Kills it at once (SIGKILL), as a crash would, and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#exited;
  }

  /** Halts it (SIGSTOP) with all that it started: it stays connected and answers nobody. */
  hang(): void {
    for (const pid of this.#family()) process.kill(pid, "SIGSTOP");
  }

  /** Lets it go on where {@link hang} halted it. */
  wake(): void {
    for (const pid of this.#family().toReversed()) process.kill(pid, "SIGCONT");
  }

  /** Ends it in its own orderly way and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#signal(this.#program.stopSignal);
    await this.#exited;
  }

  /** Starts it again on the same port and data, killing it first if it runs. Resolves when it serves clients. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Starts it. Resolves when it serves clients. */
  async start(): Promise<void> {
    const { name, isReady } = this.#program;
    for (let tries = 1; ; tries++) {
      const child = this.#spawn();
      const found = await until(async () => (this.#child === child ? (await isReady()) && "ready" : "ended"), {
        deadlineMs: startDeadlineMs,
      });
      if (found === "ready") return;
      if (tries === maxTries) throw new Error(`${name} ended while starting:\n${this.#output}`);
      // What a killed predecessor still holds, such as PostgreSQL's shared memory, is free in a moment.
      await sleep(200);
    }
  }

  /** Its process and those below, parents first: they may lead groups of their own. */
  #family(): number[] {
    const { pid } = this;
    return pid === undefined ? [] : familyOf(pid);
  }

  #spawn(): ChildProcess {
    const [command, ...args] = this.#program.command;
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, ...this.#program.env },
      stdio: ["ignore", "pipe", "pipe"],
      // The group's leader, so that the whole of it can be killed.
      detached: true,
    });
    const forget = child.pid === undefined ? () => undefined : guard(`kill ${child.pid}`);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-maxOutputChars);
      });
    }
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.on("error", (error) => {
        this.#output += String(error);
        this.#child = undefined;
        resolve();
      });
      child.on("exit", () => {
        forget();
        this.#child = undefined;
        resolve();
      });
    });
    return child;
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    process.kill(signal === "SIGKILL" ? -pid : pid, signal);
  }
}

function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

/** Connects to 127.0.0.1, says `question`, and resolves with the first bytes of the answer; rejects if there is none. */
export function ask(port: number, question: string | Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 2_000 });
    socket.once("timeout", () => socket.destroy());
    socket.once("connect", () => socket.write(question));
    socket.once("data", (answer: Buffer) => {
      resolve(answer);
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed without an answer")));
  });
}
