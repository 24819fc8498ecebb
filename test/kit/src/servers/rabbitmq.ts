// RabbitMQ, as Debian packages it, with an Erlang port mapper (epmd) of its own, so that nothing of the host's is touched.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { freePort } from "../free-port.ts";
import { guard } from "../guard.ts";
import { tempFolder } from "../temp.ts";
import { Server, ask } from "./server.ts";

/** Where Debian keeps the scripts that do not insist on being run as root or rabbitmq. */
export const rabbitmqPrograms = "/usr/lib/rabbitmq/bin";

/** How a RabbitMQ is set up. */
export interface RabbitmqOptions {
  /** Lines added to rabbitmq.conf, e.g. `consumer_timeout = 2000`. */
  readonly config?: readonly string[];
}

/** A running RabbitMQ; user and password are "guest", the virtual host "/". */
export class RabbitmqServer extends Server {
  readonly #env: Readonly<Record<string, string>>;
  #epmd: ChildProcess | undefined;

  constructor(ports: { readonly amqp: number; readonly epmd: number }, folder: string, env: Record<string, string>) {
    const { amqp: port } = ports;
    super(
      { port, folder, url: `amqp://guest:guest@127.0.0.1:${port}/` },
      {
        name: "rabbitmq-server",
        command: [`${rabbitmqPrograms}/rabbitmq-server`],
        env,
        stopSignal: "SIGTERM",
        // The greeting is answered with Connection.Start, a method frame on channel 0 (AMQP 0-9-1 §2.2.4).
        isReady: async () => (await ask(port, Buffer.from("AMQP\0\0\x09\x01", "latin1")))[0] === 1,
      },
    );
    this.#env = env;
  }

  /** Starts it. Resolves when it serves clients. */
  override async start(): Promise<void> {
    this.#epmd ??= startEpmd(this.#env);
    await super.start();
  }

  /** Ends it in its own orderly way and resolves when it is gone. */
  override async stop(): Promise<void> {
    await super.stop();
    this.#epmd?.kill();
    this.#epmd = undefined;
  }

  /** Runs `rabbitmqctl` against it and resolves with what that prints. Takes a second or two. */
  async ctl(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...this.#env };
    const { stdout } = await promisify(execFile)(`${rabbitmqPrograms}/rabbitmqctl`, ["--quiet", ...args], { env });
    return stdout;
  }
}

/** Starts a RabbitMQ with nothing in it. Takes about five seconds. */
export async function startRabbitmq({ config = [] }: RabbitmqOptions = {}): Promise<RabbitmqServer> {
  const ports = { amqp: await freePort(), dist: await freePort(), epmd: await freePort() };
  const folder = tempFolder();
  mkdirSync(`${folder}/log`);
  writeFileSync(`${folder}/enabled_plugins`, "[].\n");
  const lines = [
    `listeners.tcp.default = 127.0.0.1:${ports.amqp}`,
    "log.console = true",
    "log.console.level = warning",
    "log.file = false",
    "disk_free_limit.absolute = 50MB",
    ...config,
  ];
  writeFileSync(`${folder}/rabbitmq.conf`, `${lines.join("\n")}\n`);
  const server = new RabbitmqServer(ports, folder, {
    HOME: folder,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_NODENAME: `sb${ports.amqp}@localhost`,
    RABBITMQ_DIST_PORT: String(ports.dist),
    RABBITMQ_MNESIA_BASE: `${folder}/mnesia`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_GENERATED_CONFIG_DIR: `${folder}/generated`,
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${folder}/none`,
    RABBITMQ_CONF_ENV_FILE: "/dev/null",
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
  });
  await server.start();
  return server;
}

function startEpmd(env: Readonly<Record<string, string>>): ChildProcess {
  const epmd = spawn("epmd", [], { env: { ...process.env, ...env }, stdio: "ignore", detached: true });
  if (epmd.pid !== undefined) epmd.once("exit", guard(`kill ${epmd.pid}`));
  epmd.unref();
  return epmd;
}
