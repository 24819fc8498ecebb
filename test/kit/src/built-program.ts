// Small programs of tests, which are TypeScript, as JavaScript on what was built of our packages: they start in a third of the time that tsx takes to
// load them. Whoever starts a program many times asks for it; what needs the source of our packages is given to `spawnNode` as it is.

import { createHash } from "node:crypto";
import { mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Below the repository, so that the packages are found.
const folder = fileURLToPath(new URL("../../../node_modules/.cache/test-programs", import.meta.url));

/**
 * Compiles `program` with the files that it imports by path, and resolves with the file to start, by {@link spawnNode} or as a thread.
 *
 * Packages stay imports. `import.meta.url` is the program's own in all of its files.
 */
export async function builtProgram(program: URL): Promise<URL> {
  const path = fileURLToPath(program);
  const outfile = join(folder, `${basename(path, ".ts")}-${createHash("sha1").update(path).digest("hex")}.mjs`);
  // Other test files may be starting what is there.
  const unfinished = `${outfile}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  // Only now: most test files compile nothing.
  const { build } = await import("esbuild");
  await build({
    entryPoints: [path],
    outfile: unfinished,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    define: { "import.meta.url": JSON.stringify(program.href) },
    logLevel: "error",
  });
  renameSync(unfinished, outfile);
  return pathToFileURL(outfile);
}
