// The last twenty calls that this browser made of a method, to be made again. Without secrets, without answers.

import { readSetting, writeSetting } from "../../services/settings.ts";

/** One call. */
export interface PastCall {
  readonly at: string;
  readonly tookMs: number;
  readonly args: readonly unknown[];
  /** By name, when it failed. */
  readonly code?: string;
}

const most = 20;
const nameOf = (method: string): string => `calls.${method}`;

/** The calls, newest first. */
export function pastCalls(method: string): readonly PastCall[] {
  try {
    const found: unknown = JSON.parse(readSetting(nameOf(method)) ?? "[]");
    return Array.isArray(found) ? (found as PastCall[]) : [];
  } catch {
    return [];
  }
}

/** Remembers one more, whose secrets are masked; returns all. */
export function rememberCall(method: string, call: PastCall): readonly PastCall[] {
  const all = [call, ...pastCalls(method)].slice(0, most);
  writeSetting(nameOf(method), JSON.stringify(all));
  return all;
}

/** A call's arguments in a line. */
export function callWords({ args }: PastCall): string {
  if (args.length === 0) return "no arguments";
  return args
    .map((arg) => (typeof arg === "string" ? arg : JSON.stringify(arg)))
    .join(", ")
    .slice(0, 120);
}
