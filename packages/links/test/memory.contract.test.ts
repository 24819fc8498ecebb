// The contract, in memory: both ends in this process.

import {
  farDispatcher,
  FarPeer,
  hostilePeer,
  type LinkHarness,
  linkContract,
  memoryLinkPair,
} from "@switchboard/links/testing";

linkContract("memory", { comesBack: true }, async (): Promise<LinkHarness> => {
  const memory = { previous: undefined };
  return {
    async connect(role, options) {
      const pair = memoryLinkPair(options);
      if (role === "peer") pair.far.start(new FarPeer(pair.far, memory));
      else if (role === "hostile")
        pair.far.start(hostilePeer((raw) => pair.inject({ switchboard: [raw, raw.length] })));
      else void farDispatcher(role).join(pair.far);
      return { ...pair, link: pair.near };
    },
    close: async () => undefined,
  };
});
