// Reports of what should not happen: a JSON file each, so that it can be looked at later. Never a reason for anything else to fail.

import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Logger, silentLogger, systemClock } from "@switchboard/core";
import type { TraceLine } from "@switchboard/protocol";
import { traceOf } from "../rpc/rpc-error.ts";

/** Where reports go. */
export interface CrashReportsOptions {
  /** Undefined: reports are only logged. */
  readonly folder?: string | undefined;
  /** The oldest files beyond this number are removed, default 100. */
  readonly maxReports?: number;
  /** Default `dispatcher`. */
  readonly application?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const maxPending = 20;
const namePattern = /^report-[\dTZ.-]+-\d+\.json$/;

/** Writes crash reports. */
export class CrashReports {
  readonly #options: Required<Omit<CrashReportsOptions, "folder">> & Pick<CrashReportsOptions, "folder">;
  #written = 0;
  #pending = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: CrashReportsOptions = {}) {
    this.#options = {
      maxReports: 100,
      application: "dispatcher",
      clock: systemClock,
      logger: silentLogger,
      ...options,
    };
  }

  /** Writes a report. Resolves when it is written, or cannot be; never rejects. */
  write(title: string, error: unknown): Promise<void> {
    const { folder } = this.#options;
    // Somebody who fails all the time must not fill the memory.
    if (folder === undefined || this.#pending >= maxPending) return Promise.resolve();
    this.#pending++;
    this.#last = this.#last
      .then(() => this.#write(folder, title, error))
      .catch((cause: unknown) => {
        this.#options.logger.warn({ err: cause, folder }, "a crash report could not be written");
      })
      .finally(() => this.#pending--);
    return this.#last;
  }

  async #write(folder: string, title: string, error: unknown): Promise<void> {
    const { application, clock, maxReports } = this.#options;
    const timestamp = new Date(clock.now()).toISOString();
    const exception = error instanceof Error ? error : new Error(String(error));
    const report = {
      timestamp,
      type: "exception",
      application,
      title,
      exception: { class: exception.name, message: exception.message, frames: framesOf(exception) },
    };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const name = `report-${timestamp.replaceAll(":", "-")}-${++this.#written}.json`;
    await writeFile(join(folder, name), `${JSON.stringify(report, undefined, 2)}\n`, { mode: 0o600 });
    const reports = (await readdir(folder)).filter((file) => namePattern.test(file)).toSorted();
    for (const old of reports.slice(0, -maxReports)) await rm(join(folder, old), { force: true });
  }
}

function framesOf(error: Error): TraceLine[] {
  // The version that a plugin's modules have in their URLs says nothing to people.
  return traceOf(error).map(({ filename, lineno, method, code }) => ({
    filename: filename.replace(/\?plugin-root=.*$/, ""),
    lineno,
    method,
    code,
  }));
}
