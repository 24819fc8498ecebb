// Takes messages to other processes and brings theirs, and passes on what is for somebody else. Frames are described in
// docs/kernel-link-protocol.md; the dispatcher makes an exchange when it joins its first link.

import type { Origin } from "../delivery.ts";
import { MessageError, RemoteError, UndeliverableError } from "../errors.ts";
import type { Link } from "../link.ts";
import { describe, globalId, type Id, Message, parseGlobalId } from "../message.ts";
import { byPeer, type RemoteProcess } from "./directory.ts";
import {
  type AnswerFrame,
  failureFrame,
  forwarded,
  type Frame,
  kind,
  malformed,
  type MessageFrame,
  messageFrame,
  readAnswer,
  readMessage,
  releaseFrame,
  replyFrame,
  returnedFrame,
  type ShortProcessId,
} from "./frames.ts";
import { type Household, Neighbours } from "./neighbours.ts";
import type { Peer } from "./peer.ts";
import { whyNotPlain } from "./plain-data.ts";
import { returnedError } from "./wire-errors.ts";

/** What the exchange needs of its dispatcher. */
export interface LocalOffice extends Household {
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
}

export class Exchange {
  readonly processId: string;
  readonly #office: LocalOffice;
  readonly #neighbours: Neighbours;

  constructor(office: LocalOffice, maxAnnounced: number) {
    this.processId = office.processId;
    this.#office = office;
    this.#neighbours = new Neighbours(office, maxAnnounced, (peer, frame) => this.#carry(peer, frame));
  }

  join(link: Link): Promise<void> {
    return this.#neighbours.join(link);
  }

  /** Notes that an id or group of this process has come or gone. */
  changed(what: "ids" | "groups", id: Id, present: boolean): void {
    this.#neighbours.changed(what, id, present);
  }

  close(): Promise<void> {
    return this.#neighbours.close();
  }

  // ── Sending ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The process to send to: the one named, or the one where the id lives. */
  find(destinationId: Id, processId: string | undefined): RemoteProcess | undefined {
    if (processId !== undefined) return this.#neighbours.directory.get(processId);
    const owner = this.#neighbours.directory.ownerOf(destinationId);
    if (owner !== undefined) return owner;
    const global = parseGlobalId(destinationId);
    return global && this.#neighbours.directory.get(global.processId);
  }

  /** The other processes to send a group's message to. */
  membersOf(groupId: Id, processId: string | undefined): readonly RemoteProcess[] {
    const members = this.#neighbours.directory.membersOf(groupId);
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
    this.#neighbours.flushChanges();
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
    const process = this.#neighbours.directory.get(origin.processId);
    if (process === undefined) return false;
    this.#neighbours.flushChanges();
    const to = short(process);
    process.peer.mustPost(answerFrame(to, origin.id, failed, value), (error) => failureFrame(to, 0, origin.id, error));
    return true;
  }

  /** Tells a process that its reply is not awaited any more, so that it may let go of the channel. */
  release(processId: string, id: Id): void {
    const process = this.#neighbours.directory.get(processId);
    process?.peer.mustPost(releaseFrame(short(process), id));
  }

  // ── Receiving ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #carry(peer: Peer, frame: Frame): void {
    switch (frame[0]) {
      case kind.message:
        return this.#message(peer, frame);
      case kind.reply:
      case kind.failure:
      case kind.returned:
      case kind.release:
        return this.#answer(peer, frame);
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
    const process = this.#neighbours.directory.get(to);
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
      const process = this.#neighbours.directory.get(target);
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
    const sender = this.#neighbours.directory.get(read.from);
    if (!read.responseRequired || sender === undefined) return;
    sender.peer.mustPost(returnedFrame(short(sender), target === this.processId ? 0 : target, read.id, error));
  }

  #answer(peer: Peer, frame: Frame): void {
    const read = readAnswer(frame, { receiver: this.processId, sender: peer.processId });
    if (read.to === this.processId) return this.#take(read);
    const process = this.#neighbours.directory.get(read.to);
    if (process === undefined || read.hops === 0) return;
    const to = short(process);
    process.peer.mustPost(forwarded(frame, to, read), (error) => failureFrame(to, read.from, read.id, error));
  }

  #take({ kind: which, from, id, body, error }: AnswerFrame): void {
    if (which === kind.release) this.#office.released({ processId: from, id });
    else if (error === undefined) this.#office.answered(id, from, false, body);
    else this.#office.answered(id, from, true, which === kind.failure ? new RemoteError(error) : returnedError(error));
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
