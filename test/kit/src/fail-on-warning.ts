// Any warning of Node's (a listener leak, a deprecated call, an experimental interface by accident) fails the test file it appears in.

function failOnWarning(warning: Error): void {
  // Node 22 and 24 warn that their own SQLite is young; it is what we chose there.
  if (warning.name === "ExperimentalWarning" && warning.message.includes("SQLite")) return;
  throw warning;
}

// Once in a process: files that share one run this for each of them.
if (process.listeners("warning").every(({ name }) => name !== failOnWarning.name)) process.on("warning", failOnWarning);
