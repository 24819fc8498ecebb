// The envelope: what is sent, to whom, and how it is to be handled. Checked once, when it is made.
// It does not know how it travels; the dispatcher delivers it, `links/` carries it to other processes.

import { MessageError } from "./errors.ts";

/** Names a listener, a source, a group or a message: a string of at most 1,024 characters, or a safe integer. `0` and `""` are ids. */
export type Id = string | number;

/** What a message is made of. Each field is described at {@link Message}. */
export interface MessageFields {
  readonly type?: string | undefined;
  readonly id?: Id | undefined;
  readonly sourceId?: Id | undefined;
  readonly destinationId?: Id | undefined;
  readonly groupId?: Id | undefined;
  readonly processId?: string | undefined;
  readonly responseRequired?: boolean | undefined;
  readonly isResponse?: boolean | undefined;
  readonly blocking?: boolean | undefined;
  readonly synchronous?: boolean | undefined;
  readonly content?: unknown;
}

/**
 * A message, complete and read-only.
 *
 * Exactly one of `destinationId` and `groupId` is set, except in a response, which needs neither.
 * The dispatcher stamps `synchronous` when the message is first sent; everything else is as it was made. `copy` makes another one.
 */
export class Message {
  /** Human-readable name, `""` unless given. Filters look at it first. */
  declare readonly type: string;
  /** Chosen by the sender or assigned (an integer, unique in this process). A response carries the id of what it answers. */
  declare readonly id: Id;
  /** Who sent it; by convention the id of a listener, so that it can be written to. */
  declare readonly sourceId: Id | undefined;
  /** The one listener it is for. */
  declare readonly destinationId: Id | undefined;
  /** The group it is for. */
  declare readonly groupId: Id | undefined;
  /** The process of the recipient. Needed only where an id lives in several processes: links know where the others live. */
  declare readonly processId: string | undefined;
  /** Whether the sender waits for a response. Asynchronous messages only. */
  declare readonly responseRequired: boolean;
  /** Whether this answers the message with the same id. */
  declare readonly isResponse: boolean;
  /** Whether nothing else goes to the destination or group until this one is handled. Asynchronous messages only. */
  declare readonly blocking: boolean;
  /** How it was sent: true by `sendSync`, false by `send`, undefined when it was not sent yet. A given value forbids the other way. */
  declare readonly synchronous: boolean | undefined;
  /** Anything inside the process; plain data (what JSON can say) if it has to cross a link. */
  declare readonly content: unknown;
  /** The process it came from, set on arrival over a link; undefined for messages of this process. */
  declare readonly sourceProcessId: string | undefined;

  /** @throws {MessageError} KERNEL_MESSAGE_INVALID, naming the field. */
  constructor(fields: MessageFields, sourceProcessId?: string) {
    const { id, type = "", responseRequired = false, isResponse = false, blocking = false } = fields;
    this.type = type;
    this.id = id === undefined ? nextId() : id;
    this.sourceId = fields.sourceId;
    this.destinationId = fields.destinationId;
    this.groupId = fields.groupId;
    this.processId = fields.processId;
    this.responseRequired = responseRequired;
    this.isResponse = isResponse;
    this.blocking = blocking;
    this.synchronous = fields.synchronous;
    this.content = fields.content;
    this.sourceProcessId = sourceProcessId;
    checkTypes(this);
    checkAddress(this, id !== undefined);
  }

  /** Returns a new message with some fields changed; `undefined` clears a field, `id: undefined` assigns a new id. Not yet sent. */
  copy(changes: MessageFields = {}): Message {
    const { type, id, sourceId, destinationId, groupId, processId } = this;
    const { responseRequired, isResponse, blocking, content } = this;
    const fields = {
      type,
      id,
      sourceId,
      destinationId,
      groupId,
      processId,
      responseRequired,
      isResponse,
      blocking,
      content,
    };
    return new Message({ ...fields, ...changes }, this.sourceProcessId);
  }
}

/** Whether `value` is a message already. Looking at the constructor first spares `instanceof`, which some loaders make slow. */
export function isMessage(value: Message | MessageFields): value is Message {
  const { constructor } = value;
  return constructor === Message || (constructor !== Object && value instanceof Message);
}

let lastId = 0;

// One counter for the whole process, so that several dispatchers in it never assign the same id.
function nextId(): number {
  return ++lastId;
}

/** The id that a message has in other processes: an assigned integer is made unique by the process it comes from. */
export function globalId(message: { readonly processId: string; readonly id: Id }): string {
  return `${message.processId}#${message.id}`;
}

