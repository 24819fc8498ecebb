// Workers as processes of their own, as an operator starts them, and as disasters end them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtFile, type NodeProcess, spawnNode, tempFolder } from "@switchboard/testkit";
import { onTestFinished } from "vitest";

const main = builtFile("packages/cli/dist/main.js");

/** One worker that can be killed and started again. */
export interface WorkerProcess {
  readonly name: string;
  /** Ends it with SIGKILL, in the middle of whatever it does, and starts it again; resolves when it handles messages. */
  crash(): Promise<void>;
  /** Ends it as an operator does. */
  end(): Promise<{ readonly code: number | null }>;
}

/** Starts a worker of `workerClass` with a YAML configuration on RabbitMQ; resolves when it handles messages. */
export async function startWorker(workerClass: string, yaml: string, amqpUrl: string): Promise<WorkerProcess> {
  const folder = tempFolder();
  const config = join(folder, "worker.yaml");
  writeFileSync(config, yaml);
  const args = ["worker", "--worker-class", workerClass, "--config", config, "--amqp-url", amqpUrl];
  const start = async (): Promise<NodeProcess> => {
    const worker = spawnNode(main, [...args, "--state", join(folder, "state.db")]);
    for await (const line of worker.lines) {
      if (!line.includes('"state":"running"')) continue;
      // What it logs from now on is read by nobody; without a reader it would fill the pipe and hang.
      void drain(worker);
      return worker;
    }
    throw new Error(`${workerClass} ended: ${worker.stderr()}`);
  };
  let running = await start();
  onTestFinished(async () => void (await running.kill()));
  return {
    name: workerClass,
    crash: async () => {
      await running.kill();
      running = await start();
    },
    end: () => running.kill("SIGTERM"),
  };
}

async function drain({ lines }: NodeProcess): Promise<void> {
  for await (const line of lines) void line;
}
