// Which neighbours there are, what can be reached through whom, and what everybody is told of it.
// Messages between them are the exchange's business.

import { LinkError, type SwitchboardError } from "../errors.ts";
import type { Link } from "../link.ts";
import type { Id } from "../message.ts";
import { Directory, type RemoteProcess } from "./directory.ts";
import { announcementFrames, type Frame, kind, maxHops, readAnnouncement, readGone, readProcess } from "./frames.ts";
import { Peer, type PeerOffice } from "./peer.ts";

/** What lives in this process, and who wants to know of the others. */
export interface Household {
  readonly processId: string;
  readonly maxQueued: number;
  ids(): Iterable<Id>;
  groups(): Iterable<Id>;
  /** A process is out of reach. */
  gone(process: RemoteProcess, error: SwitchboardError): void;
}

export class Neighbours implements PeerOffice {
  readonly processId: string;
  readonly maxQueued: number;
  readonly directory: Directory = new Directory();
  readonly #household: Household;
  /** How many ids, groups and processes one neighbour may announce. */
  readonly #maxAnnounced: number;
  /** Takes frames that are no announcements. */
  readonly #carry: (peer: Peer, frame: Frame) => void;
  readonly #peers = new Set<Peer>();
  readonly #changes = { ids: new Map<Id, boolean>(), groups: new Map<Id, boolean>() };
  #changed = false;
  #closed = false;

  constructor(household: Household, maxAnnounced: number, carry: (peer: Peer, frame: Frame) => void) {
    this.processId = household.processId;
    this.maxQueued = household.maxQueued;
    this.#household = household;
    this.#maxAnnounced = maxAnnounced;
    this.#carry = carry;
  }

  // ── Sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────

  join(link: Link): Promise<void> {
    const joined = new Promise<void>((resolve, reject) => {
      const peer = new Peer(link, this, { resolve, reject });
      this.#peers.add(peer);
      link.start(peer);
    });
    // Whoever does not care when it is joined need not wait, and hears of trouble from the link.
    joined.catch(() => undefined);
    return joined;
  }

  /** Closes every link, after what was sent has left. */
  async close(): Promise<void> {
    this.flushChanges();
    this.#closed = true;
    await Promise.all(Array.from(this.#peers, ({ link }) => link.close()));
  }

  greeted(peer: Peer): void {
    const { processId } = peer;
    if (processId === this.processId) {
      throw new LinkError(
        "LINK_PROTOCOL",
        `the other side has the process id "${processId}", as this one; is it the same?`,
      );
    }
    if (this.directory.get(processId) !== undefined) {
      throw new LinkError("LINK_PROTOCOL", `a process with the id "${processId}" is joined already`);
    }
    this.#count(peer);
    this.directory.add(processId, peer, 1);
    this.#tellOthers(peer, [kind.process, processId, 1]);
  }

  *announcements(peer: Peer): Generator<Frame> {
    yield* announcementFrames("ids", this.processId, this.#household.ids(), true);
    yield* announcementFrames("groups", this.processId, this.#household.groups(), true);
    for (const process of this.directory.processes()) {
      if (process.peer === peer) continue;
      yield [kind.process, process.id, process.distance];
      yield* announcementFrames("ids", process.id, process.ids, true);
      yield* announcementFrames("groups", process.id, process.groups, true);
    }
    yield [kind.ready];
  }

  opened(peer: Peer): void {
    this.#peers.add(peer);
    if (this.#closed) void peer.link.close();
  }

  lost(peer: Peer, error: SwitchboardError): void {
    if (peer.link.reconnects !== true) this.#peers.delete(peer);
    for (const process of this.directory.processes()) if (process.peer === peer) this.#forget(process, error);
  }

  // ── What lives here ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Notes that an id or group has come or gone; neighbours are told together with the next message, or at the end of the turn. */
  changed(what: "ids" | "groups", id: Id, present: boolean): void {
    this.#changes[what].set(id, present);
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => this.flushChanges());
  }

  /** Tells of changes now: before anything is sent that refers to them. */
  flushChanges(): void {
    if (!this.#changed) return;
    this.#changed = false;
    for (const what of ["ids", "groups"] as const) {
      const changes = [...this.#changes[what]];
      this.#changes[what].clear();
      for (const present of [true, false]) {
        const ids = changes.flatMap(([id, isPresent]) => (isPresent === present ? [id] : []));
        for (const frame of announcementFrames(what, this.processId, ids, present)) this.#tellOthers(undefined, frame);
      }
    }
  }

  #tellOthers(except: Peer | undefined, frame: Frame): void {
    for (const peer of this.#peers) if (peer !== except && peer.greeted) peer.mustPost(frame);
  }

  // ── What lives elsewhere ───────────────────────────────────────────────────────────────────────────────────────────

  handle(peer: Peer, frame: Frame): void {
    switch (frame[0]) {
      case kind.process:
        return this.#process(peer, frame);
      case kind.gone:
        return this.#gone(peer, frame);
      case kind.ids:
      case kind.groups:
        return this.#announcement(peer, frame);
      default:
        return this.#carry(peer, frame);
    }
  }

  #process(peer: Peer, frame: Frame): void {
    const { processId, distance } = readProcess(frame);
    // Known already: there is a second way to it. The first one is used, so that nothing goes round in circles.
    if (processId === this.processId || this.directory.get(processId) !== undefined || distance >= maxHops) return;
    this.#count(peer);
    this.directory.add(processId, peer, distance + 1);
    this.#tellOthers(peer, [kind.process, processId, distance + 1]);
  }

  #gone(peer: Peer, frame: Frame): void {
    const process = this.directory.get(readGone(frame));
    if (process === undefined || process.peer !== peer) return;
    const error = new LinkError("LINK_LOST", `process "${process.id}" is out of reach: a link on the way to it broke`);
    this.#forget(process, error);
  }

  #announcement(peer: Peer, frame: Frame): void {
    const { processId, come, gone } = readAnnouncement(frame);
    const process = this.directory.get(processId);
    if (process === undefined || process.peer !== peer) return;
    const what = frame[0] === kind.ids ? "ids" : "groups";
    for (const id of come) if (this.directory.announce(process, what, id)) this.#count(peer);
    for (const id of gone) if (this.directory.withdraw(process, what, id)) peer.announced--;
    this.#tellOthers(peer, frame);
  }

  #count(peer: Peer): void {
    if (++peer.announced <= this.#maxAnnounced) return;
    throw new LinkError("LINK_PROTOCOL", `${peer.link.name} announces more than ${this.#maxAnnounced} ids`);
  }

  #forget(process: RemoteProcess, error: SwitchboardError): void {
    process.peer.announced -= 1 + process.ids.size + process.groups.size;
    this.directory.remove(process);
    this.#tellOthers(process.peer, [kind.gone, process.id]);
    this.#household.gone(process, error);
  }
}
