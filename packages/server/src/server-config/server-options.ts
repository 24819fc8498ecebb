// From the section `dispatcher` to the options of a server: for the server as a process of its own, and for the gateway, whose file has the section too.

import { readFileSync } from "node:fs";
import type { LimitOptions } from "../connections/limits.ts";
import type { ListenOptions, ServerOptions } from "../options.ts";
import type { TaskLimits } from "../tasks/limits.ts";
import type { configKeys, SectionValues } from "./keys.ts";

/** The checked section `dispatcher`. */
export type DispatcherSection = SectionValues<typeof configKeys.dispatcher>;

/**
 * The options that a checked section asks for; `sections` is the whole file, for plugins. Port 0 means none here, as in the file. Reads the
 * certificate and its key.
 *
 * Throws the system's error when one of them cannot be read.
 */
export function serverOptionsOf(
  dispatcher: DispatcherSection,
  sections: Readonly<Record<string, unknown>>,
): Omit<ServerOptions, "datastore"> & { readonly listen: ListenOptions; readonly pluginDirs: readonly string[] } {
  const groupRoles = dispatcher["group-roles"];
  const adminGroup = dispatcher["admin-group"];
  return {
    listen: listenOptionsOf(dispatcher),
    auth: {
      services: dispatcher.services ?? [],
      ...(adminGroup === undefined ? undefined : { adminGroup }),
      ...(groupRoles === undefined ? undefined : { groupRoles }),
    },
    pluginDirs: dispatcher["plugin-dirs"] ?? [],
    loadDisabled: dispatcher["load-disabled"] ?? false,
    debug: dispatcher.debug ?? false,
    withTests: dispatcher["test-services"] ?? false,
    limits: limitsOf(dispatcher),
    tasks: taskLimitsOf(dispatcher),
    config: (name) => {
      const section = Object.hasOwn(sections, name) ? sections[name] : undefined;
      return typeof section === "object" && section !== null ? (section as Readonly<Record<string, unknown>>) : {};
    },
  };
}

/** How long tasks may go on when the server stops, in milliseconds. */
export function shutdownTimeoutMs(dispatcher: DispatcherSection): number {
  return (dispatcher["shutdown-timeout"] ?? 5) * 1_000;
}

function limitsOf(dispatcher: DispatcherSection): LimitOptions {
  const seconds = dispatcher["login-timeout"];
  return given({
    maxConnections: dispatcher["max-connections"],
    maxConnectionsPerAddress: dispatcher["max-connections-per-address"],
    maxFrameBytes: dispatcher["max-frame-bytes"],
    maxFramesPerSecond: dispatcher["max-frames-per-second"],
    maxOpenCalls: dispatcher["max-open-calls"],
    maxCallsPerSecond: dispatcher["max-calls-per-second"],
    maxMasks: dispatcher["max-masks"],
    maxBufferedBytes: dispatcher["max-buffered-bytes"],
    loginTimeoutMs: seconds === undefined ? undefined : seconds * 1_000,
  });
}

function taskLimitsOf(dispatcher: DispatcherSection): TaskLimits {
  return given({
    maxRunning: dispatcher["max-running-tasks"],
    maxProcesses: dispatcher["max-task-processes"],
    maxTasks: dispatcher["max-tasks"],
    maxRecords: dispatcher["max-task-records"],
  });
}

/** Without those that are undefined, which would win over defaults. */
function given<Limits extends Readonly<Record<string, number | undefined>>>(
  limits: Limits,
): { readonly [Name in keyof Limits]?: number } {
  const entries = Object.entries(limits).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { readonly [Name in keyof Limits]?: number };
}

function listenOptionsOf(dispatcher: DispatcherSection): ListenOptions {
  const socket = dispatcher["unix-socket"];
  const staticFolder = dispatcher["static-dir"];
  const { hosts, "tls-certificate": certificate, "tls-keyfile": key } = dispatcher;
  const isEncrypted = dispatcher.tls === true && certificate !== undefined && key !== undefined;
  return {
    // In the file 0 means none; to the server it means any.
    websocketPort: dispatcher["websocket-port"] === 0 ? null : (dispatcher["websocket-port"] ?? 5000),
    frontendPort: dispatcher["frontend-port"] === 0 ? null : (dispatcher["frontend-port"] ?? 8180),
    trustedProxies: dispatcher["trusted-proxies"] ?? [],
    allowedOrigins: dispatcher["allowed-origins"] ?? [],
    ...(staticFolder === undefined ? undefined : { staticFolder }),
    ...(hosts === undefined ? undefined : { hosts }),
    ...(socket === undefined ? undefined : { unixSocket: { path: socket } }),
    ...(isEncrypted ? { tls: { cert: readFileSync(certificate), key: readFileSync(key) } } : undefined),
  };
}
