// The service `lock`: named locks, owned by the connection that acquired them and released when it is gone.

import type { Caller, ServiceDefinition } from "../rpc/service.ts";
import type { Locks } from "./locks.ts";
import { text, timeout } from "./parameters.ts";

/** The definition of the service. */
export function lockService(locks: Locks): ServiceDefinition {
  // Calls from inside the process share one owner; plugins have their own, by `getLock`.
  const server = {};
  const gone = new WeakMap<Caller, { isGone: boolean }>();
  // A call may still be on its way when its connection closes: what it acquires then is released at once.
  const releaseWhenGone = (sender: Caller): void => {
    let state = gone.get(sender);
    if (state === undefined) {
      const watched = { isGone: false };
      gone.set(sender, watched);
      sender.onClose(() => {
        watched.isGone = true;
        locks.releaseAll(sender);
      });
      state = watched;
    }
    if (state.isGone) locks.releaseAll(sender);
  };
  const isLocked = {
    description: "Whether somebody has the lock",
    accepts: [text("name")],
    handler: (name: string) => locks.isLocked(name),
  };
  return {
    description: "Named locks",
    methods: {
      init: {
        description: "Creates a lock, if it is missing",
        accepts: [text("name")],
        handler: (name: string) => {
          locks.init(name);
          return null;
        },
      },
      acquire: {
        description: "Waits for a lock: true when acquired, false when not within the time (seconds)",
        accepts: [text("name"), timeout],
        passSender: true,
        handler: (name: string, seconds?: number | null, sender?: Caller) => {
          const timeoutMs = seconds === undefined || seconds === null ? null : seconds * 1000;
          const acquired = locks.acquire(name, sender ?? server, timeoutMs);
          if (sender !== undefined) releaseWhenGone(sender);
          return acquired;
        },
      },
      release: {
        description: "Releases a lock; EPERM when somebody else has it",
        accepts: [text("name")],
        passSender: true,
        handler: (name: string, sender?: Caller) => {
          locks.release(name, sender ?? server);
          return null;
        },
      },
      is_locked: isLocked,
      is_set: isLocked,
      get_locks: { description: "Names of the locks", handler: () => locks.names() },
    },
  };
}
