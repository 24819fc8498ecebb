// Preloaded into the gateway that is watched for leaks: says on request how much memory it has after everything that can be collected was.
// Plain JavaScript, because it runs before any loader does.

process.on("message", (message) => {
  if (message !== "sample") return;
  globalThis.gc();
  // What the first round let go of may be held by finalizers only.
  setImmediate(() => {
    globalThis.gc();
    const { heapUsed, external, rss } = process.memoryUsage();
    process.send({ heapUsed, external, rss });
  });
});
process.channel?.unref();
