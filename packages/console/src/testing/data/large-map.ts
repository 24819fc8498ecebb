// A map of any size, for layouts.

import type { MapData, MapLine, MapNode, Worker, WorkerKind } from "../../services/types.ts";
import { workerSeeds } from "./workers.ts";

/** A map of so many nodes, for layouts: the first of them down. */
export function largeMap(size: number): { readonly map: MapData; readonly workers: readonly Worker[] } {
  const channels = Math.round(size * 0.7);
  const routerCount = Math.max(1, Math.round(size * 0.08));
  const [template] = workerSeeds;
  const kinds = ["SMS", "USSD", "HTTP", "XMPP", "Telnet"];
  const nodes = Array.from({ length: size }, (_, index): MapNode => {
    const kind: WorkerKind = index < channels ? "channel" : index < channels + routerCount ? "router" : "application";
    const label =
      kind === "channel"
        ? (kinds[(index * index) % 5] ?? "SMS")
        : kind === "router"
          ? (["by keyword", "by address", "by channel"][index % 3] ?? "")
          : (["JS sandbox", "HTTP relay", "Echo"][index % 3] ?? "");
    return { name: `${kind}-${String(index).padStart(3, "0")}`, kind, label, address: "", class: label };
  });
  const ofKind = (kind: WorkerKind): readonly MapNode[] => nodes.filter((node) => node.kind === kind);
  const [lefts, middles, rights] = [ofKind("channel"), ofKind("router"), ofKind("application")];
  const line = (from: MapNode, to: MapNode): MapLine => {
    const end = from.kind === "channel" ? from.name : to.name;
    return {
      id: `${from.name}>${to.name}`,
      from: from.name,
      to: to.name,
      inbound_queue: `${end}.inbound`,
      outbound_queue: `${end}.outbound`,
    };
  };
  const pick = (list: readonly MapNode[], index: number): MapNode => list[index % list.length] as MapNode;
  const lines = [
    ...lefts.map((node, index) => line(node, pick(middles, index * 5))),
    ...rights.map((node, index) => line(pick(middles, index * 3), node)),
  ];
  const workers = nodes.map((node, index): Worker => ({
    ...(template as Worker),
    ...node,
    id: node.name,
    lamp: index === 17 ? "down" : index === 40 ? "parked" : "ok",
    state: "running",
    parked: 0,
    waiting: 0,
    rates: { in: index % 4, out: 1 },
  }));
  return { map: { nodes, lines }, workers };
}
