// Slows down whoever guesses passwords: by address, by user, and by both together. Memory is bounded, time comes from a clock.

import { isIPv6 } from "node:net";
import { type Clock, systemClock } from "@switchboard/core";
import { ServerError } from "../errors.ts";

/** How many failures are allowed, and what follows. */
export interface LoginThrottleOptions {
  /** Failures of one user from one address before it has to wait: default 5. */
  readonly maxFailures?: number;
  /** Failures from one address, whoever the users: default 20. */
  readonly maxFailuresPerAddress?: number;
  /** Failures of one user, whatever the addresses: default 100. */
  readonly maxFailuresPerUser?: number;
  /** First waiting time, milliseconds, default 5_000. It doubles with each further failure. */
  readonly delayMs?: number;
  /** Longest waiting time, milliseconds, default 900_000. */
  readonly maxDelayMs?: number;
  /** Failures are forgotten after so many milliseconds without another one, default 900_000. */
  readonly forgetAfterMs?: number;
  /** How many addresses and users are remembered: default 50_000. The ones longest quiet are forgotten first. */
  readonly maxEntries?: number;
  readonly clock?: Clock;
}

/** A login under way. It counts as failed until it is said to have succeeded, so that many at once do not slip through. */
export interface LoginAttempt {
  /** Takes back what this attempt counted, and forgets the failures of this user from this address. */
  succeeded(): void;
  /** Takes back what this attempt counted: nobody could say whether it was right. */
  undecided(): void;
}

interface Failures {
  count: number;
  lastAt: number;
  blockedUntil: number;
}

/** Counts failed logins. */
export class LoginThrottle {
  readonly #options: Required<LoginThrottleOptions>;
  // In the order of their last failure, oldest first.
  readonly #failures = new Map<string, Failures>();

  constructor(options: LoginThrottleOptions = {}) {
    this.#options = {
      maxFailures: 5,
      maxFailuresPerAddress: 20,
      maxFailuresPerUser: 100,
      delayMs: 5_000,
      maxDelayMs: 900_000,
      forgetAfterMs: 900_000,
      maxEntries: 50_000,
      clock: systemClock,
      ...options,
    };
  }

  /** How many addresses and users are remembered. */
  get size(): number {
    return this.#failures.size;
  }

  /**
   * Announces a login from `address` (an IP address, or any other text for a local peer). IPv6 addresses count by their /64 network.
   *
   * @throws {ServerError} AUTH_THROTTLED when it has to wait; `details.retryAfterMs` says how long.
   */
  attempt(address: string, username: string): LoginAttempt {
    const now = this.#options.clock.now();
    const network = networkOf(address);
    const both = JSON.stringify([network, username]);
    const counters: readonly [key: string, limit: number][] = [
      [both, this.#options.maxFailures],
      [`address ${network}`, this.#options.maxFailuresPerAddress],
      [`user ${username}`, this.#options.maxFailuresPerUser],
    ];
    const retryAfterMs = Math.max(...counters.map(([key]) => this.#blockedUntil(key, now) - now));
    if (retryAfterMs > 0) {
      const seconds = Math.ceil(retryAfterMs / 1000);
      throw new ServerError("AUTH_THROTTLED", `too many failed logins, try again in ${seconds} s`, {
        extra: { retryAfterMs },
        details: { retryAfterMs },
      });
    }
    for (const [key, limit] of counters) this.#count(key, limit, now);
    return {
      succeeded: () => {
        this.#failures.delete(both);
        for (const [key] of counters.slice(1)) this.#takeBack(key);
      },
      undecided: () => {
        for (const [key] of counters) this.#takeBack(key);
      },
    };
  }

  #blockedUntil(key: string, now: number): number {
    const failures = this.#failures.get(key);
    if (failures === undefined) return 0;
    if (failures.blockedUntil <= now && now - failures.lastAt >= this.#options.forgetAfterMs)
      this.#failures.delete(key);
    return failures.blockedUntil;
  }

  #count(key: string, limit: number, now: number): void {
    const failures = this.#failures.get(key) ?? { count: 0, lastAt: now, blockedUntil: 0 };
    failures.count++;
    failures.lastAt = now;
    if (failures.count >= limit) {
      const { delayMs, maxDelayMs } = this.#options;
      failures.blockedUntil = now + Math.min(delayMs * 2 ** (failures.count - limit), maxDelayMs);
    }
    this.#failures.delete(key);
    this.#failures.set(key, failures);
    if (this.#failures.size > this.#options.maxEntries) this.#forgetOldest();
  }

  #takeBack(key: string): void {
    const failures = this.#failures.get(key);
    if (failures === undefined) return;
    failures.count--;
    if (failures.count <= 0) this.#failures.delete(key);
    // This attempt may have been the one that reached the limit.
    else failures.blockedUntil = 0;
  }

  #forgetOldest(): void {
    for (const key of this.#failures.keys()) {
      this.#failures.delete(key);
      return;
    }
  }
}

/** One IPv6 user commands a whole /64. */
/** What counts as one origin: an IPv4 address, the /64 network of an IPv6 address, or any other text as it is. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  // An IPv4 address inside an IPv6 one is what it is.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
