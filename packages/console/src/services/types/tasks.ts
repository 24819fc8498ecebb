// Tasks, and lines of the log. In the wire's own names; times are Dates, null means not known.

/** A task as it is known now. */
export interface TaskRecord {
  readonly id: number;
  readonly name: string;
  readonly state: string;
  /** A sentence, or one with names of what it is about. */
  readonly description?: string | { readonly message?: string; readonly name?: string } | null;
  readonly args?: readonly unknown[];
  readonly user?: string | null;
  readonly created_at?: Date | null;
  readonly started_at?: Date | null;
  readonly finished_at?: Date | null;
  readonly progress?: {
    readonly percentage: number | null;
    readonly message?: string;
    readonly extra?: unknown;
  } | null;
  readonly result?: unknown;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly stacktrace?: string | null;
    readonly extra?: unknown;
  } | null;
  readonly warnings?: readonly { readonly message: string }[];
  readonly resources?: readonly string[];
  readonly parent?: number | null;
  readonly output?: string | null;
  /** Whether it can be ended early. */
  readonly abortable?: boolean;
  readonly steps?: readonly { readonly at: Date; readonly text: string }[];
}

/** One line of the log. */
export interface LogRow {
  readonly id: number;
  readonly at: Date;
  readonly level: string;
  readonly worker: string;
  readonly message: string;
  readonly fields?: unknown;
}
