// What a message from a person would carry on a channel, besides what the person says: the address written to and the type of the network. Routers
// and applications go by these, so a message that is played must have what a real one has.

import { ConfigSource, readConfig, type ServerEndpoint } from "@switchboard/messaging/config";
import type { Board, BoardEntry } from "./board.ts";

/** What a channel puts into every message from a person. */
export interface PersonSide {
  readonly to_addr: string | null;
  readonly transport_type: string | null;
}

/** What real messages on a channel carry: as it is configured, else as the newest one had it. */
export async function personSideOf(board: Board, entry: BoardEntry): Promise<PersonSide> {
  const configured = await configuredSide(board, entry);
  if (configured.to_addr !== null && configured.transport_type !== null) return configured;
  const [transportName = ""] = entry.facts.towardsPrograms;
  const conditions = [
    { field: "direction", values: ["inbound"] },
    { field: "channel", values: [transportName] },
    // What was played before says nothing.
    { field: "test", values: ["false"] },
  ] as const;
  const [newest] = (await board.view.store?.read.list({ conditions }, 1)) ?? [];
  return {
    to_addr: configured.to_addr ?? newest?.message.to_addr ?? null,
    transport_type: configured.transport_type ?? newest?.message.transport_type ?? null,
  };
}

/** A worker's options with their defaults; where they are wrong, as they are written. */
export function configuredValues(
  { view }: Board,
  { worker, facts }: BoardEntry,
): Promise<Readonly<Record<string, unknown>>> {
  return readConfig(facts.fields, new ConfigSource(worker.config), { classes: view.classes }).catch(
    () => worker.config,
  );
}

async function configuredSide(board: Board, entry: BoardEntry): Promise<PersonSide> {
  const values = await configuredValues(board, entry);
  const { field_defaults, address, to_addr, kind, transport_type, twisted_endpoint } = values;
  const defaults = (typeof field_defaults === "object" && field_defaults !== null ? field_defaults : {}) as Readonly<
    Record<string, unknown>
  >;
  return {
    to_addr: firstText(defaults["to_addr"], address, to_addr, listeningName(twisted_endpoint)),
    transport_type: firstText(defaults["transport_type"], transport_type, kind),
  };
}

/** What a server that listens on a fixed port calls itself, as Vumi's telnet transport does. */
function listeningName(endpoint: unknown): string | undefined {
  if (typeof endpoint !== "object" || endpoint === null || !("transport" in endpoint)) return undefined;
  const server = endpoint as ServerEndpoint;
  if (server.transport === "unix" || server.port === 0) return undefined;
  return `${server.host ?? "0.0.0.0"}:${server.port}`;
}

function firstText(...values: readonly unknown[]): string | null {
  return values.find((value): value is string => typeof value === "string" && value !== "") ?? null;
}
