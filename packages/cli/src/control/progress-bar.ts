// The progress of a task: a bar that is drawn over on a terminal, a line for each report elsewhere. Both on standard error.

import { harmless } from "./output.ts";

const width = 24;

/** Shows reports; ends with {@link ProgressBar.end}. */
export class ProgressBar {
  readonly #isTerminal: boolean = process.stderr.isTTY && process.env.TERM !== "dumb";
  #isDrawn = false;

  show(percentage: number, message: string): void {
    const share = Math.min(Math.max(percentage, 0), 100);
    const text = `${share.toFixed(0).padStart(3)}% ${harmless(message)}`;
    if (!this.#isTerminal) {
      // A number alone is no news in a log.
      if (message !== "") console.error(text);
      return;
    }
    const filled = Math.round((share / 100) * width);
    const line = `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${text}`;
    process.stderr.write(`\r\u001b[2K${line.slice(0, process.stderr.columns - 1)}`);
    this.#isDrawn = true;
  }

  /** Leaves the terminal's line to what comes next. */
  end(): void {
    if (this.#isDrawn) process.stderr.write("\r\u001b[2K");
    this.#isDrawn = false;
  }
}
