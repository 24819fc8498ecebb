// `npm run bench [subject …]`: runs bench/<subject>.ts one after another, each in a fresh process.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = new URL(".", import.meta.url);
const subjects = readdirSync(here)
  .filter((name) => name.endsWith(".bench.ts"))
  .map((name) => name.slice(0, -".bench.ts".length));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !subjects.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark named ${unknown.join(", ")}; there are ${subjects.join(", ")}.`);
  process.exit(2);
}
for (const subject of wanted.length > 0 ? wanted : subjects) {
  const file = fileURLToPath(new URL(`${subject}.bench.ts`, here));
  const { status } = spawnSync(process.execPath, ["--import", "tsx", "--conditions=source", "--expose-gc", file], {
    stdio: "inherit",
  });
  if (status !== 0) process.exitCode = 1;
}
