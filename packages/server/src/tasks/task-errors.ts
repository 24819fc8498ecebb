// What tasks throw. Each travels as `{type, message, code, stacktrace, extra?}` in the task's record, `type` being the established name of its class.

import { errno, type ErrorArgs, RpcError, type TraceLine, type ValidationEntry } from "@switchboard/protocol";
import { toRpcError } from "../rpc/index.ts";

/** A task failed for a reason that it can name: a number of {@link errno} and a text for people. */
export class TaskError extends RpcError {
  override name = "TaskException";
}

/** The task was aborted: whoever throws it ends ABORTED instead of FAILED. Its number is EINTR. */
export class TaskAbortError extends TaskError {
  override name = "TaskAbortException";

  constructor(message = "the task was aborted", context: { readonly extra?: unknown } = {}) {
    super(errno.EINTR, message, context);
  }
}

/** `verify` found that the task cannot be done. */
export class VerifyError extends TaskError {
  override name = "VerifyException";
}

/** Arguments are wrong. Collects what is wrong with which; its number is EBADMSG. */
export class TaskValidationError extends TaskError {
  override name = "ValidationException";
  readonly #entries: ValidationEntry[];

  constructor(entries: readonly ValidationEntry[] = [], message = "the arguments are not valid") {
    const collected = [...entries];
    super(errno.EBADMSG, message, { extra: collected });
    this.#entries = collected;
  }

  /** What is wrong, in the order in which it was found. */
  get entries(): readonly ValidationEntry[] {
    return this.#entries;
  }

  /** Adds something wrong. `path` begins with the argument's index. */
  add(path: readonly (string | number)[], message: string, code: number = errno.EINVAL): void {
    this.#entries.push({ path, message, code });
  }

  /** Adds what another error has found, below another path. */
  addAll(path: readonly (string | number)[], { entries }: TaskValidationError): void {
    for (const entry of entries) this.#entries.push({ ...entry, path: [...path, ...entry.path] });
  }

  /** Throws this error if anything was added. */
  throwIfAny(): void {
    if (this.#entries.length > 0) throw this;
  }
}

/** Something that people should know although the task goes on. */
export class TaskWarning extends TaskError {
  override name = "TaskWarning";
}

/** An error or warning in a task's record. */
export interface TaskErrorRecord {
  /** Name of the error's class. */
  readonly type: string;
  readonly message: string;
  /** Number of {@link errno}. */
  readonly code: number;
  readonly stacktrace: readonly TraceLine[];
  readonly extra?: unknown;
}

const maxMessageLength = 10_000;
const maxTraceLines = 50;

/** What a record says of something that was thrown: numbers of errors made for callers are kept, anything else is EFAULT. */
export function toErrorRecord(error: unknown): TaskErrorRecord {
  const { code, extra }: ErrorArgs = toRpcError(error).toArgs();
  const isError = error instanceof Error;
  const record = {
    type: isError ? error.name : "Error",
    message: (isError ? error.message : String(error)).slice(0, maxMessageLength),
    code,
    stacktrace: isError ? traceOf(error) : [],
  };
  return extra === undefined ? record : { ...record, extra };
}

/** The error behind a record, for whoever waited for the task: the same number, message and `extra`. */
export function fromErrorRecord({ type, message, code, extra }: TaskErrorRecord): TaskError {
  if (type === "TaskAbortException") return new TaskAbortError(message, { extra });
  if (type === "ValidationException") return new TaskValidationError(extra as readonly ValidationEntry[], message);
  const error =
    type === "VerifyException" ? new VerifyError(code, message, { extra }) : new TaskError(code, message, { extra });
  error.name = type;
  return error;
}

/** True for errors that were not made for callers, of which an operator should hear. */
export function isUnexpected(error: unknown): boolean {
  return toRpcError(error).errno === errno.EFAULT && !(error instanceof RpcError);
}

const framePattern = /^\s+at (?:(.+?) \()?(.+?):(\d+):\d+\)?$/;

function traceOf({ stack = "" }: Error): TraceLine[] {
  const frames = stack.split("\n").flatMap((line) => {
    const [, method = "<anonymous>", filename, lineno] = framePattern.exec(line) ?? [];
    return filename === undefined ? [] : [{ filename, lineno: Number(lineno), method, code: "" }];
  });
  return frames.slice(0, maxTraceLines);
}
