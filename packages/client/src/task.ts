// A task on the server, seen from a client: its progress, its end, its abort. Correct also for a task that has ended before anybody looked.

import { errno, type ErrorArgs, RpcError, type ServerEvent } from "@switchboard/protocol";
import { ClientError } from "./errors.ts";
import { ItemQueue } from "./item-queue.ts";

/** The states of a task. The last three are final. */
export type TaskState = "CREATED" | "WAITING" | "EXECUTING" | "ROLLBACK" | "FINISHED" | "FAILED" | "ABORTED";

/** How far a task is. */
export interface TaskProgress {
  /** 0 to 100, fractions allowed. */
  readonly percentage: number;
  readonly message: string;
  /** Whatever the task added. */
  readonly extra: unknown;
}

/** What the server keeps about a task; more than is named here. */
export interface TaskRecord {
  readonly id: number;
  readonly name: string;
  readonly state: TaskState;
  readonly result: unknown;
  /** Null unless it failed. */
  readonly error: (ErrorArgs & { readonly type?: string }) | null;
  readonly warnings?: readonly unknown[];
  /** While it runs. */
  readonly progress?: TaskProgress | null;
  readonly [member: string]: unknown;
}

/** What a task needs of its client. */
export interface TaskClient {
  call(method: string, args: readonly unknown[], options?: { readonly timeoutMs?: number }): Promise<unknown>;
  listen(masks: readonly string[], take: (event: ServerEvent) => void): () => void;
  /** Resolves when calls can be made again; rejects when they never can. */
  ready(): Promise<void>;
  pause(delayMs: number): Promise<void>;
}

const finalStates: ReadonlySet<unknown> = new Set(["FINISHED", "FAILED", "ABORTED"]);

/** One task on the server. It lives on there whatever becomes of this object or its client. */
export class Task {
  /** The server's number of the task. */
  readonly id: number;
  readonly #client: TaskClient;
  #ended: Promise<TaskRecord> | undefined;

  constructor(client: TaskClient, id: number) {
    this.#client = client;
    this.id = id;
  }

  /** The task's record as it is now. @throws {RpcError} ENOENT for an id that the server does not know. */
  async status(): Promise<TaskRecord> {
    const record = (await this.#client.call("task.status", [this.id])) as TaskRecord | null;
    // What the reference server answers for an unknown id.
    if (record === null) throw new RpcError(errno.ENOENT, `unknown task ${this.id}`);
    return record;
  }

  /** The task's record when it has ended, however it ended. Waits without limit, also over lost connections. */
  end(): Promise<TaskRecord> {
    this.#ended ??= this.#waitForEnd();
    return this.#ended;
  }

  /**
   * The task's result when it has finished.
   *
   * @throws {RpcError} with the number, message and `extra` of the task's error when it failed; ECANCELED when it was aborted. `details` holds its id and state.
   */
  async result(): Promise<unknown> {
    const { name, state, result, error } = await this.end();
    if (state === "FINISHED") return result;
    const number = state === "ABORTED" ? errno.ECANCELED : (error?.code ?? errno.EFAULT);
    const message = `task ${this.id} (${name}) ${state === "ABORTED" ? "was aborted" : "failed"}`;
    throw new RpcError(number, error === null ? message : `${message}: ${error.message}`, {
      extra: error?.extra,
      details: { id: this.id, state },
    });
  }

  /**
   * How far the task is, now and each time it says so; ends with the task. Of reports that nobody has read only the last one is kept.
   *
   * Whether it ended well is what {@link Task.result} says.
   */
  progress(): AsyncIterableIterator<TaskProgress> {
    const queue = new ItemQueue<TaskProgress>({ onOver: () => stop() });
    let isHeard = false;
    const report = (progress: TaskProgress): void => {
      isHeard = true;
      if (queue.size > 0) queue.dropOldest();
      queue.push(progress);
    };
    const stop = this.#client.listen(["task.progress", "task.updated"], ({ name, args }) => {
      if (args.id !== this.id) return;
      if (finalStates.has(args.state)) queue.end();
      else if (name === "task.progress") report(progressOf(args));
    });
    // Asked for after listening, so that nothing is missed in between.
    this.status().then(
      ({ state, progress }) => {
        // An event that came before the answer is newer.
        if (!finalStates.has(state) && progress && !isHeard) report(progressOf({ ...progress }));
      },
      () => undefined,
    );
    // Also tells of an end that no event told of.
    this.end().then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    return queue;
  }

  /** Asks the server to abort the task; it has ended when {@link Task.end} resolves. */
  async abort(): Promise<void> {
    await this.#client.call("task.abort", [this.id]);
  }

  async #waitForEnd(): Promise<TaskRecord> {
    for (;;) {
      try {
        // A reference server knows only running tasks here, so the record decides.
        await this.#client.call("task.wait", [this.id], { timeoutMs: 0 }).catch(ignoreUnknown);
        const record = await this.status();
        if (finalStates.has(record.state)) return record;
        await this.#client.pause(250);
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== "CLIENT_CONNECTION_LOST") throw error;
      }
      await this.#client.ready();
    }
  }
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof RpcError) || error.errno !== errno.ENOENT) throw error;
}

function progressOf({ percentage, message, extra }: Readonly<Record<string, unknown>>): TaskProgress {
  return {
    percentage: typeof percentage === "number" ? percentage : 0,
    message: typeof message === "string" ? message : "",
    extra: extra ?? null,
  };
}
