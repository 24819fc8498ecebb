// The signals that `switchboard start` knows: those that stop it, SIGHUP to reload, SIGUSR2 to open the log file anew.

import type { LogOutput } from "@switchboard/server/daemon";

/** What is heard of signals. */
export interface Signals {
  /** The next one that asks to stop; those that came before anybody asked count. */
  next(): Promise<string>;
  /** What SIGHUP does from now on, one after another; a SIGHUP before that is forgotten, since the file has just been read. */
  onReload(reload: () => Promise<void>): void;
  /** Leaves the signals to the system again. */
  forget(): void;
}

/** Begins to listen. */
export function listenForSignals(log: LogOutput): Signals {
  const heard: string[] = [];
  const waiting: ((signal: string) => void)[] = [];
  let reload: (() => Promise<void>) | undefined;
  let reloading = Promise.resolve();
  const stop = (signal: string): void => {
    const next = waiting.shift();
    if (next === undefined) heard.push(signal);
    else next(signal);
  };
  const handlers = new Map<NodeJS.Signals, (signal: string) => void>([
    ["SIGINT", stop],
    ["SIGTERM", stop],
    ["SIGUSR2", () => log.reopen()],
    [
      "SIGHUP",
      () => {
        log.reopen();
        reloading = reloading.then(() => reload?.());
      },
    ],
  ]);
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    next: () => {
      const signal = heard.shift();
      return signal === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(signal);
    },
    onReload: (job) => {
      reload = job;
    },
    forget: () => {
      for (const [name, handler] of handlers) process.removeListener(name, handler);
    },
  };
}
