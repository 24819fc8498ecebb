// Node programs as children of a test: TypeScript or what was built of it, talked to by line or by message, killed when the test likes.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AsyncQueue } from "./async-queue.ts";
import { guard } from "./guard.ts";

/** How a child is started. */
export interface SpawnNodeOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: this process's. */
  readonly cwd?: string;
  /** Given to node before the file, e.g. `["--expose-gc"]`. */
  readonly nodeArgs?: readonly string[];
  /** Whether our packages are their source or what was built of them. Default: what the file itself is. */
  readonly packages?: "source" | "built";
  /** How messages travel: "json" (default), or "advanced" for buffers, maps and the like. */
  readonly serialization?: "json" | "advanced";
}

/** How a child ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running Node program. */
export interface NodeProcess {
  readonly pid: number;
  /** For what this interface lacks, such as handing over a socket. */
  readonly child: ChildProcess;
  /** What it wrote to standard output, line by line; ends with the process. One reader at a time. */
  readonly lines: AsyncIterableIterator<string>;
  /** What it said by `process.send`; ends with the process. One reader at a time. */
  readonly messages: AsyncIterableIterator<unknown>;
  /** What it wrote to standard error so far, the last 64 Ki characters. */
  stderr(): string;
  /** Resolves when it has ended and all its output was read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Gives it a message. What is sent to a process that has ended is lost without an error, as on a real wire. */
  send(message: unknown): void;
  /** Sends a signal, SIGKILL by default, and resolves when it has ended. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
}

const maxStderrChars = 65_536;
// Resolved here, because a child's working folder may lie outside of the repository.
const tsx = import.meta.resolve("tsx");

/**
 * Starts `file` (a path or a file URL, TypeScript or JavaScript) and returns at once.
 *
 * The child is killed when this process ends, whichever way.
 */
export function spawnNode(
  file: string | URL,
  args: readonly string[] = [],
  options: SpawnNodeOptions = {},
): NodeProcess {
  const path = file instanceof URL || file.startsWith("file:") ? fileURLToPath(file) : file;
  const isTypeScript = path.endsWith(".ts");
  const { env, cwd, nodeArgs = [], packages = isTypeScript ? "source" : "built", serialization = "json" } = options;
  const loader = isTypeScript ? ["--import", tsx] : [];
  const conditions = packages === "source" ? ["--conditions=source"] : [];
  const child = spawn(process.execPath, [...loader, ...conditions, ...nodeArgs, path, ...args], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // The group's leader, so that it and what it starts can be killed together.
    detached: true,
    serialization,
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null)
    throw new Error(`could not start ${process.execPath} ${path}`);
  const forget = guard(`kill ${pid}`);

  const lines = new AsyncQueue<string>();
  const messages = new AsyncQueue<unknown>();
  let errors = "";
  createInterface({ input: stdout }).on("line", (line) => lines.push(line));
  stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-maxStderrChars)));
  child.on("message", (message) => messages.push(message));
  const exited = new Promise<Exit>((resolve) => {
    child.on("close", (code, signal) => {
      forget();
      lines.end();
      messages.end();
      resolve({ code, signal });
    });
  });

  return {
    pid,
    child,
    lines,
    messages,
    stderr: () => errors,
    exited,
    send: (message) => {
      if (child.connected) child.send(message as object, () => undefined);
    },
    kill: (signal = "SIGKILL") => {
      if (child.exitCode === null && child.signalCode === null) {
        // With SIGKILL nothing that it started may live on; other signals it passes on itself, or not.
        process.kill(signal === "SIGKILL" ? -pid : pid, signal);
      }
      return exited;
    },
  };
}
