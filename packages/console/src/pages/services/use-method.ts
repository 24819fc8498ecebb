// Calling a method by hand: once, or a stream until it ends or is stopped. Keeps the last pieces only.

import { useEffect, useRef, useState } from "preact/hooks";
import { presentTime } from "../../services/clock.ts";
import { gateway } from "../../services/connection.ts";
import { call, describeError } from "../../services/use-call.ts";
import type { Done } from "./answer.tsx";

/** Pieces of a stream that are kept. */
const mostPieces = 200;

/** What is known of the calls of a method. */
export interface MethodCalls {
  readonly done: Done | undefined;
  readonly isPending: boolean;
  readonly run: (args: readonly unknown[]) => void;
  /** Ends a stream. */
  readonly stop: () => void;
}

/** Calls `name`; `onDone` hears of each call that is over. */
export function useMethod(name: string, isStream: boolean, onDone: (done: Done) => void): MethodCalls {
  const [done, setDone] = useState<Done | undefined>();
  const [isPending, setPending] = useState(false);
  const ending = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => ending.current?.abort(), []);
  const run = (args: readonly unknown[]): void => {
    if (isPending) return;
    const started = performance.now();
    const base = { at: presentTime(), args };
    const took = (): number => Math.round(performance.now() - started);
    const finish = (rest: Partial<Done>): void => {
      const result = { ...base, tookMs: took(), ...rest };
      setDone(result);
      setPending(false);
      onDone(result);
    };
    setPending(true);
    if (isStream) {
      ending.current = new AbortController();
      void readStream(name, args, ending.current.signal, (pieces, count) =>
        setDone({ ...base, tookMs: took(), result: pieces, pieces: count, isRunning: true }),
      ).then(
        ({ pieces, count }) => finish({ result: pieces, pieces: count }),
        (error: unknown) => finish({ error: describeError(name, error, took()) }),
      );
      return;
    }
    call(name, ...args).then(
      (result) => finish({ result }),
      (error: unknown) => finish({ error: describeError(name, error, took()) }),
    );
  };
  return { done, isPending, run, stop: () => ending.current?.abort() };
}

interface Read {
  readonly pieces: readonly unknown[];
  readonly count: number;
}

async function readStream(
  name: string,
  args: readonly unknown[],
  signal: AbortSignal,
  onPieces: (pieces: readonly unknown[], count: number) => void,
): Promise<Read> {
  const client = gateway.peek();
  if (client === undefined) throw new Error("nobody is logged in");
  let pieces: readonly unknown[] = [];
  let count = 0;
  let shownAt = 0;
  try {
    for await (const piece of client.stream(name, args, { signal })) {
      count += 1;
      pieces = [...pieces, piece].slice(-mostPieces);
      if (performance.now() - shownAt < 250) continue;
      shownAt = performance.now();
      onPieces(pieces, count);
    }
  } catch (error) {
    // Stopped by hand, which is no error.
    if (!signal.aborted) throw error;
  }
  return { pieces, count };
}