/** Takes a {@link globalId} apart; undefined when it is none. */
export function parseGlobalId(id: Id): { processId: string; id: number } | undefined {
  if (typeof id !== "string") return undefined;
  const mark = id.lastIndexOf("#");
  const number = Number(id.slice(mark + 1));
  return mark > 0 && mark + 1 < id.length && Number.isSafeInteger(number)
    ? { processId: id.slice(0, mark), id: number }
    : undefined;
}

/** Whether `value` may be an id. */
export function isId(value: unknown): value is Id {
  return typeof value === "string" ? value.length <= 1024 : Number.isSafeInteger(value);
}

function checkTypes(message: Message): void {
  if (typeof message.type !== "string") throw wrongType(message, "type", "a string");
  if (!isId(message.id)) throw wrongType(message, "id", idKind);
  if (message.sourceId !== undefined && !isId(message.sourceId)) throw wrongType(message, "sourceId", idKind);
  if (message.destinationId !== undefined && !isId(message.destinationId)) {
    throw wrongType(message, "destinationId", idKind);
  }
  if (message.groupId !== undefined && !isId(message.groupId)) throw wrongType(message, "groupId", idKind);
  if (message.processId !== undefined && typeof message.processId !== "string") {
    throw wrongType(message, "processId", "a string");
  }
  if (typeof message.responseRequired !== "boolean") throw wrongType(message, "responseRequired", "a boolean");
  if (typeof message.isResponse !== "boolean") throw wrongType(message, "isResponse", "a boolean");
  if (typeof message.blocking !== "boolean") throw wrongType(message, "blocking", "a boolean");
  if (message.synchronous !== undefined && typeof message.synchronous !== "boolean") {
    throw wrongType(message, "synchronous", "a boolean");
  }
}

const idKind = "a string of at most 1024 characters or a safe integer";

function wrongType(message: Message, field: keyof Message, expected: string): MessageError {
  const value: unknown = message[field];
  const got = typeof value === "number" ? String(value) : value === null ? "null" : typeof value;
  return new MessageError(`${describe(message)}: ${field} must be ${expected}, got ${got}`, { details: { field } });
}

function checkAddress(message: Message, idGiven: boolean): void {
  if (message.destinationId !== undefined && message.groupId !== undefined) {
    throw invalid(
      message,
      "groupId",
      "destinationId and groupId are both set; a message goes to one listener or to one group",
    );
  }
  if (message.isResponse) {
    if (!idGiven) throw invalid(message, "id", "a response needs the id of the message that it answers");
    if (message.responseRequired)
      throw invalid(message, "responseRequired", "a response cannot itself require a response");
  } else if (message.destinationId === undefined && message.groupId === undefined) {
    throw invalid(message, "destinationId", "either destinationId or groupId must be set");
  }
  if (message.synchronous === true) checkSynchronous(message);
}

function checkSynchronous(message: Message): void {
  const { responseRequired, isResponse, blocking, processId } = message;
  if (!responseRequired && !isResponse && !blocking && processId === undefined) return;
  const field = responseRequired ? "responseRequired" : isResponse ? "isResponse" : blocking ? "blocking" : "processId";
  throw invalid(
    message,
    field,
    `${field} belongs to asynchronous messages; a synchronous one is answered here and at once`,
  );
}

function invalid(message: Message, field: keyof Message, problem: string): MessageError {
  return new MessageError(`${describe(message)}: ${problem}`, { details: { field } });
}

/**
 * Marks how the message travels. Called by the dispatcher when the mark does not say so already.
 *
 * @throws {MessageError} KERNEL_MESSAGE_INVALID when it was made for, or sent, the other way.
 */
export function stamp(message: Message, synchronous: boolean): void {
  if (message.synchronous !== undefined) {
    const [meant, used] = synchronous ? ["asynchronous", "sendSync"] : ["synchronous", "send"];
    throw new MessageError(
      `${describe(message)} is ${meant} and cannot go by ${used}; copy() it to send it another way`,
      {
        details: { field: "synchronous" },
      },
    );
  }
  (message as { synchronous: boolean | undefined }).synchronous = synchronous;
  if (synchronous) checkSynchronous(message);
}

/** `message 7 "greet"`: for error texts, so also of messages whose fields are wrong. */
export function describe({ id, type }: Message): string {
  const name = isId(id) ? `message ${JSON.stringify(id)}` : "message";
  return typeof type === "string" && type !== "" ? `${name} ${JSON.stringify(type)}` : name;
}
