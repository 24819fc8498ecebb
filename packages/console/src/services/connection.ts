// The line to the gateway: the only file that knows how the client is made. Pages call `gateway.value` through the hooks of use-call.ts; whether it
// is the real one or the memory gateway of the tests they cannot tell.

import { type ReadonlySignal, type Signal, computed, signal } from "@preact/signals";
import { presentTime } from "./clock.ts";

/** What the page needs of a client. */
export interface Gateway {
  call(method: string, args?: readonly unknown[], options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  stream(
    method: string,
    args?: readonly unknown[],
    options?: { readonly signal?: AbortSignal },
  ): AsyncIterable<unknown>;
  /** Calls the listener for each event that fits the mask; returns what stops it. */
  on(mask: string, listener: (event: { readonly name: string; readonly args: unknown }) => void): () => void;
  readonly state: "connecting" | "ready" | "reconnecting" | "closed";
  onStateChange(listener: (state: Gateway["state"]) => void): () => void;
  readonly token: string | undefined;
  readonly username: string | undefined;
  /** The attempt to connect again that is to come; `at` in milliseconds of this browser's clock. */
  readonly nextAttempt: { readonly number: number; readonly at: number } | undefined;
  /** Makes that attempt now. */
  tryNow(): void;
  close(): Promise<void>;
}

/** How a session is begun. */
export type Login =
  { readonly username: string; readonly password: string } | { readonly token: string } | { readonly link: string };

/** Opens a gateway; the entry gives the real one, tests the memory one. */
export type Opener = (login: Login) => Promise<Gateway>;

/** How the line is. */
export interface LineState {
  readonly kind: "out" | "ready" | "lost";
  /** Since when it is lost. */
  readonly since?: Date;
  /** How long the line was away when it last came back, until that has been said. `messages`: undefined until it is known what there is to tell. */
  readonly back?: { readonly awayMs: number; readonly messages?: number | null; readonly restartedAt?: Date };
}

const gatewaySignal = signal<Gateway | undefined>();
const lineSignal: Signal<LineState> = signal({ kind: "out" });
const latencySignal = signal<number | undefined>();

/** The client, once somebody is logged in. */
export const gateway: ReadonlySignal<Gateway | undefined> = gatewaySignal;
/** How the line is. */
export const line: ReadonlySignal<LineState> = lineSignal;
/** Round trip of the last ping, in milliseconds. */
export const latencyMs: ReadonlySignal<number | undefined> = latencySignal;
/** Whether what is shown is from before the line was lost. */
export const isStale: ReadonlySignal<boolean> = computed(() => lineSignal.value.kind === "lost");
/** Counts how often the line has come up, so that what was read is read again. */
export const epoch: Signal<number> = signal(0);

let open: Opener | undefined;
const tokenKey = "switchboard.token";

/** Says how gateways are opened. Called once by the entry. */
export function useOpener(opener: Opener): void {
  open = opener;
}

/** The token of the session this browser is in, if it is in one. */
export function rememberedToken(): string | undefined {
  return localStorage.getItem(tokenKey) ?? undefined;
}

/** Opens the line as somebody. @throws what the client throws: refused, unreachable. */
export async function logIn(login: Login): Promise<void> {
  if (open === undefined) throw new Error("the entry gives an opener first");
  const client = await open(login);
  keepToken(client);
  client.onStateChange((state) => {
    // Each login, also that of a line that came back, gives a new token.
    if (state === "ready") keepToken(client);
    follow(state);
  });
  gatewaySignal.value = client;
  lineSignal.value = { kind: "ready" };
  epoch.value++;
}

/** Ends the session on both sides. */
export async function logOut(): Promise<void> {
  localStorage.removeItem(tokenKey);
  const client = gatewaySignal.peek();
  gatewaySignal.value = undefined;
  lineSignal.value = { kind: "out" };
  // Without it the token would be good for some minutes more.
  await client?.call("auth.logout").catch(() => undefined);
  await client?.close();
}

function keepToken({ token }: Gateway): void {
  if (token !== undefined) localStorage.setItem(tokenKey, token);
}

/** Forgets a session that the server has ended; what is on the page stays. */
function sessionOver(): void {
  localStorage.removeItem(tokenKey);
  gatewaySignal.value = undefined;
  lineSignal.value = { kind: "out" };
}

/** What came back has been told. */
export function forgetBack(): void {
  const { back: _, ...rest } = lineSignal.peek();
  lineSignal.value = rest;
}

/** Adds what is known about the time away; null when nobody counted. */
export function describeBack(messages: number | null, restartedAt?: Date): void {
  const state = lineSignal.peek();
  if (state.back === undefined) return;
  const restarted = restartedAt === undefined ? {} : { restartedAt };
  lineSignal.value = { ...state, back: { ...state.back, messages, ...restarted } };
}

/** Measures the round trip now. */
export async function ping(): Promise<void> {
  const client = gatewaySignal.peek();
  if (client === undefined || lineSignal.peek().kind !== "ready") return;
  const started = performance.now();
  try {
    await client.call("management.ping");
    latencySignal.value = Math.round(performance.now() - started);
  } catch {
    latencySignal.value = undefined;
  }
}

function follow(state: Gateway["state"]): void {
  const before = lineSignal.peek();
  if (state === "ready") {
    if (before.kind !== "lost") return;
    const awayMs = before.since === undefined ? 0 : presentTime().getTime() - before.since.getTime();
    lineSignal.value = { kind: "ready", back: { awayMs } };
    epoch.value++;
    return;
  }
  if (state === "closed") {
    if (gatewaySignal.peek() !== undefined) sessionOver();
    return;
  }
  lineSignal.value = { kind: "lost", since: before.since ?? presentTime() };
}
