// Where the log goes: standard error, a file, or the system's log by its own command `logger`, as Node cannot write to /dev/log.

import { spawn } from "node:child_process";
import { destination, multistream, pino, type Logger as PinoLogger, type StreamEntry } from "pino";
import { logLevels } from "../services/log-levels.ts";
import type { LogRing } from "../services/log-ring.ts";

/** The log, and what a daemon does with it. */
export interface LogOutput {
  readonly logger: PinoLogger;
  /** Opens the file anew, after somebody has moved it. */
  reopen(): void;
  /** Writes out what waits. */
  close(): Promise<void>;
}

const maxWaitingBytes = 1_048_576;

/** Opens the log. `logging`: `console`, `syslog`, or `file:` and a path. `level`: a name of ours, or pino's. Lines go to the ring as well, if there is one. */
export function openLog(logging: string, level: string, ring?: LogRing): LogOutput {
  const { stream, reopen, close } = openStream(logging);
  const streams: StreamEntry<string>[] = [
    { level: "trace", stream },
    ...(ring === undefined ? [] : [{ level: "trace", stream: ring } as const]),
  ];
  const logger = pino({ level: logLevels[level] ?? level, base: null }, multistream(streams));
  return { logger, reopen, close };
}

interface Output {
  readonly stream: { write(line: string): unknown };
  readonly reopen: () => void;
  readonly close: () => Promise<void>;
}

const nothing = (): void => undefined;

function openStream(logging: string): Output {
  if (logging === "syslog") return syslog();
  // Written at once: what a process says just before it dies is what matters.
  if (!logging.startsWith("file:"))
    return { stream: destination({ dest: 2, sync: true }), reopen: nothing, close: async () => undefined };
  const dest = logging.slice("file:".length);
  // A full disk must not end the server: what cannot be written waits, and beyond `maxLength` is left out.
  const stream = destination({ dest, sync: true, mkdir: true, mode: 0o600, maxLength: maxWaitingBytes });
  stream.on("error", nothing);
  let isClosed = false;
  return {
    // What is still said while the process ends must not be what it dies of.
    stream: { write: (line) => (isClosed ? process.stderr.write(line) : stream.write(line)) },
    reopen: () => stream.reopen(),
    async close() {
      isClosed = true;
      stream.end();
    },
  };
}

function syslog(): Output {
  const child = spawn("logger", ["-t", "switchboard", "-p", "local3.info"], { stdio: ["pipe", "ignore", "ignore"] });
  let isLost = false;
  const lose = (): void => void (isLost = true);
  child.on("error", lose);
  child.stdin.on("error", lose);
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  const write = (line: string): unknown => (isLost ? process.stderr.write(line) : child.stdin.write(line));
  const close = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { stream: { write }, reopen: nothing, close };
}
