// The writer thread: all disk access of the embedded bus. Does one thing after another: a batch is a transaction, a question is answered.

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { SwitchboardError } from "@switchboard/core";
import type { BatchMessage, FromWriter, PlainError, QuestionMessage, Questions, ToWriter } from "./protocol.ts";
import { Store } from "./store.ts";

const idleMs = 5_000;

class Writer {
  readonly #store: Store;
  readonly #port: MessagePort;
  #idle: NodeJS.Timeout | undefined;

  constructor(store: Store, port: MessagePort) {
    this.#store = store;
    this.#port = port;
  }

  /** Works until it is told to close. */
  listen(): void {
    this.#idle = setTimeout(() => this.#tidyUp(), idleMs);
    this.#port.on("message", (message: ToWriter) => {
      if (message.kind === "batch") this.#write(message);
      else this.#reply(message);
      this.#idle?.refresh();
    });
  }

  #write(batch: BatchMessage): void {
    const { bytes } = batch;
    try {
      this.#send({ kind: "committed", claimed: this.#store.apply(batch), bytes }, [bytes]);
    } catch (error) {
      const plain = toPlain(error);
      // Trying again would not help, and what waits in memory may be wrong: let the thread die and start anew from what is stored.
      if (plain.code === "STORAGE_FAILED" || plain.code === "STORAGE_CONSTRAINT") throw error;
      this.#send({ kind: "failed", error: plain });
    }
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
    this.#idle = undefined;
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
      case "copy":
        this.#store.copyTo(ask as Questions["copy"]["ask"]);
        return null;
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
