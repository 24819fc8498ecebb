// Who can be written to in this process: listeners by id, reserved source ids, groups. It delivers nothing.

import { Channel } from "./channel.ts";
import { MessageError, RegistrationError, UndeliverableError } from "./errors.ts";
import { Group } from "./group.ts";
import { describeListener, type MessageListener } from "./listener.ts";
import { describe, type Id, isId, type Message } from "./message.ts";

/** A registered listener and the order of what is sent to it. */
export class Destination extends Channel {
  readonly listener: MessageListener;
  /** Whether its id was assigned. */
  readonly automatic: boolean;
  /** Deregistered: what still comes for it goes back. */
  closed = false;

  constructor(listener: MessageListener, automatic: boolean) {
    super();
    this.listener = listener;
    this.automatic = automatic;
  }

  get isGroup(): false {
    return false;
  }
}

/** Told when an id or a group comes or goes. */
export type OnChange = (what: "ids" | "groups", id: Id, present: boolean) => void;

export class Registry {
  readonly destinations: Map<Id, Destination> = new Map();
  readonly groups: Map<Id, Group> = new Map();
  /** Reserved for senders, and whether the id was assigned. */
  readonly #sources = new Map<Id, boolean>();
  #lastId = 0;
  onChange: OnChange = () => undefined;

  /** Registers `listener` under its own id, or under an unused integer, which it then has. */
  register(listener: MessageListener, automaticId: boolean): Id {
    const { id: ownId } = listener;
    if (ownId !== undefined && automaticId && this.destinations.get(ownId)?.listener === listener) {
      throw new RegistrationError(`${describeListener(listener)} is registered already`);
    }
    const automatic = automaticId || ownId === undefined;
    const id = automatic ? this.#unusedId() : this.#free(ownId);
    if (automatic) listener.id = id;
    this.destinations.set(id, new Destination(listener, automatic));
    this.onChange("ids", id, true);
    return id;
  }

  /** Reserves `id`, or an unused integer, for a sender that is not a listener. */
  registerSource(id?: Id): Id {
    const source = id === undefined ? this.#unusedId() : this.#free(id);
    this.#sources.set(source, id === undefined);
    return source;
  }

  /** Frees an id. Returns the destination that had it, now closed. */
  deregister(id: Id): Destination | undefined {
    this.#sources.delete(id);
    const destination = this.destinations.get(id);
    if (destination === undefined) return undefined;
    destination.closed = true;
    this.destinations.delete(id);
    this.onChange("ids", id, false);
    return destination;
  }

  /** Whether the id was chosen by this registry, so that it means something else in other processes. */
  isAutomatic(id: Id): boolean {
    return this.destinations.get(id)?.automatic ?? this.#sources.get(id) ?? false;
  }

  /** Returns false when the listener is a member already. */
  joinGroup(id: Id, listener: MessageListener): boolean {
    const group = this.group(checkedId(id, "groupId"));
    if (!group.add(listener)) return false;
    if (group.size === 1) this.onChange("groups", id, true);
    return true;
  }

  leaveGroup(id: Id, listener: MessageListener): void {
    const group = this.groups.get(id);
    if (group === undefined || !group.delete(listener)) return;
    if (group.size === 0) this.onChange("groups", id, false);
    this.tidy(group);
  }

  dissolveGroup(id: Id): void {
    const group = this.groups.get(id);
    if (group === undefined || group.size === 0) return;
    group.clear();
    this.onChange("groups", id, false);
    this.tidy(group);
  }

  /** The group, made if need be: for its first member, or for a message to members in other processes. */
  group(id: Id): Group {
    let group = this.groups.get(id);
    if (group === undefined) {
      group = new Group(id);
      this.groups.set(id, group);
    }
    return group;
  }

  /** The groups that have members here. */
  *groupsWithMembers(): Generator<Id> {
    for (const group of this.groups.values()) if (group.size > 0) yield group.id;
  }

  /** Forgets a group that has no members and no messages. */
  tidy(group: Group): void {
    if (group.size === 0 && !group.active) this.groups.delete(group.id);
  }

  clear(): void {
    this.destinations.clear();
    this.groups.clear();
    this.#sources.clear();
  }

  #free(id: Id): Id {
    if (this.destinations.has(checkedId(id, "id")) || this.#sources.has(id)) {
      throw new RegistrationError(`id ${JSON.stringify(id)} is taken; choose another one or let one be assigned`);
    }
    return id;
  }

  #unusedId(): number {
    do this.#lastId++;
    while (this.destinations.has(this.#lastId) || this.#sources.has(this.#lastId));
    return this.#lastId;
  }
}

function checkedId(id: unknown, field: string): Id {
  if (isId(id)) return id;
  throw new MessageError(`${field} must be a string of at most 1024 characters or a safe integer, got ${String(id)}`, {
    details: { field },
  });
}

/** Returned to sender. `where` says where its destination was looked for. */
export function nobodyHas(message: Message, where: string): UndeliverableError {
  return new UndeliverableError(
    `${describe(message)}: nobody has the id ${JSON.stringify(message.destinationId)} ${where}`,
  );
}
