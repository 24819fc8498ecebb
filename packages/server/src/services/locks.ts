// Named locks for clients and plugins. Each is held by somebody, who alone may release it and whose leaving releases it.

import { type Clock, systemClock, type Timer } from "@switchboard/core";
import { errno, RpcError } from "@switchboard/protocol";

interface Waiter {
  readonly owner: object;
  readonly resolve: (acquired: boolean) => void;
  timer: Timer | undefined;
}

interface Lock {
  holder: object | undefined;
  /** In the order in which they came. */
  readonly waiters: Set<Waiter>;
}

/** One lock in the hands of one owner. */
export interface LockHandle {
  /** True when acquired, false when not within `timeoutMs` (default: waits for ever). Whoever has it already waits like everybody. */
  acquire(timeoutMs?: number): Promise<boolean>;
  release(): void;
}

const maxLocks = 10_000;
const maxWaiters = 1_000;

/** All locks by name. Owners are compared by identity. */
export class Locks {
  readonly #clock: Clock;
  readonly #locks = new Map<string, Lock>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Makes a lock, if it is missing. @throws {RpcError} EBUSY (too many), EINVAL (no name). */
  init(name: string): void {
    this.#need(name);
  }

  /**
   * Waits for a lock, which is made when it is missing. True when acquired, false when not within `timeoutMs` (null: waits for ever).
   *
   * Order: first come, first served.
   *
   * @throws {RpcError} EBUSY (too many locks, or too many wait), EINVAL (no name).
   */
  acquire(name: string, owner: object, timeoutMs: number | null = null): Promise<boolean> {
    const lock = this.#need(name);
    if (lock.holder === undefined) {
      lock.holder = owner;
      return Promise.resolve(true);
    }
    if (timeoutMs !== null && timeoutMs <= 0) return Promise.resolve(false);
    if (lock.waiters.size >= maxWaiters) throw new RpcError(errno.EBUSY, `too many wait for the lock ${name}`);
    return new Promise((resolve) => {
      const waiter: Waiter = { owner, resolve, timer: undefined };
      const giveUp = (): void => void (lock.waiters.delete(waiter) && resolve(false));
      if (timeoutMs !== null) waiter.timer = this.#clock.setTimer(giveUp, timeoutMs);
      lock.waiters.add(waiter);
    });
  }

  /** Releases a lock; nothing happens when it is free. @throws {RpcError} EPERM when somebody else has it. */
  release(name: string, owner: object): void {
    const lock = this.#locks.get(name);
    if (lock?.holder === undefined) return;
    if (lock.holder !== owner) throw new RpcError(errno.EPERM, `the lock ${name} is held by somebody else`);
    this.#passOn(lock);
  }

  /** Releases everything that an owner has, and ends its waiting with false. */
  releaseAll(owner: object): void {
    for (const lock of this.#locks.values()) {
      for (const waiter of lock.waiters) {
        if (waiter.owner !== owner) continue;
        lock.waiters.delete(waiter);
        waiter.timer?.cancel();
        waiter.resolve(false);
      }
      if (lock.holder === owner) this.#passOn(lock);
    }
  }

  isLocked(name: string): boolean {
    return this.#locks.get(name)?.holder !== undefined;
  }

  names(): string[] {
    return [...this.#locks.keys()];
  }

  /** A lock for one owner. */
  handle(name: string, owner: object): LockHandle {
    return {
      acquire: async (timeoutMs) => this.acquire(name, owner, timeoutMs ?? null),
      release: () => this.release(name, owner),
    };
  }

  #need(name: string): Lock {
    const existing = this.#locks.get(name);
    if (existing !== undefined) return existing;
    if (name === "" || name.length > 256)
      throw new RpcError(errno.EINVAL, "expected a lock's name of 1 to 256 characters");
    if (this.#locks.size >= maxLocks) throw new RpcError(errno.EBUSY, `there are ${maxLocks} locks already`);
    const lock: Lock = { holder: undefined, waiters: new Set() };
    this.#locks.set(name, lock);
    return lock;
  }

  #passOn(lock: Lock): void {
    lock.holder = undefined;
    for (const waiter of lock.waiters) {
      lock.waiters.delete(waiter);
      waiter.timer?.cancel();
      lock.holder = waiter.owner;
      waiter.resolve(true);
      return;
    }
  }
}
