// What a process writes while it has a task. Two pipes run beside the link, so a mark in each of them says where the task's part ends.

import type { Readable } from "node:stream";

const cutNote = "\n[output cut]\n";

/** Collects the output of one task after the other. */
export class OutputCapture {
  readonly #mark: string;
  readonly #maxChars: number;
  #text = "";
  #isCut = false;
  /** Streams whose mark has not come. */
  #open = 0;
  #marked: () => void = () => undefined;

  constructor(streams: readonly Readable[], { mark, maxChars }: { readonly mark: string; readonly maxChars: number }) {
    this.#mark = mark;
    this.#maxChars = maxChars;
    for (const stream of streams) this.#read(stream);
  }

  /** Begins anew. */
  begin(): void {
    this.#text = "";
    this.#isCut = false;
    this.#open = 2;
  }

  /** Resolves when everything that was written before the marks has been read. */
  async complete(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => (this.#marked = resolve));
  }

  /** What was written, null for nothing. */
  take(): string | null {
    return this.#text === "" ? null : this.#text;
  }

  #read(stream: Readable): void {
    let pending = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      pending += chunk;
      for (let at = pending.indexOf(this.#mark); at !== -1; at = pending.indexOf(this.#mark)) {
        this.#append(pending.slice(0, at));
        pending = pending.slice(at + this.#mark.length);
        if (--this.#open === 0) this.#marked();
      }
      // The end may be the beginning of a mark.
      const safe = Math.max(0, pending.length - this.#mark.length + 1);
      this.#append(pending.slice(0, safe));
      pending = pending.slice(safe);
    });
    stream.on("close", () => {
      this.#append(pending);
      this.#open = 0;
      this.#marked();
    });
  }

  #append(text: string): void {
    if (this.#isCut) return;
    this.#text += text;
    if (this.#text.length <= this.#maxChars) return;
    this.#text = this.#text.slice(0, this.#maxChars) + cutNote;
    this.#isCut = true;
  }
}
