// Files on their way between clients and the server: each transfer has a token, which opens it once.

import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Principal, TokenStore } from "../auth/index.ts";
import { ServerError } from "../errors.ts";

/** Something that a client may fetch. */
export interface Download {
  readonly direction: "download";
  /** As shown to people. */
  readonly name: string;
  /** Bytes; null when it is not known beforehand. */
  readonly size: number | null;
  open(): Readable;
}

/** Something that a client may send. */
export interface Upload {
  readonly direction: "upload";
  readonly name: string;
  /** Bytes; null when it is not known beforehand. */
  readonly size: number | null;
  open(): Writable;
  /** All of it has come. */
  finish(): Promise<void>;
  /** It will not come, or is not what was announced. */
  discard(): Promise<void>;
}

/** What a file token stands for. */
export type Transfer = Download | Upload;

/** What all tokens of a server stand for. */
export interface TokenData {
  readonly principal: Principal;
  /** Of session tokens: the same for all that came of one login. */
  readonly family?: string;
  /** Of file tokens only. */
  readonly transfer?: Transfer;
}

/** A transfer that is offered or under way, as `filesystem.get_open_files` shows it. */
export interface OpenFile {
  readonly name: string;
  readonly direction: Transfer["direction"];
  readonly size: number | null;
  readonly username: string;
}

/** Hands out the tokens of transfers, and finds transfers by them. */
export class FileTransfers {
  readonly #tokens: TokenStore<TokenData>;
  readonly #open = new Map<string, OpenFile>();

  constructor(tokens: TokenStore<TokenData>) {
    this.#tokens = tokens;
  }

  /** A token for one transfer, good for `lifetimeMs` (default 60_000). @throws {ServerError} AUTH_THROTTLED. */
  offer(transfer: Transfer, principal: Principal, lifetimeMs = 60_000): string {
    const token = this.#tokens.issue({
      kind: "file",
      lifetimeMs,
      username: principal.name,
      data: { principal, transfer },
      onExpire: () => {
        this.#open.delete(token.value);
        if (transfer.direction === "upload") void transfer.discard();
      },
    });
    const { name, direction, size } = transfer;
    this.#open.set(token.value, { name, direction, size, username: principal.name });
    return token.value;
  }

  /** The transfer of a token, which is then used up; undefined for a token that is not valid, or of another direction. */
  take(
    token: string,
    direction?: Transfer["direction"],
  ): { readonly transfer: Transfer; readonly over: () => void } | undefined {
    const transfer = this.#tokens.find(token, "file")?.data.transfer;
    if (transfer === undefined || (direction !== undefined && transfer.direction !== direction)) return undefined;
    this.#tokens.revoke(token);
    return { transfer, over: () => void this.#open.delete(token) };
  }

  /** What is offered or under way. */
  list(): OpenFile[] {
    return [...this.#open.values()];
  }
}

/** A file of this machine, to be fetched. @throws {ServerError} FILE_REFUSED when it is no file. */
export async function downloadOf(path: string): Promise<Download> {
  const found = await stat(path);
  if (!found.isFile()) throw new ServerError("FILE_REFUSED", "expected a file");
  return { direction: "download", name: basename(path), size: found.size, open: () => createReadStream(path) };
}

/** A file of this machine, to be sent. It appears under its name, complete, or not at all. */
export function uploadTo(path: string, size: number | null, mode: number): Upload {
  const part = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.part`);
  return {
    direction: "upload",
    name: basename(path),
    size,
    // `wx`: never through a link that somebody put there.
    open: () => createWriteStream(part, { flags: "wx", mode, flush: true }),
    finish: () => rename(part, path),
    discard: () => rm(part, { force: true }),
  };
}
