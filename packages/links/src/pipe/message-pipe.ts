// What a pipe link needs of a message pipe, and the messages it sends through one.
// Pipes: the IPC channel of a child process, the port of a worker thread, the in-memory pair of the tests.

/**
 * Carries whole messages in order, and outlives sessions: both ends agree in it on when one begins and ends.
 *
 * Other users of the same pipe are left alone: everything of ours is an object with the one member `switchboard`.
 */
export interface MessagePipe {
  /** For the link's name, e.g. `worker 3`. */
  readonly name: string;
  /** Whether batches travel as JSON text or as they are: as text, unless the pipe itself makes JSON of whatever is posted. */
  readonly carries: "text" | "frames";
  /** Begins to listen. From then on the pipe may keep the process alive. */
  open(handlers: PipeHandlers): void;
  /** Sends one message. Does nothing when the pipe is gone. */
  post(message: PipeMessage): void;
  /** Stops listening, so that the pipe no longer keeps the process alive. The pipe itself belongs to somebody else. */
  close(): void;
}

/** What a pipe tells its link. Never called from inside `open` or `post`. */
export interface PipeHandlers {
  /** A message has come; untrusted, and perhaps somebody else's. */
  received(message: unknown): void;
  /** The pipe is gone for good. */
  gone(reason: string): void;
}

/** Some frames, as JSON text or as they are, and how many characters the sender takes them for. */
export type Batch = readonly [frames: string | readonly unknown[], chars: number];

/** What travels: a batch, how many characters of batches were received since the last time, or a word about sessions. */
export interface PipeMessage {
  readonly switchboard: Batch | number | Control;
}

/**
 * A word about sessions. Each end numbers its side of each session; `theirs` is the number it answers to.
 *
 * `open`: I would begin a session, mine is … `ready`: so would I. `end`: this session is over; with `final`, I am gone for good.
 */
export type Control =
  | { readonly kind: "open"; readonly mine: number }
  | { readonly kind: "ready"; readonly mine: number; readonly theirs: number }
  | { readonly kind: "end"; readonly mine: number; readonly final: boolean };

/** What is ours in a message; undefined when it is somebody else's. */
export function ours(message: unknown): unknown {
  if (typeof message !== "object" || message === null || !Object.hasOwn(message, "switchboard")) return undefined;
  return (message as PipeMessage).switchboard;
}

/** The batch in an untrusted value, or undefined. */
export function readBatch(value: unknown): Batch | undefined {
  if (!Array.isArray(value)) return undefined;
  const [frames, chars]: unknown[] = value;
  if (typeof frames !== "string" && !Array.isArray(frames)) return undefined;
  return Number.isInteger(chars) && (chars as number) >= 0 ? [frames, chars as number] : undefined;
}

/** The word about sessions in an untrusted value, or undefined. */
export function readControl(value: unknown): Control | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kind, mine, theirs, final } = value as Record<string, unknown>;
  if (typeof mine !== "number") return undefined;
  if (kind === "open") return { kind, mine };
  if (kind === "ready" && typeof theirs === "number") return { kind, mine, theirs };
  if (kind === "end" && typeof final === "boolean") return { kind, mine, final };
  return undefined;
}
