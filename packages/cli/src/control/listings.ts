// Verbs that print one list of the server's: services and methods, plugins, sessions.

import type { Client } from "@switchboard/client";
import { Command } from "commander";
import { addConnectionOptions, type ConnectionFlags, withClient } from "./connection.ts";
import { printTable, printValue } from "./output.ts";

interface Flags extends ConnectionFlags {
  readonly json?: true;
  readonly all?: true;
}

type Row = Readonly<Record<string, unknown>>;

/** The verb `services`. */
export function servicesCommand(): Command {
  return listCommand("services", "list the services, or the methods of one")
    .argument("[service]", "which one's methods")
    .addHelpText("after", "\nExample:\n  switchboard services management")
    .action(async (service: string | undefined, flags: Flags) => {
      if (service === undefined) await print(flags, services, ["service", "methods"]);
      else {
        const ask = flags.json ? methods : ownMethods;
        await print(flags, (client) => ask(client, service), methodColumns, methodRow);
      }
    });
}

/** The verb `plugins`. */
export function pluginsCommand(): Command {
  return listCommand("plugins", "list the plugins, with what keeps those back that do not run")
    .addHelpText("after", "\nExample:\n  switchboard plugins")
    .action((flags: Flags) =>
      print(flags, (client) => rows(client.call("plugins.list")), ["name", "state", "error", "filename"]),
    );
}

/** The verb `sessions`. */
export function sessionsCommand(): Command {
  return listCommand("sessions", "list who is logged in")
    .option("--all", "also sessions that have ended, the newest 100")
    .addHelpText("after", "\nExample:\n  switchboard sessions --all")
    .action((flags: Flags) =>
      flags.all
        ? print(flags, (client) => rows(client.call("session.query", [[], { sort: ["-id"], limit: 100 }])), [
            "id",
            "username",
            "address",
            "resource",
            "active",
            "started_at",
            "ended_at",
          ])
        : print(flags, (client) => rows(client.call("session.get_live_user_sessions")), [
            "id",
            "username",
            "address",
            "resource",
          ]),
    );
}

const methodColumns = ["method", "arguments", "description"];

function listCommand(name: string, description: string): Command {
  return addConnectionOptions(new Command(name)).description(description).option("--json", "print JSON, all members");
}

async function print(
  flags: Flags,
  ask: (client: Client) => Promise<readonly Row[]>,
  columns: readonly string[],
  toRow: (object: Row, index: number) => Row = (row) => row,
): Promise<void> {
  const found = await withClient(flags, ask);
  if (flags.json) printValue(found, flags);
  else printTable(found.map(toRow), columns);
}

async function rows(answer: Promise<unknown>): Promise<readonly Row[]> {
  return (await answer) as readonly Row[];
}

async function services(client: Client): Promise<readonly Row[]> {
  const names = (await client.call("discovery.get_services")) as string[];
  const found = await Promise.all(
    names.toSorted().map(async (service) => ({ service, methods: await methodNames(client, service) })),
  );
  return found.map(({ service, methods }) => ({ service, methods: methods.join(" ") }));
}

// What FreeNAS's clients ask a service about itself.
const ofEveryService: ReadonlySet<unknown> = new Set(["get_metadata", "enumerate_methods"]);

// A service may go while it is asked, or be owned by somebody who does not answer well.
async function methodNames(client: Client, service: string): Promise<readonly unknown[]> {
  try {
    return (await ownMethods(client, service)).map(({ name }) => name);
  } catch {
    return ["?"];
  }
}

async function methods(client: Client, service: string): Promise<readonly Row[]> {
  return rows(client.call("discovery.get_methods", [service]));
}

async function ownMethods(client: Client, service: string): Promise<readonly Row[]> {
  return (await methods(client, service)).filter(({ name }) => !ofEveryService.has(name));
}

function methodRow({ name, description, "params-schema": schema }: Row): Row {
  return { method: name, arguments: parameters(schema), description };
}

function parameters(schema: unknown): string {
  const { items = [] } = (schema ?? {}) as { readonly items?: unknown };
  return Array.isArray(items) ? (items as readonly Row[]).map(parameter).join(", ") : "";
}

function parameter({ title, type, mandatory }: Row, index: number): string {
  const name = typeof title === "string" ? title : `arg${index}`;
  const types = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === "string");
  const typed = types.length === 0 ? name : `${name}: ${types.join(" | ")}`;
  return mandatory === true ? typed : `[${typed}]`;
}
