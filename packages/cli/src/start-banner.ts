// What `switchboard start` says once it runs: where everything is, what to try, and what does not run and why. Under a screen.

import type { Gateway, GatewayFile } from "@switchboard/gateway";
import { styled } from "./control/output.ts";
import { describeTaken, placeOfPorts, takenPort } from "./start-error.ts";

/** What is said. */
export interface StartReport {
  /** The file's path as it was given; undefined for the try-out. */
  readonly path: string | undefined;
  readonly gateway: Gateway;
  readonly file: GatewayFile;
  /** Signs in once; undefined where there is nobody to sign in as. */
  readonly loginLink: string | undefined;
  /** `console`, `syslog`, or `file:` and a path. */
  readonly logging: string;
  readonly tookMs: number;
}

/** The text. */
export async function describeStart({ path, gateway, file, loginLink, logging, tookMs }: StartReport): Promise<string> {
  const { name, environment } = file.config.gateway;
  const { ports } = gateway.server;
  const lines = [
    `${styled("bold", name)} (${environment}) runs after ${seconds(tookMs)}`,
    "",
    ...(ports.frontend === undefined
      ? []
      : [entry("console", styled("cyan", loginLink ?? consoleAddress(file, ports.frontend)))]),
    ...(ports.websocket === undefined ? [] : [entry("programs", programsAddress(file, ports.websocket))]),
    ...(gateway.observabilityPort === undefined
      ? []
      : [entry("metrics", `http://localhost:${gateway.observabilityPort}/metrics`)]),
    ...(gateway.passwordFile === undefined ? [] : [entry("password", `in ${gateway.passwordFile}`)]),
    entry("data", file.dataFolder),
    ...(logging === "console" ? [] : [entry("log", logging.replace(/^file:/, ""))]),
    "",
    ...tries(file),
    ...(await troubles(gateway, path)),
    ...oddities(file),
    styled("dim", "Ctrl-C drains and stops."),
  ];
  return lines.join("\n");
}

/** The same for programs: what `--json` prints. */
export function startRecord({ gateway, file, loginLink, logging, tookMs }: StartReport): object {
  const { ports } = gateway.server;
  return {
    pid: process.pid,
    name: file.config.gateway.name,
    environment: file.config.gateway.environment,
    boot_id: gateway.bootId,
    took_ms: Math.round(tookMs),
    console: ports.frontend === undefined ? null : consoleAddress(file, ports.frontend),
    login_link: loginLink ?? null,
    programs: ports.websocket === undefined ? null : programsAddress(file, ports.websocket),
    unix_socket: file.dispatcher["unix-socket"] ?? null,
    password_file: gateway.passwordFile ?? null,
    data: file.dataFolder,
    logging,
    workers: gateway.roster.workers.map(({ plan: { name }, state, lastError }) => ({
      name,
      state,
      error: lastError instanceof Error ? lastError.message : null,
    })),
  };
}

/** Where the console is, for a browser on this machine. */
export function consoleAddress({ dispatcher }: GatewayFile, port: number): string {
  return `http${dispatcher.tls === true ? "s" : ""}://localhost:${port}/`;
}

function programsAddress({ dispatcher }: GatewayFile, port: number): string {
  return `ws${dispatcher.tls === true ? "s" : ""}://localhost:${port}/dispatcher/socket`;
}

function entry(label: string, text: string): string {
  return `  ${styled("dim", label.padEnd(9))} ${text}`;
}

function tries({ config }: GatewayFile): string[] {
  const found = Object.values(config.workers).flatMap((worker) => (worker.try === null ? [] : [worker.try]));
  return found.length === 0 ? [] : ["Try:", ...found.map((text) => `  ${styled("green", text)}`), ""];
}

async function troubles({ roster }: Gateway, path: string | undefined): Promise<string[]> {
  const failed = roster.workers.filter(({ state }) => state === "failed" || state === "crash_looping");
  if (failed.length === 0) return [];
  const lines = failed.map(
    async ({ plan, lastError }) => `  ${styled("red", plan.name)}: ${await reasonOf(lastError, path)}`,
  );
  return ["Does not run, and is tried again:", ...(await Promise.all(lines)), ""];
}

function oddities({ warnings }: GatewayFile): string[] {
  return warnings.length === 0 ? [] : ["Perhaps not meant:", ...warnings.map((text) => `  ${text}`), ""];
}

async function reasonOf(error: unknown, path: string | undefined): Promise<string> {
  const port = takenPort(error);
  if (port !== undefined) return await describeTaken(port, `choose another one in ${placeOfPorts(path)}`);
  return error instanceof Error ? error.message : String(error);
}

/** A time as people say it. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
