// Cuts a byte stream into lines. Each byte is looked at once and copied at most a few times, however it is cut into chunks.

import { LinkError } from "@switchboard/core";

const newline = 10;

export interface LineReaderOptions {
  readonly maxLineBytes: number;
  /** Gets each line without its end. It may call {@link LineReader.stop}, or raise `maxLineBytes`, for what follows. */
  readonly onLine: (line: string) => void;
}

/** Reads UTF-8 lines that end with a newline. */
export class LineReader {
  /** The longest line that is taken. */
  maxLineBytes: number;
  readonly #onLine: (line: string) => void;
  /** The beginning of a line whose end has not come. Grows by doubling. */
  #rest: Buffer = Buffer.alloc(0);
  #restBytes = 0;
  #stopped = false;

  constructor({ maxLineBytes, onLine }: LineReaderOptions) {
    this.maxLineBytes = maxLineBytes;
    this.#onLine = onLine;
  }

  /** True in the middle of a line. */
  get hasPartialLine(): boolean {
    return this.#restBytes > 0;
  }

  /** Takes the next bytes. @throws {LinkError} LINK_PROTOCOL when a line is too long, and whatever `onLine` throws. */
  push(chunk: Buffer): void {
    let start = 0;
    while (!this.#stopped) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) break;
      this.#checkLength(this.#restBytes + end - start);
      const line = this.#restBytes === 0 ? chunk.toString("utf8", start, end) : this.#finish(chunk, start, end);
      start = end + 1;
      this.#onLine(line);
    }
    if (!this.#stopped && start < chunk.length) this.#keep(chunk, start, chunk.length);
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#stopped = true;
    this.#rest = Buffer.alloc(0);
    this.#restBytes = 0;
  }

  #finish(chunk: Buffer, start: number, end: number): string {
    this.#keep(chunk, start, end);
    const line = this.#rest.toString("utf8", 0, this.#restBytes);
    this.#rest = Buffer.alloc(0);
    this.#restBytes = 0;
    return line;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const needed = this.#restBytes + end - start;
    this.#checkLength(needed);
    if (needed > this.#rest.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#rest.length * 2));
      this.#rest.copy(grown, 0, 0, this.#restBytes);
      this.#rest = grown;
    }
    chunk.copy(this.#rest, this.#restBytes, start, end);
    this.#restBytes = needed;
  }

  #checkLength(bytes: number): void {
    if (bytes <= this.maxLineBytes) return;
    throw new LinkError(
      "LINK_PROTOCOL",
      `a line may have ${this.maxLineBytes} bytes, this one has ${bytes} or more; is maxFrameBytes the same on both sides?`,
    );
  }
}
