// What the server and a process for isolated tasks say to each other, as messages of the kernel over their link. Contents are extended JSON texts, so
// that dates, bytes and secrets arrive as what they are.

import { decodeValue, encodeValue } from "@switchboard/protocol";
import type { TaskSource } from "../live-task.ts";
import type { JobFile } from "./files.ts";
import { fromErrorRecord, type TaskErrorRecord, toErrorRecord } from "../task-errors.ts";

/** The listener in the server that does what a {@link TaskHost} does. */
export const serverId = "server";
/** The listener in the process that has the task. */
export const taskId = "task";
/** Both ends of the link must have the same: the largest arguments and results. */
export const maxFrameBytes = 134_217_728;

/** What a process is told of its next task. */
export interface Job {
  readonly id: number;
  readonly name: string;
  readonly user: string | null;
  readonly environment: Readonly<Record<string, unknown>>;
  /** With null where a file is. */
  readonly args: readonly unknown[];
  readonly files: readonly JobFile[];
  readonly source: TaskSource;
  /** Written to standard output and standard error behind what the task has written. */
  readonly mark: string;
}

/** Runs `work` and returns what it returned, or what it threw, as a text. */
export async function answer(work: () => unknown, extra: () => object = () => ({})): Promise<string> {
  try {
    return encodeValue({ value: await work(), ...extra() });
  } catch (error) {
    return encodeValue({ error: toErrorRecord(error), ...extra() });
  }
}

/** What was answered; throws what was thrown there. */
export function readAnswer(text: unknown): {
  readonly value: unknown;
  readonly extra: Readonly<Record<string, unknown>>;
} {
  const { value, error, ...extra } = decodeValue(String(text)) as { value?: unknown; error?: TaskErrorRecord };
  if (error !== undefined) throw Object.assign(fromErrorRecord(error), { remote: extra });
  return { value, extra };
}
