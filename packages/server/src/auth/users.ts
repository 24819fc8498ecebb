// Where users come from: a backend that can be replaced, and the default one, which keeps them in the datastore's collection `users`.

import { ServerError } from "../errors.ts";
import type { Datastore, StoredObject } from "../datastore/index.ts";
import { generatePassword, hashPassword, isOutdated, verifyPassword } from "./passwords.ts";

/** What logging in needs to know of a user. */
export interface User {
  readonly username: string;
  readonly groups: readonly string[];
  /** Another one after each change of the password: sessions of an earlier one do not come back. Default 0. */
  readonly passwordVersion?: number;
}

/** Knows users and their passwords. */
export interface UserBackend {
  /** The user, if there is one who may log in. */
  find(username: string): Promise<User | undefined>;
  /** The user, if there is one who may log in and has this password. Takes as long when there is none. */
  authenticate(username: string, password: string): Promise<User | undefined>;
}

/** What may be given for a user. */
export interface UserFields {
  readonly password?: string;
  readonly groups?: readonly string[];
  readonly full_name?: string;
  /** True: may not log in. */
  readonly locked?: boolean;
}

const collection = "users";

/** Users in the datastore. Passwords are stored as hashes only. */
export class UserStore implements UserBackend {
  readonly #datastore: Datastore;
  /** Changes are made one after the other, so that none is lost. */
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(datastore: Datastore) {
    this.#datastore = datastore;
  }

  /** Opens the users of a datastore. */
  static async open(datastore: Datastore): Promise<UserStore> {
    await datastore.requireCollection(collection, "uuid", { type: "config", unique_indexes: ["username"] });
    return new UserStore(datastore);
  }

  async find(username: string): Promise<User | undefined> {
    const record = await this.#record(username);
    return record === null || record["locked"] === true ? undefined : toUser(record);
  }

  async authenticate(username: string, password: string): Promise<User | undefined> {
    const record = await this.#record(username);
    const hash = record?.["password_hash"];
    const isRight = await verifyPassword(password, typeof hash === "string" ? hash : undefined);
    if (!isRight || record === null || record["locked"] === true) return undefined;
    if (typeof hash === "string" && isOutdated(hash)) await this.#renewHash(username, { password, outdated: hash });
    return toUser(record);
  }

  /**
   * Adds a user. Without a password it can log in only where none is asked for.
   *
   * @throws {ServerError} AUTH_USER_INVALID, DATASTORE_DUPLICATE_KEY.
   */
  async create(username: string, fields: UserFields = {}): Promise<void> {
    if (!/^[A-Za-z_][\w.@-]{0,63}$/.test(username)) {
      const shown = JSON.stringify(username.slice(0, 64));
      throw new ServerError(
        "AUTH_USER_INVALID",
        `expected a user name of up to 64 letters, digits, "_", ".", "@" and "-", got ${shown}`,
      );
    }
    await this.#datastore.insert(collection, { username, groups: [], locked: false, ...(await toRecord(fields)) });
  }

  /**
   * Changes what is given, and leaves the rest.
   *
   * @throws {ServerError} AUTH_USER_UNKNOWN, AUTH_USER_INVALID.
   */
  async update(username: string, fields: UserFields): Promise<void> {
    const changed = await toRecord(fields);
    await this.#change(async () => {
      const { id, ...record } = await this.#need(username);
      const password_version = versionOf(record) + (fields.password === undefined ? 0 : 1);
      await this.#datastore.update(collection, id, { ...record, ...changed, password_version });
    });
  }

  /** Removes a user. @throws {ServerError} AUTH_USER_UNKNOWN. */
  async delete(username: string): Promise<void> {
    await this.#change(async () => this.#datastore.delete(collection, (await this.#need(username)).id));
  }

  /** All users by name, without anything about their passwords. */
  async list(): Promise<StoredObject[]> {
    return this.#datastore.query(collection, [], { sort: "username", exclude: ["password_hash", "password_version"] });
  }

  /**
   * On the first start, when there are no users, creates one in the group of administrators and resolves with its name and a password that was
   * made up for it; nobody else knows it. Undefined when there are users.
   */
  async createFirstAdministrator(group = "wheel"): Promise<{ username: string; password: string } | undefined> {
    if (await this.#datastore.exists(collection)) return undefined;
    const administrator = { username: "root", password: generatePassword() };
    await this.create(administrator.username, { password: administrator.password, groups: [group] });
    return administrator;
  }

  /** The same password under today's parameters, unless it was changed meanwhile. */
  async #renewHash(username: string, { password, outdated }: { password: string; outdated: string }): Promise<void> {
    const password_hash = await hashPassword(password);
    await this.#change(async () => {
      const found = await this.#record(username);
      if (found?.["password_hash"] !== outdated) return;
      const { id, ...record } = found;
      await this.#datastore.update(collection, id, { ...record, password_hash });
    });
  }

  #change(work: () => Promise<unknown>): Promise<unknown> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined);
    return done;
  }

  async #record(username: string): Promise<StoredObject | null> {
    return this.#datastore.getOne(collection, [["username", "=", username]]);
  }

  async #need(username: string): Promise<StoredObject> {
    const record = await this.#record(username);
    if (record !== null) return record;
    throw new ServerError("AUTH_USER_UNKNOWN", `no user ${JSON.stringify(username.slice(0, 64))}`);
  }
}

async function toRecord({ password, groups, ...rest }: UserFields): Promise<Record<string, unknown>> {
  if (groups !== undefined && !groups.every((group) => /^[A-Za-z_][\w.@-]{0,63}$/.test(group))) {
    throw new ServerError("AUTH_USER_INVALID", 'groups: expected names of letters, digits, "_", ".", "@" and "-"');
  }
  return {
    ...rest,
    ...(groups === undefined ? undefined : { groups }),
    ...(password === undefined ? undefined : { password_hash: await hashPassword(password) }),
  };
}

function toUser(record: StoredObject): User {
  const { username, groups } = record;
  return {
    username: String(username),
    groups: Array.isArray(groups) ? groups.map(String) : [],
    passwordVersion: versionOf(record),
  };
}

function versionOf({ password_version: version }: Omit<StoredObject, "id">): number {
  return typeof version === "number" ? version : 0;
}
