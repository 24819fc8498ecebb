// Files between clients and tasks: a pipe whose one end the task has and the other the file transfer.

import { PassThrough } from "node:stream";
import type { Principal } from "../auth/index.ts";
import { ServerError } from "../errors.ts";
import type { FileTransfers, Transfer } from "../files/transfers.ts";
// Not by the door: processes for isolated tasks load this, and need nothing of the rest.
import { FileArgument, type JsonSchema } from "../schema/json-schema.ts";

/** A file as a task gets it: what the client uploads is read from `stream`, what is to be downloaded is written to it, and then ended. */
export class TaskFile extends FileArgument {
  override readonly name: string;
  readonly direction: Transfer["direction"];
  readonly stream: PassThrough = new PassThrough();

  constructor(name: string, direction: Transfer["direction"]) {
    super();
    this.name = name;
    this.direction = direction;
    // Whoever reads or writes it hears of errors; nobody may be doing so yet.
    this.stream.on("error", () => undefined);
  }

  /** The task is over: what it wrote is complete if it ended well, and what it did not read is not wanted any more. */
  close(hasFinished: boolean): void {
    if (hasFinished && !this.stream.writableEnded) this.stream.end();
    else if (!hasFinished) this.stream.destroy(new Error("the task did not end well"));
  }

  /** The other end, for the file transfer. */
  transfer(): Transfer {
    const { name, direction, stream } = this;
    if (direction === "download") return { direction, name, size: null, open: () => stream };
    const discard = async (): Promise<void> => void stream.destroy(new Error("the upload was broken off"));
    return { direction, name, size: null, open: () => stream, finish: async () => undefined, discard };
  }
}

/** What files are offered for. */
export interface FileOffer {
  readonly accepts: readonly JsonSchema[];
  readonly direction: Transfer["direction"];
  readonly transfers: Pick<FileTransfers, "offer">;
  readonly principal: Principal | undefined;
}

/** Puts a file in the place of each argument of type `fd`; for uploads `tokens` are tokens, for downloads addresses. */
export function offerFiles(
  args: readonly unknown[],
  { accepts, direction, transfers, principal }: FileOffer,
): { readonly args: unknown[]; readonly tokens: string[]; readonly discard: () => void } {
  if (principal === undefined)
    throw new ServerError("TASK_REFUSED", "files can be transferred by users who are logged in only");
  const files: TaskFile[] = [];
  const tokens: string[] = [];
  const withFiles = args.map((arg, index) => {
    const schema = accepts[index];
    if (typeof schema !== "object" || schema["type"] !== "fd") return arg;
    const file = new TaskFile(typeof arg === "string" ? arg : "file", direction);
    const token = transfers.offer(file.transfer(), principal);
    files.push(file);
    tokens.push(direction === "download" ? `/dispatcher/filedownload?token=${token}` : token);
    return file;
  });
  return {
    args: withFiles,
    tokens,
    discard: () => {
      for (const { stream } of files) stream.destroy();
    },
  };
}
