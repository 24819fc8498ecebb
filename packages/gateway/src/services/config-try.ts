// Tries what a worker's configuration names outside of the gateway, without starting or saving anything: would its port be free, does somebody
// listen where it connects to. What it would say there, a login for example, is not tried.

import { connect, createServer } from "node:net";
import {
  type ClientEndpoint,
  ConfigSource,
  type ConfigFields,
  readConfig,
  type ServerEndpoint,
} from "@switchboard/messaging/config";
import { redactText } from "../observe/redact.ts";
import type { Board } from "./board.ts";
import { type ResolvedChange } from "./worker-changes.ts";

/** What came of one trial. */
export interface TrialResult {
  readonly what: "listen" | "connect";
  /** The option that names it. */
  readonly field: string;
  /** `127.0.0.1:9010`, `example.com:443`, `/run/x.sock`. */
  readonly target: string;
  /** Null: cannot be told without starting it. */
  readonly ok: boolean | null;
  readonly text: string;
  /** Such as EADDRINUSE; null when all is well. */
  readonly code: string | null;
}

type Trial = { readonly field: string } & (
  | { readonly what: "listen"; readonly host: string | undefined; readonly port: number }
  | { readonly what: "connect"; readonly host: string; readonly port: number }
  | { readonly what: "listen" | "connect"; readonly path: string }
);

const connectTimeoutMs = 5_000;

/** Tries everything that a configuration names. It must be valid. */
export async function tryConfig(
  board: Board,
  { config, present }: ResolvedChange,
  fields: ConfigFields,
): Promise<TrialResult[]> {
  const trials = await trialsOf(board, config, fields);
  const runs = present !== undefined && ["running", "starting", "paused", "pausing"].includes(present.state);
  const held = runs ? await trialsOf(board, present.config, (await board.facts.of(present)).fields) : [];
  return Promise.all(
    trials.map(async (trial) => {
      const isHeld = trial.what === "listen" && held.some((one) => one.what === "listen" && isSamePlace(one, trial));
      const { ok, text, code } = isHeld ? alreadyOurs : await tryOne(trial);
      return { what: trial.what, field: trial.field, target: targetOf(trial), ok, text, code };
    }),
  );
}

async function trialsOf(
  { view }: Board,
  config: Readonly<Record<string, unknown>>,
  fields: ConfigFields,
): Promise<Trial[]> {
  const values = (await readConfig(fields, new ConfigSource(config), { classes: view.classes })) as Readonly<
    Record<string, unknown>
  >;
  return Object.entries(fields).flatMap(([field, { type }]): Trial[] => {
    const value = values[field];
    if (value === null || value === undefined) return [];
    if (type === "serverEndpoint") return [serverTrial(field, value as ServerEndpoint)];
    if (type === "clientEndpoint") return [clientTrial(field, value as ClientEndpoint)];
    if (type === "url") return [urlTrial(field, value as URL)];
    if (field !== "web_port" || typeof value !== "number") return [];
    const host = values["web_host"];
    return [{ field, what: "listen", host: typeof host === "string" ? host : undefined, port: value }];
  });
}

function serverTrial(field: string, endpoint: ServerEndpoint): Trial {
  return endpoint.transport === "unix"
    ? { field, what: "listen", path: endpoint.path }
    : { field, what: "listen", host: endpoint.host, port: endpoint.port };
}

function clientTrial(field: string, endpoint: ClientEndpoint): Trial {
  return endpoint.transport === "unix"
    ? { field, what: "connect", path: endpoint.path }
    : { field, what: "connect", host: endpoint.host, port: endpoint.port };
}

const defaultPorts: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

function urlTrial(field: string, { hostname, port, protocol }: URL): Trial {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { field, what: "connect", host, port: port === "" ? (defaultPorts[protocol] ?? 80) : Number(port) };
}

function targetOf(trial: Trial): string {
  return "path" in trial ? trial.path : `${trial.host ?? "*"}:${trial.port}`;
}

/** Whoever listens on all addresses listens on each. */
function isSamePlace(one: Trial, other: Trial): boolean {
  if ("path" in one || "path" in other) return "path" in one && "path" in other && one.path === other.path;
  return one.port === other.port && (one.host === other.host || one.host === undefined || other.host === undefined);
}

type Outcome = Pick<TrialResult, "ok" | "text" | "code">;

const alreadyOurs: Outcome = { ok: true, text: "this worker listens there already", code: null };

function tryOne(trial: Trial): Promise<Outcome> {
  if (trial.what === "connect") return tryConnect(trial);
  if ("path" in trial) return Promise.resolve({ ok: null, text: "a socket file is made at the start", code: null });
  if (trial.port === 0) return Promise.resolve({ ok: true, text: "any free port is taken", code: null });
  return tryListen(trial);
}

function tryListen({ host, port }: { readonly host: string | undefined; readonly port: number }): Promise<Outcome> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(failure(error)));
    server.listen({ port, exclusive: true, ...(host !== undefined && { host }) }, () => {
      server.close(() => resolve({ ok: true, text: "it is free", code: null }));
    });
  });
}

function tryConnect(
  trial: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const place = "path" in trial ? { path: trial.path } : { host: trial.host, port: trial.port };
    const socket = connect(place);
    const settle = (outcome: Outcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(connectTimeoutMs, () =>
      settle({ ok: false, text: `nobody answered within ${connectTimeoutMs / 1_000} s`, code: "ETIMEDOUT" }),
    );
    socket.once("connect", () => settle({ ok: true, text: "somebody listens there", code: null }));
    socket.once("error", (error) => settle(failure(error)));
  });
}

function failure(error: NodeJS.ErrnoException): Outcome {
  const { code = "UNKNOWN", message } = error;
  return { ok: false, text: sentences[code] ?? redactText(message), code };
}

const sentences: Readonly<Record<string, string>> = {
  EADDRINUSE: "somebody else listens there already",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "this port needs more rights than the gateway has",
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "there is no such host",
  ENOENT: "there is no such file",
};
