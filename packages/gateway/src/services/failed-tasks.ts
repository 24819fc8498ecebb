// Tasks that ran and failed within the last hour, for whoever lists what needs attention. Read again only when another one has failed.

import type { PluginContext } from "@switchboard/server/plugins";
import { redactText } from "../observe/redact.ts";

/** One of them. */
export interface FailedTask {
  readonly id: number;
  /** What it was to do, in words. */
  readonly what: string;
  readonly reason: string;
  readonly by: string | null;
  readonly at: Date;
}

const lastMs = 3_600_000;
const maxTasks = 20;

/** Looks for failed tasks. */
export class FailedTasks {
  #context: Pick<PluginContext, "stream"> | undefined;
  #known: readonly FailedTask[] = [];
  #isStale = true;

  /** From now on it hears of tasks. */
  listenTo(context: PluginContext): void {
    this.#context = context;
    context.registerEventHandler("task.updated", (args) => {
      if ((args as { readonly state?: unknown } | null)?.state === "FAILED") this.#isStale = true;
    });
  }

  /** The newest first, at most twenty. */
  async list(now: number): Promise<readonly FailedTask[]> {
    const since = new Date(now - lastMs);
    if (this.#isStale && this.#context !== undefined) {
      this.#isStale = false;
      const filter = [
        ["state", "=", "FAILED"],
        ["finished_at", ">", since],
        // One that was refused did nothing, and whoever asked has been told why.
        ["started_at", "!=", null],
      ];
      const found: FailedTask[] = [];
      try {
        for await (const record of this.#context.stream("task.query", [filter, { sort: ["-id"], limit: maxTasks }])) {
          found.push(failedTask(record as TaskRecord));
        }
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
      this.#known = found;
    }
    return this.#known.filter(({ at }) => at > since);
  }
}

interface TaskRecord {
  readonly id: number;
  readonly name: string;
  readonly description?: string | { readonly message?: string } | null;
  readonly user?: string | null;
  readonly error?: { readonly message?: string } | null;
  readonly finished_at: Date;
}

function failedTask({ id, name, description, user, error, finished_at }: TaskRecord): FailedTask {
  const what = typeof description === "string" ? description : description?.message;
  const [reason = ""] = redactText(error?.message ?? "").split("\n", 1);
  return { id, what: what || name, reason, by: user ?? null, at: finished_at };
}
