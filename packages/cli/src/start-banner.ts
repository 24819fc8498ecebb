// What `switchboard start` says once it runs: where everything is, what to try, and what does not run and why. Under a screen.

import { styleText } from "node:util";
import type { Gateway, GatewayFile } from "@switchboard/gateway";
import { portOwner } from "./port-owner.ts";

/** What is said. */
export interface StartReport {
  readonly gateway: Gateway;
  readonly file: GatewayFile;
  /** Signs in once; undefined where there is nobody to sign in as. */
  readonly loginLink: string | undefined;
  readonly logPath: string;
  readonly tookMs: number;
}

type Style = "bold" | "dim" | "green" | "red" | "cyan";

const isColoured = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
const style = (kind: Style, text: string): string => (isColoured ? styleText(kind, text) : text);

/** The text. */
export async function describeStart({ gateway, file, loginLink, logPath, tookMs }: StartReport): Promise<string> {
  const { name, environment } = file.config.gateway;
  const { ports } = gateway.server;
  const lines = [
    `${style("bold", name)} (${environment}) runs after ${(tookMs / 1_000).toFixed(1)} s`,
    "",
    ...(ports.frontend === undefined
      ? []
      : [entry("console", style("cyan", loginLink ?? `http://localhost:${ports.frontend}/`))]),
    ...(ports.websocket === undefined
      ? []
      : [entry("programs", `ws://localhost:${ports.websocket}/dispatcher/socket`)]),
    ...(gateway.passwordFile === undefined ? [] : [entry("password", `in ${gateway.passwordFile}`)]),
    entry("data", file.dataFolder),
    ...(logPath === "-" ? [] : [entry("log", logPath)]),
    "",
    ...tries(file),
    ...(await troubles(gateway)),
    style("dim", "Ctrl-C drains and stops."),
  ];
  return lines.join("\n");
}

function entry(label: string, text: string): string {
  return `  ${style("dim", label.padEnd(9))} ${text}`;
}

function tries({ config }: GatewayFile): string[] {
  const found = Object.values(config.workers).flatMap((worker) => (worker.try === null ? [] : [worker.try]));
  return found.length === 0 ? [] : ["Try:", ...found.map((text) => `  ${style("green", text)}`), ""];
}

async function troubles({ roster }: Gateway): Promise<string[]> {
  const failed = roster.workers.filter(({ state }) => state === "failed" || state === "crash_looping");
  if (failed.length === 0) return [];
  const lines = failed.map(async ({ plan, lastError }) => `  ${style("red", plan.name)}: ${await reasonOf(lastError)}`);
  return ["Does not run, and is tried again:", ...(await Promise.all(lines)), ""];
}

async function reasonOf(error: unknown): Promise<string> {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code, port } = current as { code?: unknown; port?: unknown };
    if (code !== "EADDRINUSE" || typeof port !== "number") continue;
    const owner = await portOwner(port);
    const by = owner === undefined ? "another process" : `${owner.command} (process ${owner.pid})`;
    return `port ${port} is taken by ${by}`;
  }
  return error instanceof Error ? error.message : String(error);
}
