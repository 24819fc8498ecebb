// Hooks between components and the gateway: a call whose answer is shown, an act that waits for the server, events.

import { errnoName } from "@switchboard/client";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { textOf } from "../format.ts";
import { epoch, gateway, line } from "./connection.ts";

/** An error of a call as the page tells it. */
export interface CallError {
  readonly method: string;
  /** By name: `ETIMEDOUT`. */
  readonly code: string;
  readonly message: string;
  readonly extra?: unknown;
  readonly tookMs: number;
}

/** Where a call is. `data` stays while it is read again. */
export interface CallState<Result> {
  readonly data: Result | undefined;
  readonly error: CallError | undefined;
  readonly isLoading: boolean;
  /** Reads again; what is shown stays until the answer is here. */
  readonly again: () => void;
}

/** What went wrong, in the page's form. */
export function describeError(method: string, error: unknown, tookMs = 0): CallError {
  const given = error as
    | { readonly code?: unknown; readonly errno?: unknown; readonly message?: unknown; readonly extra?: unknown }
    | undefined;
  // The server tells a number; errors of this side have a code by name.
  const number = [given?.errno, given?.code].find((each) => typeof each === "number");
  const code = number === undefined ? textOf(given?.code ?? "EFAULT") : (errnoName(number) ?? `code ${number}`);
  const extra = given?.extra === undefined ? {} : { extra: given.extra };
  return {
    method,
    code,
    message: textOf(given?.message ?? (error instanceof Error ? error.message : error)),
    ...extra,
    tookMs,
  };
}

/** Calls a method. @throws {CallError} also when nobody is logged in. */
export async function call<Result>(method: string, ...args: readonly unknown[]): Promise<Result> {
  const client = gateway.peek();
  const started = performance.now();
  if (client === undefined) throw describeError(method, { code: 13, message: "nobody is logged in" });
  try {
    return (await client.call(method, args)) as Result;
  } catch (error) {
    throw describeError(method, error, Math.round(performance.now() - started));
  }
}

/** The answer of a method, read when the arguments change, when the line comes back, and when an event of `on` says that it changed. */
export function useCall<Result>(
  method: string | undefined,
  args: readonly unknown[] = [],
  on: readonly string[] = [],
): CallState<Result> {
  const [state, setState] = useState<Omit<CallState<Result>, "again">>({
    data: undefined,
    error: undefined,
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  const key = `${method ?? ""} ${JSON.stringify(args)}`;
  const shown = useRef("");
  const again = useCallback(() => setRound((value) => value + 1), []);
  const client = gateway.value;
  const up = epoch.value;

  // Before it is read, so that no change falls in between.
  const masks = on.join(" ");
  useEffect(() => {
    if (client === undefined || masks === "") return;
    const stops = masks.split(" ").map((mask) => client.on(mask, again));
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, masks]);

  useEffect(() => {
    if (client === undefined || method === undefined) return;
    let isOver = false;
    const isSame = shown.current === key;
    shown.current = key;
    setState((before) => ({ data: isSame ? before.data : undefined, error: undefined, isLoading: true }));
    call<Result>(method, ...args).then(
      (data) => {
        if (!isOver) setState({ data, error: undefined, isLoading: false });
      },
      (error: CallError) => {
        if (!isOver) setState((before) => ({ data: before.data, error, isLoading: false }));
      },
    );
    return () => {
      isOver = true;
    };
  }, [client, key, round, up]);

  return { ...state, again };
}

/** Events that fit a mask, for as long as the component is shown. */
export function useEvents(mask: string, listener: (args: unknown, name: string) => void): void {
  const ref = useRef(listener);
  ref.current = listener;
  const client = gateway.value;
  useEffect(() => client?.on(mask, ({ args, name }) => ref.current(args, name)), [client, mask]);
}

/** Which queues changed, and in which other messages are parked; at most once a second while the component is shown. */
export function useQueueNews(
  listener: (news: { readonly queues: readonly string[]; readonly parked: readonly string[] }) => void,
): void {
  useEvents("bus.changed", (args) => listener(args as Parameters<typeof listener>[0]));
}

/** Runs something again and again while the component is shown, the page looked at and the line up. */
export function useEvery(ms: number, run: () => void): void {
  const ref = useRef(run);
  ref.current = run;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden && line.peek().kind === "ready") ref.current();
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}

/** Something that a person asks for: pending until the server has answered. */
export interface Act {
  readonly isPending: boolean;
  readonly error: CallError | undefined;
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
  readonly clear: () => void;
}

/** Runs one act at a time; says when it is pending and why it failed. `run` resolves with whether it went well. */
export function useAct(): Act {
  const [isPending, setPending] = useState(false);
  const [error, setError] = useState<CallError | undefined>();
  const busy = useRef(false);
  const run = useCallback(async (work: () => Promise<unknown>): Promise<boolean> => {
    if (busy.current) return false;
    busy.current = true;
    setPending(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setError((error as CallError).method === undefined ? describeError("", error) : (error as CallError));
      return false;
    } finally {
      busy.current = false;
      setPending(false);
    }
  }, []);
  return { isPending, error, run, clear: () => setError(undefined) };
}

/** Submits a task; resolves with its id. @throws {CallError} when it is refused. */
export async function submitTask(name: string, ...args: readonly unknown[]): Promise<number> {
  return await call<number>("task.submit", name, args);
}

/** Submits a task that writes a file; resolves with its id and where the file is streamed from. @throws {CallError} when it is refused. */
export async function submitDownload(
  name: string,
  args: unknown,
  fileName: string,
): Promise<{ readonly id: number; readonly address: string }> {
  const [id, addresses] = await call<readonly [number, readonly string[]]>("task.submit_with_download", name, [
    args,
    fileName,
  ]);
  return { id, address: addresses[0] ?? "" };
}
