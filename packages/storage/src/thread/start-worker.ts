// Starts a worker thread from a module of this package, built or from source.

import { Worker } from "node:worker_threads";

/**
 * Starts the module `name` beside the module whose `import.meta.url` is given; `data` becomes its `workerData`.
 *
 * The thread does not keep the process alive until it is told to by `ref()`.
 */
export function startWorker(besideUrl: string, name: string, data: unknown): Worker {
  const isSource = besideUrl.endsWith(".ts");
  const url = new URL(`./${name}${isSource ? ".ts" : ".js"}`, besideUrl);
  const worker = new Worker(url, { workerData: data, ...(isSource ? { execArgv: sourceArguments() } : {}) });
  worker.unref();
  return worker;
}

// A worker of a process that runs from source needs the loader, which it does not inherit on Node 20, and the `source` condition.
function sourceArguments(): string[] {
  const loader = import.meta.resolve("tsx/esm/api");
  const register = `import { register } from ${JSON.stringify(loader)}; register();`;
  return ["--conditions=source", "--import", `data:text/javascript,${encodeURIComponent(register)}`];
}
