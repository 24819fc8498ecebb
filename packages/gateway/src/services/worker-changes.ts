// What a caller wants a worker to be: checked against what it is now, and against what its class allows, before anything is stopped.

import type { JsonObject } from "@switchboard/messaging";
import { errno, RpcError } from "@switchboard/protocol";
import { stringify } from "yaml";
import { unmaskedOptions } from "../config/masking.ts";
import { GatewayError } from "../errors.ts";
import type { Board } from "./board.ts";
import { invalid, workerOf } from "./common.ts";
import type { ConfigProblem, WorkerView } from "./gateway-view.ts";

/** A worker as a caller says it shall be. What is masked keeps its present value. */
export interface WorkerArgument {
  readonly name: string;
  readonly class?: string;
  readonly config?: JsonObject;
  readonly group?: string;
  /** The revision that the change was made from; without it nothing is compared. */
  readonly revision?: string;
}

/** The same with nothing left open. */
export interface ResolvedChange {
  readonly name: string;
  readonly className: string;
  readonly config: JsonObject;
  /** The worker as it is; undefined for a new one. */
  readonly present: WorkerView | undefined;
}

/** Fills in what a caller left out, and puts masked values back. @throws {RpcError} EINVAL for a new worker without a class. */
export function resolveChange({ view }: Board, given: Partial<WorkerArgument>): ResolvedChange {
  const present = view.workers().find(({ name }) => name === given.name);
  const className = given.class ?? present?.className;
  if (className === undefined) throw invalid("class: expected one, as there is no worker of that name");
  const config = unmaskedOptions(given.config ?? {}, present?.config ?? {}) as JsonObject;
  return { name: given.name ?? "new", className, config, present };
}

/** Does nothing when a change can be made. @throws {RpcError} EINVAL with what is wrong with the options as `extra`, one entry per fault. */
export async function checkChange(board: Board, given: WorkerArgument): Promise<void> {
  const { name, className, config } = resolveChange(board, given);
  const { group } = given;
  const problems = await board.view.validate({ name, className, config, ...(group !== undefined && { group }) });
  if (problems.length === 0) return;
  const [{ path, message } = { path: "", message: "" }] = problems;
  const first = path === "" ? message : `${path}: ${message}`;
  const more = problems.length === 1 ? "" : `; ${problems.length - 1} more`;
  throw new RpcError(errno.EINVAL, `${name}: ${first}${more}`, { extra: problems.map(entryOf) });
}

function entryOf({ path, message }: ConfigProblem): object {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
  return {
    path: [0, "config", ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))],
    message,
    code: errno.EINVAL,
  };
}

/** Does nothing when nobody changed the worker since. @throws {RpcError} ENOENT; ESTALE as {@link withConflicts}. */
export async function checkRevision(
  board: Board,
  { name, revision }: Pick<WorkerArgument, "name" | "revision">,
): Promise<void> {
  if (revision !== undefined && workerOf(board.view, name).revision !== revision) throw await conflictOf(board, name);
}

/** Runs a change. @throws {RpcError} ESTALE when somebody else changed the worker meanwhile; `extra` says what it is now. */
export async function withConflicts<Result>(
  board: Board,
  name: string,
  change: () => Promise<Result>,
): Promise<Result> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof GatewayError && error.code === "WORKER_CHANGED") throw await conflictOf(board, name);
    throw error;
  }
}

async function conflictOf(board: Board, name: string): Promise<RpcError> {
  const worker = workerOf(board.view, name);
  const config = await board.masked(worker);
  return new RpcError(errno.ESTALE, `${name} was changed meanwhile; nothing was done to it`, {
    extra: {
      code: "WORKER_CHANGED",
      name,
      revision: worker.revision,
      class: worker.className,
      group: worker.group ?? null,
      config,
      config_source: stringify(config),
      source: worker.origin,
    },
  });
}
