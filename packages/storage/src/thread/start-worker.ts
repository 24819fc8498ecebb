// Starts a worker thread from a module of this package or of one above it, built or from source.

import { Worker } from "node:worker_threads";

const isSource = import.meta.url.endsWith(".ts");

/**
 * Starts `module`, the URL of a TypeScript module, or of what was built from it; `data` becomes its `workerData`.
 *
 * The thread does not keep the process alive until it is told to by `ref()`.
 */
export function startWorker(module: URL, data: unknown): Worker {
  const entry = moduleToRun(module);
  // Tests run from source, and have their threads run what was built.
  const execArgv = entry.pathname.endsWith(".ts") ? sourceArguments() : [];
  const worker = new Worker(entry, { workerData: data, ...(isSource ? { execArgv } : {}) });
  worker.unref();
  return worker;
}

/** What is run of `module`, the URL of a TypeScript module: itself, or what was built from it. */
export function moduleToRun(module: URL): URL {
  return isSource ? module : new URL(module.href.replace(/\.ts$/, ".js"));
}

// A worker of a process that runs from source needs the loader, which it does not inherit on Node 20, and the `source` condition.
function sourceArguments(): string[] {
  const loader = import.meta.resolve("tsx/esm/api");
  const register = `import { register } from ${JSON.stringify(loader)}; register();`;
  return ["--conditions=source", "--import", `data:text/javascript,${encodeURIComponent(register)}`];
}
