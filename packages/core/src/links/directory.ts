// Which other processes can be reached, over which link, and what lives there. Filled by announcements, which are untrusted.

import type { Id } from "../message.ts";
import type { Peer } from "./peer.ts";

/** Another process. */
export interface RemoteProcess {
  readonly id: string;
  /** The link towards it. */
  readonly peer: Peer;
  /** 1 for a neighbour, 2 behind one hub, and so on. */
  readonly distance: number;
  readonly ids: Set<Id>;
  readonly groups: Set<Id>;
}

export class Directory {
  readonly #processes = new Map<string, RemoteProcess>();
  readonly #byId = new Map<Id, RemoteProcess[]>();
  readonly #byGroup = new Map<Id, RemoteProcess[]>();

  get(processId: string): RemoteProcess | undefined {
    return this.#processes.get(processId);
  }

  /** All of them; a live view. */
  processes(): Iterable<RemoteProcess> {
    return this.#processes.values();
  }

  /** The process in which `id` lives; of several the one that was announced first. */
  ownerOf(id: Id): RemoteProcess | undefined {
    return this.#byId.get(id)?.[0];
  }

  /** The processes with members of a group, in the order of their announcements. */
  membersOf(groupId: Id): readonly RemoteProcess[] {
    return this.#byGroup.get(groupId) ?? [];
  }

  add(id: string, peer: Peer, distance: number): RemoteProcess {
    const process: RemoteProcess = { id, peer, distance, ids: new Set(), groups: new Set() };
    this.#processes.set(id, process);
    return process;
  }

  remove(process: RemoteProcess): void {
    this.#processes.delete(process.id);
    for (const id of process.ids) withdraw(this.#byId, id, process);
    for (const id of process.groups) withdraw(this.#byGroup, id, process);
    // A neighbour may be half-way through being told of them.
    process.ids.clear();
    process.groups.clear();
  }

  /** Returns false when it was known. */
  announce(process: RemoteProcess, kind: "ids" | "groups", id: Id): boolean {
    if (process[kind].has(id)) return false;
    process[kind].add(id);
    const index = kind === "ids" ? this.#byId : this.#byGroup;
    const homes = index.get(id);
    if (homes === undefined) index.set(id, [process]);
    else homes.push(process);
    return true;
  }

  /** Returns false when it was not known. */
  withdraw(process: RemoteProcess, kind: "ids" | "groups", id: Id): boolean {
    if (!process[kind].delete(id)) return false;
    withdraw(kind === "ids" ? this.#byId : this.#byGroup, id, process);
    return true;
  }
}

function withdraw(index: Map<Id, RemoteProcess[]>, id: Id, process: RemoteProcess): void {
  const rest = index.get(id)?.filter((home) => home !== process) ?? [];
  if (rest.length === 0) index.delete(id);
  else index.set(id, rest);
}

/** Sorts processes by the link towards them. */
export function byPeer(processes: readonly RemoteProcess[]): Map<Peer, string[]> {
  const sorted = new Map<Peer, string[]>();
  for (const { peer, id } of processes) {
    const ids = sorted.get(peer);
    if (ids === undefined) sorted.set(peer, [id]);
    else ids.push(id);
  }
  return sorted;
}
