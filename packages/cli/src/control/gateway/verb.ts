// What the verbs on a running gateway have in common: the options that say which one, `--json`, and how times and lists are printed.

import { Command, InvalidArgumentError } from "commander";
import { CliError } from "../../errors.ts";
import { addConnectionOptions, type ConnectionFlags } from "../connection.ts";
import { harmless, toJson } from "../output.ts";

/** What every verb takes. */
export interface GatewayFlags extends ConnectionFlags {
  readonly json?: true;
}

/** One object of a list, as the server sent it. */
export type Row = Readonly<Record<string, unknown>>;

/** Makes a verb with the options of all of them, and an example in its help. */
export function gatewayVerb(name: string, description: string, example: string): Command {
  return addConnectionOptions(new Command(name))
    .description(description)
    .option("--json", "print JSON")
    .addHelpText("after", `\nExample:\n  switchboard ${example}`);
}

/** For verbs with an argument and verbs of their own: more words mean that the first was meant to be one of those. */
export function refuseUnknownVerb(command: Command): void {
  const [word, ...rest] = command.args;
  if (rest.length === 0) return;
  const verbs = command.commands.map((one) => one.name()).join(", ");
  command.error(`error: unknown command '${word ?? ""}': expected one of ${verbs}`);
}

/** For verbs that change options: without any, what runs would be started again for nothing. @throws {CliError} CLI_ARGUMENTS_INVALID */
export function refuseNothing(changes: object): void {
  if (Object.values(changes).some((value) => value !== undefined)) return;
  throw new CliError("CLI_ARGUMENTS_INVALID", "expected what to change, name=value; `--help` has more");
}

/** A list as the server answered it. */
export async function rowsOf(answer: Promise<unknown>): Promise<readonly Row[]> {
  return (await answer) as readonly Row[];
}

/** A member that should be a list of objects. */
export function rowsIn(value: unknown): readonly Row[] {
  return Array.isArray(value) ? (value as readonly Row[]) : [];
}

/** A member of an object that may not be one. */
export function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Row)[key] : undefined;
}

/** A value as a terminal may show it; empty where there is none. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  return harmless(typeof value === "string" ? value : toJson(value));
}

/** A length as people say it; nothing where it is not known. */
export function shortDuration(ms: unknown): string {
  if (typeof ms !== "number") return "";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Reads an option that takes a whole number of at least 1. */
export function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError("expected a whole number of at least 1");
}
