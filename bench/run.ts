// `npm run bench [subject …] [-- --option …]`: runs bench/<subject>.bench.ts one after another, each in a fresh process, on the packages' built
// files, as their users run them. Options go to every subject; each says at its top which ones it has.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = new URL(".", import.meta.url);
const subjects = readdirSync(here)
  .filter((name) => name.endsWith(".bench.ts"))
  .map((name) => name.slice(0, -".bench.ts".length));
const firstOption = process.argv.findIndex((argument, index) => index > 1 && argument.startsWith("--"));
const end = firstOption === -1 ? process.argv.length : firstOption;
const wanted = process.argv.slice(2, end);
const options = process.argv.slice(end);
const unknown = wanted.filter((name) => !subjects.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark named ${unknown.join(", ")}; there are ${subjects.join(", ")}.`);
  process.exit(2);
}
for (const subject of wanted.length > 0 ? wanted : subjects) {
  const file = fileURLToPath(new URL(`${subject}.bench.ts`, here));
  // Without the condition `source`, so that packages are what `tsc` built; tsx reads only the benchmark itself.
  const { status } = spawnSync(process.execPath, ["--import", "tsx", "--expose-gc", file, ...options], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
