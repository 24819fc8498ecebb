// Harnesses of the contract suite for IPC and worker threads: one far process or thread per role, kept from case to case until it is killed.

import { type FarConnection, type FarRole, type LinkHarness } from "@switchboard/links/testing";

/** One far process or thread. */
export interface FarEnd extends Pick<FarConnection, "stall" | "heal"> {
  connect(options: Parameters<LinkHarness["connect"]>[1]): FarConnection["link"];
  kill(): Promise<unknown>;
}

/** A harness that has `start` start far ends. */
export function pipeHarness(start: (role: FarRole) => FarEnd): LinkHarness {
  const ends = new Map<FarRole, FarEnd>();
  const kill = async (role: FarRole): Promise<void> => {
    const end = ends.get(role);
    ends.delete(role);
    await end?.kill();
  };
  return {
    async connect(role, options) {
      const end = ends.get(role) ?? start(role);
      ends.set(role, end);
      return { link: end.connect(options), cut: () => kill(role), stall: () => end.stall(), heal: () => end.heal() };
    },
    async close() {
      for (const role of ends.keys()) await kill(role);
    },
  };
}
