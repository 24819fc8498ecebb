// The near end of a case below the level of dispatchers: one started link, its recorder, and questions to the far peer.

import { expect } from "vitest";
import type { FarCommand, SessionReport } from "../far-peer.ts";
import { Recorder } from "../recorder.ts";
import type { Bench, FarConnection } from "./harness.ts";

export interface FarReport extends SessionReport {
  readonly previous: SessionReport | undefined;
}

/** A started link to a far peer. */
export class NearEnd {
  static async open(bench: Bench, options: Parameters<Bench["connect"]>[1] = {}): Promise<NearEnd> {
    const near = new NearEnd(await bench.connect("peer", options));
    near.start();
    await near.sessions(1);
    return near;
  }

  readonly connection: FarConnection;
  readonly recorder: Recorder = new Recorder();

  constructor(connection: FarConnection) {
    this.connection = connection;
  }

  start(): void {
    this.recorder.during("start", () => this.connection.link.start(this.recorder));
  }

  send(frame: unknown): boolean {
    return this.recorder.during("send", () => this.connection.link.send(frame));
  }

  tell(command: FarCommand): void {
    this.send(command);
  }

  /** Waits until so many sessions were opened. */
  async sessions(count: number): Promise<void> {
    await this.recorder.when(() => this.recorder.count("opened") >= count);
  }

  /** Waits for the end of a session and returns its error's code. */
  async lost(): Promise<string> {
    await this.recorder.when(() => this.recorder.errors.length > 0);
    return this.recorder.errors[0]?.code ?? "";
  }

  /** Waits until so many frames have come. */
  async frames(count: number): Promise<readonly unknown[]> {
    await this.recorder.when(() => this.recorder.frames.length >= count);
    return this.recorder.frames;
  }

  /** What the far end saw so far. */
  async report(): Promise<FarReport> {
    const before = this.recorder.frames.length;
    this.tell({ do: "report" });
    await this.recorder.when(() => this.recorder.frames.slice(before).some(isReport));
    const frame = this.recorder.frames.slice(before).find(isReport);
    expect(frame?.report.faults).toEqual([]);
    expect(frame?.report.previous?.faults ?? []).toEqual([]);
    return frame?.report as FarReport;
  }
}

function isReport(frame: unknown): frame is { report: FarReport } {
  return typeof frame === "object" && frame !== null && "report" in frame;
}
