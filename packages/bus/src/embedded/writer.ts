// The writer thread: all disk access of the embedded bus. Commits whatever has come since the last commit in one transaction.

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { SwitchboardError } from "@switchboard/core";
import type { BatchMessage, FromWriter, PlainError, QuestionMessage, Questions, ToWriter } from "./protocol.ts";
import { Store } from "./store.ts";

const idleMs = 5_000;

class Writer {
  readonly #store: Store;
  readonly #port: MessagePort;
  #idle: NodeJS.Timeout | undefined;
  /** Batches of this epoch and earlier are refused, because one of them could not be written. */
  #failedEpoch = -1;
  #failure: PlainError | undefined;

  constructor(store: Store, port: MessagePort) {
    this.#store = store;
    this.#port = port;
  }

  /** Works until it is told to close. */
  listen(): void {
    this.#idle = setTimeout(() => this.#tidyUp(), idleMs);
    this.#port.on("message", (message: ToWriter) => this.#receive(message));
  }

  #receive(first: ToWriter): void {
    const batches: BatchMessage[] = [];
    const questions: QuestionMessage[] = [];
    for (let message: ToWriter | undefined = first; message !== undefined; message = this.#next()) {
      if (message.kind === "batch") batches.push(message);
      else questions.push(message);
    }
    if (batches.length > 0) this.#commit(batches);
    for (const question of questions) this.#reply(question);
    this.#idle?.refresh();
  }

  // What came while the last transaction was being written.
  #next(): ToWriter | undefined {
    return receiveMessageOnPort(this.#port)?.message as ToWriter | undefined;
  }

  #commit(batches: readonly BatchMessage[]): void {
    const late = batches.filter(({ epoch }) => epoch <= this.#failedEpoch);
    const current = batches.filter(({ epoch }) => epoch > this.#failedEpoch);
    for (const _ of late) this.#fail();
    try {
      const claimed = current.length > 0 ? this.#store.apply(current) : [];
      const { commitMs } = this.#store;
      for (const [index, { bytes }] of current.entries()) {
        this.#send({ kind: "committed", commitMs, bytes, claimed: claimed[index] ?? [] }, [bytes]);
      }
    } catch (error) {
      this.#failure = toPlain(error);
      for (const { epoch } of current) {
        this.#failedEpoch = epoch;
        this.#fail();
      }
    }
  }

  #fail(): void {
    if (this.#failure !== undefined) this.#send({ kind: "failed", error: this.#failure });
  }

  #reply(question: QuestionMessage): void {
    const { number } = question;
    try {
      this.#send({ kind: "answer", number, answer: this.#answer(question) });
    } catch (error) {
      this.#send({ kind: "unanswered", number, error: toPlain(error) });
    }
    if (question.name !== "close") return;
    clearTimeout(this.#idle);
    this.#port.close();
  }

  #answer({ name, ask }: QuestionMessage): Questions[keyof Questions]["answer"] {
    switch (name) {
      case "page":
        return this.#store.page(ask as Questions["page"]["ask"]);
      case "facts":
        return this.#store.facts(ask as Questions["facts"]["ask"]);
      case "parked": {
        const { queue, which } = ask as Questions["parked"]["ask"];
        return this.#store.parked.read(queue, which);
      }
      case "dropParked": {
        const { queue, which } = ask as Questions["dropParked"]["ask"];
        return this.#store.transaction(() => this.#store.parked.drop(queue, which));
      }
      case "close":
        this.#store.close(ask as Questions["close"]["ask"]);
        return null;
      default:
        return name satisfies never;
    }
  }

  #tidyUp(): void {
    try {
      this.#store.shrink();
    } catch {
      // Not even room for that; the next idle moment will do.
    }
  }

  #send(message: FromWriter, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }
}

function toPlain(error: unknown): PlainError {
  if (!(error instanceof SwitchboardError)) throw error; // A mistake of ours: let the thread die and start anew.
  return { code: error.code as PlainError["code"], message: error.message, details: error.details };
}

function start(port: MessagePort): void {
  const { folder, now } = workerData as { readonly folder: string; readonly now: number };
  const post = (message: FromWriter): void => port.postMessage(message);
  try {
    const store = Store.open(folder);
    post({ kind: "opened", state: store.load(now) });
    new Writer(store, port).listen();
  } catch (error) {
    post({ kind: "refused", error: toPlain(error) });
  }
}

if (parentPort !== null) start(parentPort);
