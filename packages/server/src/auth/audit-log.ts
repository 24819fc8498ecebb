// The record of who did what: logins, and calls of methods that only some may call. Secrets are masked, large values cut, and writing never holds a call up.

import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import { maskedText, maskUrls, Password } from "@switchboard/protocol";
import type { Datastore } from "../datastore/index.ts";

/** Something that is recorded. */
export interface AuditEntry {
  readonly event: "login" | "call";
  readonly address: string;
  /** Null: not known. */
  readonly username: string | null;
  readonly session: number | null;
  /** Of a call: `service.method`. */
  readonly method: string | null;
  /** Of a call, as made by {@link maskSecrets}. */
  readonly args: unknown;
  /** The number of the error; null: it succeeded. */
  readonly error: number | null;
}

const collection = "audit";
const capBytes = 64 * 2 ** 20;
const maxPending = 10_000;

/** Writes the record: the collection `audit` of the log datastore, whose oldest entries go when it is over 64 MiB. */
export class AuditLog {
  readonly #datastore: Datastore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pending = new Set<Promise<void>>();

  private constructor(datastore: Datastore, clock: Clock, logger: Logger) {
    this.#datastore = datastore;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Opens the record. */
  static async open(
    datastore: Datastore,
    { clock = systemClock, logger = silentLogger }: { readonly clock?: Clock; readonly logger?: Logger } = {},
  ): Promise<AuditLog> {
    await datastore.requireCollection(collection, "serial", {
      type: "log",
      cap: capBytes,
      indexes: ["username", "timestamp"],
    });
    return new AuditLog(datastore, clock, logger);
  }

  /** Adds an entry. Returns at once and never throws; what cannot be written goes to the log. */
  record(entry: AuditEntry): void {
    if (this.#pending.size >= maxPending) {
      this.#logger.error({ ...entry, args: null }, "an audit entry was lost: too many are being written");
      return;
    }
    const written = this.#write({ ...entry, timestamp: new Date(this.#clock.now()), success: entry.error === null });
    this.#pending.add(written);
    void written.then(() => this.#pending.delete(written));
  }

  /** Resolves when everything recorded so far is written. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #write(entry: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.#datastore.insert(collection, entry);
    } catch (error) {
      this.#logger.error({ err: error, ...entry, args: null }, "an audit entry could not be written");
    }
  }
}

const secretName = /passw|passphrase|secret|token|credential|private.?key|api.?key|^link$|^pin$/i;
const maxDepth = 6;
const maxItems = 50;
const maxChars = 500;

/** True for names of parameters and properties that hold secrets. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** A copy of a value that can be kept: secrets masked, by their type, by the name of the property that holds them or as passwords in URLs, and large parts cut. */
export function maskSecrets(value: unknown, depth = 0): unknown {
  if (value instanceof Password) return maskedText;
  if (typeof value === "string") return shortened(maskUrls(value));
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (depth >= maxDepth) return "…";
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item) => maskSecrets(item, depth + 1));
  const entries = Object.entries(value).slice(0, maxItems);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      key.replace(/^\$/, "_"),
      isSecretName(key) ? maskedText : maskSecrets(item, depth + 1),
    ]),
  );
}

function shortened(text: string): string {
  return text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
}
