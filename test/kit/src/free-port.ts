// Ports for servers that cannot be told "any port", or that must come back on the same one.

import { createServer } from "node:net";

// Below the range from which Linux and macOS take ports for outgoing connections and for "any port",
// so that nobody gets this one while its server is being restarted.
const lowest = 20_000;
const highest = 32_000;

/** Returns a port on 127.0.0.1 that nobody listens on and that the system will not hand out by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
