// Where links meet: tells neighbours what lives where, takes messages to other processes and passes on what is for somebody else.
// The dispatcher makes one when it joins its first link; frames are described in docs/kernel-link-protocol.md.

import type { Origin } from "../delivery.ts";
import { LinkError, MessageError, RemoteError, type SwitchboardError, UndeliverableError } from "../errors.ts";
import type { Link } from "../link.ts";
import { describe, globalId, type Id, Message, parseGlobalId } from "../message.ts";
import { byPeer, Directory, type RemoteProcess } from "./directory.ts";
import {
  type AnswerFrame,
  type Frame,
  announcementFrames,
  failureFrame,
  forwarded,
  kind,
  malformed,
  maxHops,
  type MessageFrame,
  messageFrame,
  readAnnouncement,
  readAnswer,
  readGone,
  readMessage,
  readProcess,
  releaseFrame,
  replyFrame,
  returnedFrame,
  type ShortProcessId,
} from "./frames.ts";
import { Peer, type PeerOffice } from "./peer.ts";
import { whyNotPlain } from "./plain-data.ts";
import { returnedError } from "./wire-errors.ts";

/** What the exchange needs of its dispatcher. */
export interface LocalOffice {
  readonly processId: string;
  readonly maxQueued: number;
  ids(): Iterable<Id>;
  groups(): Iterable<Id>;
  /** Whether an id was assigned here, so that elsewhere it has to be told apart from others like it. */
  isAutomatic(id: Id): boolean;
  /** A message for this process. Throws what is to be returned to the sender. */
  deliver(message: Message, origin: Origin): void;
  /** A message of this process could not be sent to these other processes. */
  notSent(message: Message, processIds: readonly string[], error: unknown): void;
  /** Process `from` has answered message `id`, which was sent here. */
  answered(id: Id, from: string, failed: boolean, value: unknown): void;
  /** The sender of message `origin` waits no more. */
  released(origin: Origin): void;
  /** A process is out of reach. */
  gone(process: RemoteProcess, error: SwitchboardError): void;
}

export class Exchange implements PeerOffice {
  readonly processId: string;
  readonly maxQueued: number;
  readonly #office: LocalOffice;
  /** How many ids, groups and processes one neighbour may announce. */
  readonly #maxAnnounced: number;
  readonly #directory = new Directory();
  readonly #peers = new Set<Peer>();
  readonly #changes = { ids: new Map<Id, boolean>(), groups: new Map<Id, boolean>() };
  #changed = false;
  #closed = false;

  constructor(office: LocalOffice, maxAnnounced: number) {
    this.#office = office;
    this.#maxAnnounced = maxAnnounced;
    this.processId = office.processId;
    this.maxQueued = office.maxQueued;
  }

