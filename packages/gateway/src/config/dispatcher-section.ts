// The file's section `dispatcher`, as the server declares it. Differs from the server's own file in three things: `plugin-dirs` may be missing,
// relative paths are relative to the file, and `logging` stays open when the file does not say, so that the log can go to the data folder.

import { resolve } from "node:path";
import type { ConfigIssue } from "@switchboard/messaging";
import type { ConfigSource } from "@switchboard/messaging/config";
import { type DispatcherSection, readDispatcherSection } from "@switchboard/server/config";

const paths = ["unix-socket", "tls-certificate", "tls-keyfile", "pidfile", "data", "crash-dir", "static-dir"] as const;

/** The section; everything that is wrong with it is added to `issues`. */
export function dispatcherSection(source: ConfigSource, issues: ConfigIssue[]): DispatcherSection {
  const problem = (path: readonly string[], what: string): void => {
    const { source: name, line, column } = source.locate(path) ?? {};
    issues.push({ source: name, line, column, path: path.join("."), problem: what, hint: undefined });
  };
  const section = source.values["dispatcher"] ?? {};
  if (typeof section !== "object" || Array.isArray(section)) problem(["dispatcher"], "expected an object");
  const { values } = source.section("dispatcher");
  const given = { "plugin-dirs": [], ...values };
  const read = readDispatcherSection(given, (key, what) => problem(["dispatcher", key], what));
  // What is wrong is not looked at any more.
  if (issues.length > 0) return read;
  const absolute = (path: string): string => resolve(source.folder ?? ".", path);
  return {
    ...read,
    ...Object.fromEntries(paths.flatMap((key) => (read[key] === undefined ? [] : [[key, absolute(read[key])]]))),
    "plugin-dirs": (read["plugin-dirs"] ?? []).map(absolute),
    logging: values["logging"] === undefined ? undefined : absoluteLog(read.logging, absolute),
  };
}

function absoluteLog(logging: string | undefined, absolute: (path: string) => string): string | undefined {
  return logging?.startsWith("file:") === true ? `file:${absolute(logging.slice("file:".length))}` : logging;
}
