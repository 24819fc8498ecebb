// The files of isolated tasks: their bytes go between the server, which has the client's end, and the process, which has the task's, in messages that are
// answered, so that a slow side holds the other up. FileEnds is used by the server, JobFiles by the process.

import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errno } from "@switchboard/protocol";
import { deferred } from "../../deferred.ts";
import { TaskError } from "../task-errors.ts";
import { TaskFile } from "../task-file.ts";

/** A file among a task's arguments, as its process is told of it. */
export interface JobFile {
  /** Which argument. */
  readonly index: number;
  readonly name: string;
  readonly direction: TaskFile["direction"];
}

/** What a process asks of the server for its files; the first argument is always the number of the task, the second that of the argument. */
export const fileMethods = ["readFile", "writeFile", "endFile", "releaseFiles"] as const;

/** The server's ends of one task's files. */
export class FileEnds {
  readonly #taskId: number;
  readonly #args: readonly unknown[];
  readonly #readers = new Map<number, AsyncIterator<Uint8Array>>();
  /** From then on nobody waits for the client to read. */
  readonly #released = deferred();

  constructor(taskId: number, args: readonly unknown[]) {
    this.#taskId = taskId;
    this.#args = args;
  }

  /** What the process is told of them. */
  list(): JobFile[] {
    return this.#args.flatMap((arg, index) =>
      arg instanceof TaskFile ? [{ index, name: arg.name, direction: arg.direction }] : [],
    );
  }

  /** Does what the process asks for. @throws {TaskError} EINVAL for a task or file that it does not have; what broke the file. */
  async handle(method: (typeof fileMethods)[number], [taskId, index, bytes]: readonly unknown[]): Promise<unknown> {
    const file = this.#args[Number(index)];
    if (taskId !== this.#taskId) throw new TaskError(errno.EINVAL, "the task has ended");
    if (method === "releaseFiles") return this.#released.resolve();
    if (!(file instanceof TaskFile)) throw new TaskError(errno.EINVAL, `argument ${String(index)} is no file`);
    if (method === "readFile") return this.#read(Number(index), file);
    if (method === "endFile") return void file.stream.end();
    return this.#write(file, bytes as Uint8Array);
  }

  /** The next piece; null after the last one. */
  async #read(index: number, { stream }: TaskFile): Promise<Uint8Array | null> {
    const reader = this.#readers.get(index) ?? stream[Symbol.asyncIterator]();
    this.#readers.set(index, reader as AsyncIterator<Uint8Array>);
    const { done, value } = await reader.next();
    return done === true ? null : (value as Uint8Array);
  }

  async #write({ stream }: TaskFile, bytes: Uint8Array): Promise<void> {
    if (stream.destroyed) throw new TaskError(errno.EPIPE, "the file is not wanted any more");
    if (stream.write(bytes)) return;
    const ending = new AbortController();
    const { signal } = ending;
    await Promise.race([once(stream, "drain", { signal }), once(stream, "close", { signal }), this.#released.promise]);
    ending.abort();
  }
}

type Ask = (method: (typeof fileMethods)[number], ...args: readonly unknown[]) => Promise<unknown>;

/** The files of one task in its process. */
export class JobFiles {
  readonly #taskId: number;
  readonly #ask: Ask;
  readonly #files: { readonly file: TaskFile; readonly moved: Promise<void> }[] = [];

  constructor(taskId: number, ask: Ask) {
    this.#taskId = taskId;
    this.#ask = ask;
  }

  /** The arguments with files in their places. */
  join(args: readonly unknown[], files: readonly JobFile[]): unknown[] {
    const joined = [...args];
    for (const { index, name, direction } of files) {
      const file = new TaskFile(name, direction);
      joined[index] = file;
      const moving = direction === "upload" ? this.#pull(index, file) : this.#push(index, file);
      // The task hears of it where it reads or writes, and need not.
      const moved = moving.catch((error: unknown) => void file.stream.destroy(error as Error));
      this.#files.push({ file, moved });
    }
    return joined;
  }

  /** The task has ended well: what it wrote is complete, and on its way when this resolves. */
  async complete(): Promise<void> {
    const downloads = this.#files.filter(({ file }) => file.direction === "download");
    if (downloads.length > 0) await this.#ask("releaseFiles", this.#taskId);
    for (const { file } of downloads) file.close(true);
    await Promise.all(downloads.map(({ moved }) => moved));
    this.close();
  }

  /** Nothing is moved any more. */
  close(): void {
    for (const { file } of this.#files) file.stream.destroy();
  }

  async #pull(index: number, { stream }: TaskFile): Promise<void> {
    const ask = this.#ask;
    const taskId = this.#taskId;
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const piece = (await ask("readFile", taskId, index)) as Uint8Array | null;
        if (piece === null) return;
        yield piece;
      }
    }
    await pipeline(Readable.from(pieces(), { highWaterMark: 1 }), stream);
  }

  async #push(index: number, { stream }: TaskFile): Promise<void> {
    for await (const piece of stream as AsyncIterable<Uint8Array>)
      await this.#ask("writeFile", this.#taskId, index, piece);
    await this.#ask("endFile", this.#taskId, index);
  }
}