  // ── Links ──────────────────────────────────────────────────────────────────────────────────────────────────────────

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
    this.#flushChanges();
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
    if (this.#directory.get(processId) !== undefined) {
      throw new LinkError("LINK_PROTOCOL", `a process with the id "${processId}" is joined already`);
    }
    this.#count(peer);
    this.#directory.add(processId, peer, 1);
    this.#tellOthers(peer, [kind.process, processId, 1]);
  }

  *announcements(peer: Peer): Generator<Frame> {
    yield* announcementFrames("ids", this.processId, this.#office.ids(), true);
    yield* announcementFrames("groups", this.processId, this.#office.groups(), true);
    for (const process of this.#directory.processes()) {
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
    for (const process of this.#directory.processes()) if (process.peer === peer) this.#forget(process, error);
  }

  // ── What lives here ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Notes that an id or group has come or gone; neighbours are told together with the next message, or at the end of the turn. */
  changed(what: "ids" | "groups", id: Id, present: boolean): void {
    this.#changes[what].set(id, present);
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => this.#flushChanges());
  }

  #flushChanges(): void {
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

  // ── Sending ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The process to send to: the one named, or the one where the id lives. */
  find(destinationId: Id, processId: string | undefined): RemoteProcess | undefined {
    if (processId !== undefined) return this.#directory.get(processId);
    const owner = this.#directory.ownerOf(destinationId);
    if (owner !== undefined) return owner;
    const global = parseGlobalId(destinationId);
    return global && this.#directory.get(global.processId);
  }

  /** The other processes to send a group's message to. */
  membersOf(groupId: Id, processId: string | undefined): readonly RemoteProcess[] {
    const members = this.#directory.membersOf(groupId);
    return processId === undefined ? members : members.filter(({ id }) => id === processId);
  }

  /**
   * Sends a message to another process. Returns a promise when the link is slow, which settles when the message has left.
   *
   * @throws {MessageError} KERNEL_MESSAGE_INVALID when the content is not plain data.
   * @throws {QueueFullError} KERNEL_QUEUE_FULL when too much waits already.
   */
  send(message: Message, process: RemoteProcess): Promise<void> | undefined {
    checkContent(message);
    const address = localId(message.destinationId as Id, process);
    const frame = messageFrame(message, { to: short(process), address, sourceId: this.#globalSource(message) });
    return this.#post(process.peer, frame);
  }

  /** Sends a message to the members of its group in other processes: one frame per link. Throws as `send` does. */
  sendToGroup(message: Message, processes: readonly RemoteProcess[]): void {
    checkContent(message);
    const sourceId = this.#globalSource(message);
    for (const [peer, to] of byPeer(processes)) {
      const frame = messageFrame(message, { to, address: message.groupId, sourceId });
      this.#post(peer, frame)?.catch((error: unknown) => this.#office.notSent(message, to, error));
    }
  }

  // An assigned source id means somebody else in other processes, so it is made unique; a chosen one is left alone.
  #globalSource({ sourceId }: Message): Id | undefined {
    if (typeof sourceId !== "number" || !this.#office.isAutomatic(sourceId)) return sourceId;
    return globalId({ processId: this.processId, id: sourceId });
  }

  #post(peer: Peer, frame: Frame): Promise<void> | undefined {
    this.#flushChanges();
    if (peer.hasRoom) {
      peer.post(frame);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      peer.post(frame, (error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** Answers a message that came from another process. Returns false when that process is out of reach. */
  answer(origin: Origin, failed: boolean, value: unknown): boolean {
    const process = this.#directory.get(origin.processId);
    if (process === undefined) return false;
    this.#flushChanges();
    const to = short(process);
    process.peer.mustPost(answerFrame(to, origin.id, failed, value), (error) => failureFrame(to, 0, origin.id, error));
    return true;
  }

  /** Tells a process that its reply is not awaited any more, so that it may let go of the channel. */
  release(processId: string, id: Id): void {
    const process = this.#directory.get(processId);
    process?.peer.mustPost(releaseFrame(short(process), id));
  }

  // ── Receiving ──────────────────────────────────────────────────────────────────────────────────────────────────────

  handle(peer: Peer, frame: Frame): void {
    switch (frame[0]) {
      case kind.message:
        return this.#message(peer, frame);
      case kind.reply:
      case kind.failure:
      case kind.returned:
      case kind.release:
        return this.#answer(peer, frame);
      case kind.process:
        return this.#process(peer, frame);
      case kind.gone:
        return this.#gone(peer, frame);
      case kind.ids:
      case kind.groups:
        return this.#announcement(peer, frame);
      default:
        throw malformed("link");
    }
  }

  #message(peer: Peer, frame: Frame): void {
    const read = readMessage(frame, { receiver: this.processId, sender: peer.processId });
    if (read.to === this.processId) this.#deliver(read);
    else if (typeof read.to === "string") this.#forward(read, read.to, frame);
    else this.#forwardToGroup(read, new Set(read.to), frame);
  }

  #forward(read: MessageFrame, to: string, frame: Frame): void {
    const process = this.#directory.get(to);
    if (process === undefined || read.hops === 0) return this.#return(read, to, outOfReach(to));
    try {
      process.peer.post(forwarded(frame, short(process), read));
    } catch (error) {
      this.#return(read, to, error);
    }
  }

  #forwardToGroup(read: MessageFrame, targets: ReadonlySet<string>, frame: Frame): void {
    const onward: RemoteProcess[] = [];
    for (const target of targets) {
      const process = this.#directory.get(target);
      if (target === this.processId) this.#deliver(read);
      else if (process !== undefined && read.hops > 0) onward.push(process);
      else this.#return(read, target, outOfReach(target));
    }
    for (const [peer, ids] of byPeer(onward)) {
      try {
        peer.post(forwarded(frame, ids, read));
      } catch (error) {
        for (const id of ids) this.#return(read, id, error);
      }
    }
  }

  #deliver(read: MessageFrame): void {
    const origin: Origin = { processId: read.from, id: read.id };
    const { type, destinationId, groupId, sourceId, responseRequired, blocking, content } = read;
    const id = typeof read.id === "number" ? globalId(origin) : read.id;
    const message = new Message(
      { type, id, sourceId, destinationId, groupId, responseRequired, blocking, synchronous: false, content },
      read.from,
    );
    try {
      this.#office.deliver(message, origin);
    } catch (error) {
      this.#return(read, this.processId, error);
    }
  }

  /** Back to sender: message `read` did not get to process `target`. */
  #return(read: MessageFrame, target: string, error: unknown): void {
    const sender = this.#directory.get(read.from);
    if (!read.responseRequired || sender === undefined) return;
    sender.peer.mustPost(returnedFrame(short(sender), target === this.processId ? 0 : target, read.id, error));
  }

  #answer(peer: Peer, frame: Frame): void {
    const read = readAnswer(frame, { receiver: this.processId, sender: peer.processId });
    if (read.to === this.processId) return this.#take(read);
    const process = this.#directory.get(read.to);
    if (process === undefined || read.hops === 0) return;
    const to = short(process);
    process.peer.mustPost(forwarded(frame, to, read), (error) => failureFrame(to, read.from, read.id, error));
  }

  #take({ kind: which, from, id, body, error }: AnswerFrame): void {
    if (which === kind.release) this.#office.released({ processId: from, id });
    else if (error === undefined) this.#office.answered(id, from, false, body);
    else this.#office.answered(id, from, true, which === kind.failure ? new RemoteError(error) : returnedError(error));
  }

  // ── What lives elsewhere ───────────────────────────────────────────────────────────────────────────────────────────

  #process(peer: Peer, frame: Frame): void {
    const { processId, distance } = readProcess(frame);
    // Known already: there is a second way to it. The first one is used, so that nothing goes round in circles.
    if (processId === this.processId || this.#directory.get(processId) !== undefined || distance >= maxHops) return;
    this.#count(peer);
    this.#directory.add(processId, peer, distance + 1);
    this.#tellOthers(peer, [kind.process, processId, distance + 1]);
  }

  #gone(peer: Peer, frame: Frame): void {
    const process = this.#directory.get(readGone(frame));
    if (process === undefined || process.peer !== peer) return;
    const error = new LinkError("LINK_LOST", `process "${process.id}" is out of reach: a link on the way to it broke`);
    this.#forget(process, error);
  }

  #announcement(peer: Peer, frame: Frame): void {
    const { processId, come, gone } = readAnnouncement(frame);
    const process = this.#directory.get(processId);
    if (process === undefined || process.peer !== peer) return;
    const what = frame[0] === kind.ids ? "ids" : "groups";
    for (const id of come) if (this.#directory.announce(process, what, id)) this.#count(peer);
    for (const id of gone) if (this.#directory.withdraw(process, what, id)) peer.announced--;
    this.#tellOthers(peer, frame);
  }

  #count(peer: Peer): void {
    if (++peer.announced <= this.#maxAnnounced) return;
    throw new LinkError("LINK_PROTOCOL", `${peer.link.name} announces more than ${this.#maxAnnounced} ids`);
  }

  #forget(process: RemoteProcess, error: SwitchboardError): void {
    process.peer.announced -= 1 + process.ids.size + process.groups.size;
    this.#directory.remove(process);
    this.#tellOthers(process.peer, [kind.gone, process.id]);
    this.#office.gone(process, error);
  }
}

/** The id by which `process` knows the destination. */
function localId(destinationId: Id, process: RemoteProcess): Id {
  if (typeof destinationId === "number" || process.ids.has(destinationId)) return destinationId;
  const global = parseGlobalId(destinationId);
  return global?.processId === process.id ? global.id : destinationId;
}

/** How a frame names its recipient. */
function short({ id, distance }: RemoteProcess): ShortProcessId {
  return distance === 1 ? 0 : id;
}

function outOfReach(processId: string): UndeliverableError {
  return new UndeliverableError(`process "${processId}" is out of reach`);
}

function answerFrame(to: ShortProcessId, id: Id, failed: boolean, value: unknown): Frame {
  if (failed) return failureFrame(to, 0, id, value);
  const why = value === undefined ? undefined : whyNotPlain(value);
  if (why === undefined) return replyFrame(to, id, value);
  const error = new MessageError(`the reply cannot cross a link: reply${why}; only plain data can`);
  return failureFrame(to, 0, id, error);
}

function checkContent(message: Message): void {
  if (message.content === undefined) return;
  const why = whyNotPlain(message.content);
  if (why === undefined) return;
  throw new MessageError(`${describe(message)} cannot cross a link: content${why}; only plain data can`, {
    details: { field: "content" },
  });
}
