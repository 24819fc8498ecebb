// `switchboard worker`: runs one worker, as `vumi_worker` did, on RabbitMQ or on an embedded bus.

import { resolve } from "node:path";
import {
  builtInClasses,
  logStrayRejections,
  type RunningWorker,
  runWorker,
  type RunWorkerOptions,
} from "@switchboard/gateway";
import { brokerUrl, resolveWorkerOptions, type WorkerFlags } from "@switchboard/messaging";
import { configHelp, type ConfigurableClass, fieldsOf } from "@switchboard/messaging/config";
import { Command, Option } from "commander";
import { pino } from "pino";
import { logLine } from "./control/log-line.ts";
import { busOf, logLevels } from "./options.ts";
import { Patience } from "./patience.ts";
import { explainTakenPort } from "./start-error.ts";

interface Flags extends WorkerFlags {
  readonly busPath?: string;
  readonly state?: string;
  readonly logLevel: string;
  readonly workerHelp?: true;
}

/** The verb. */
export function workerCommand(): Command {
  return new Command("worker")
    .description("run one worker until it is told to stop (SIGTERM and Ctrl-C drain it)")
    .option("--worker-class <name>", "our name, Vumi's dotted path, or ./file.ts#Class")
    .addOption(new Option("--worker_class <name>").hideHelp())
    .option("--config <file>", "YAML file with the worker's options")
    .option("--set-option <key:value>", "one option, over the file; may be repeated", collect, [])
    .option("--bus-path <folder>", "use an embedded bus in this folder instead of RabbitMQ")
    .option("--amqp-url <url>", "RabbitMQ; wins over the next five")
    .option("--hostname <host>", "host of RabbitMQ (default 127.0.0.1)")
    .option("--port <port>", "port of RabbitMQ (default 5672)")
    .option("--username <name>", "user at RabbitMQ (default vumi)")
    .option("--password <password>", "password at RabbitMQ (default vumi)")
    .option("--vhost <vhost>", "virtual host at RabbitMQ (default /develop)")
    .option("--vumi-config <file>", "YAML file with the options of RabbitMQ")
    .option("--state <file>", "where workers without a Redis keep their state")
    .option("--system-id <id>", "name for a group of workers (default global)")
    .option("--worker-help", "print what the class can be configured with, and end")
    .addOption(new Option("--log-level <level>", "least level to log").choices(logLevels).default("info"))
    .addOption(new Option("--specfile <file>").hideHelp())
    .addOption(new Option("--sentry <dsn>").hideHelp())
    .addOption(new Option("--maxthreads <n>").hideHelp())
    .addHelpText(
      "after",
      "\nExample:\n  switchboard worker --worker-class EchoWorker --set-option transport_name:echo --bus-path var/bus",
    )
    .action(work);
}

async function work(flags: Flags, command: Command): Promise<void> {
  const options = await resolveWorkerOptions(flags, process.env);
  if (options.workerClass === undefined) command.error("error: --worker-class is needed: which worker shall run?");
  // A path begins at the file that it stands in; this one was typed.
  const workerClass = /^\.{1,2}\//.test(options.workerClass) ? resolve(options.workerClass) : options.workerClass;
  if (flags.workerHelp) {
    const loaded = (await builtInClasses().load(workerClass, { kind: "worker" })) as ConfigurableClass;
    console.log(configHelp(fieldsOf(loaded)));
    return;
  }
  const logger = pino({ level: flags.logLevel }, process.stdout.isTTY ? terminal : undefined);
  logStrayRejections(logger);
  // Listened for before the worker runs: whoever reads "running" in the log may signal at once.
  const signalled = nextSignal();
  const running = await Promise.race([start({ ...options, workerClass }, flags, logger), signalled]);
  // Nothing is in work yet, and a broker that cannot be reached is waited for half a minute.
  if (typeof running === "string") process.exit(endedAtOnce);
  const { worker, stop } = running;
  // A quiet worker may have nothing else that keeps its process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  const signal = await signalled;
  clearInterval(alive);
  logger.info({ worker: worker.name, signal }, "stopping; waits for the messages in work");
  await stop();
}

/** For people; programs get JSON lines. */
const terminal = {
  write(text: string): void {
    const { time, level, worker, msg, pid: _pid, hostname: _host, ...fields } = JSON.parse(text) as LogEntry;
    const record = { at: new Date(time), level: pino.levels.labels[level] ?? "", message: msg, fields };
    console.log(logLine({ ...record, worker: worker ?? "" }));
  },
};

/** A line as pino writes it. */
interface LogEntry extends Readonly<Record<string, unknown>> {
  readonly time: number;
  readonly level: number;
  readonly msg: string;
  readonly worker?: string;
}

const endedAtOnce = 130;

async function start(
  worker: RunWorkerOptions["worker"],
  flags: Flags,
  logger: RunWorkerOptions["logger"],
): Promise<RunningWorker> {
  const patience = new Patience((text) => console.error(text));
  patience.begin(`starting ${worker.workerClass}${flags.busPath === undefined ? ` on ${brokerName(worker)}` : ""}`);
  try {
    const state = flags.state === undefined ? {} : { statePath: flags.state };
    return await runWorker({ worker, ...busOf(flags), ...state, logger });
  } catch (error) {
    throw await explainTakenPort(error, () => "choose another one in the worker's configuration");
  } finally {
    patience.end();
  }
}

// Without the password.
function brokerName({ broker }: RunWorkerOptions["worker"]): string {
  const { protocol, host, pathname } = new URL(brokerUrl(broker));
  return `${protocol}//${host}${pathname}`;
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    const end = (signal: string): void => {
      for (const name of signals) process.removeListener(name, end);
      resolve(signal);
    };
    for (const name of signals) process.once(name, end);
  });
}

const signals = ["SIGTERM", "SIGINT"] as const;

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}
