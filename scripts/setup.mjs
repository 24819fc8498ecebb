// Runs before `npm start`, `npm test`, `npm run check` and `npm run bench`: installs dependencies when the lock file has changed since the
// last time. With `--build` it also builds what `npm start` runs, when the source has changed: built files start in half the time and take half
// the memory of the source. Plain JavaScript, because nothing is installed when it first runs.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = `${root}node_modules/.switchboard-installed`;
const neededNode = [20, 19];

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < neededNode[0] || (major === neededNode[0] && minor < neededNode[1])) {
  console.error(`Switchboard needs Node ${neededNode.join(".")} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const wanted = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .update(process.versions.modules)
  .digest("hex");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  // `npm ci` begins by deleting everything: right for a fresh clone, wrong where another command may be using what is there.
  const command = existsSync(`${root}node_modules`) ? "install" : "ci";
  console.log(`Installing dependencies (npm ${command}); needed once, and after the lock file changes.`);
  const started = Date.now();
  const npm = spawnSync("npm", [command, "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    console.error(
      `npm ${command} failed; its output is above. It needs the npm registry, or a filled npm cache, once.`,
    );
    process.exit(npm.status ?? 1);
  }
  writeFileSync(stamp, wanted);
  console.log(`Installed in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

if (process.argv.includes("--build")) {
  if (!existsSync(`${root}packages/cli/dist/main.js`)) console.log("Building; needed once, and after changes.");
  // Types are the business of `npm run check`; without them it takes half the time.
  run("tsc", ["-b", "--noCheck", "packages/cli"], root);
  if (isConsoleStale()) run("vite", ["build", "--logLevel", "error"], `${root}packages/console`);
}

/** Runs one of our tools; ends this process when it fails. */
function run(tool, args, cwd) {
  const { status } = spawnSync(process.execPath, [`${root}node_modules/.bin/${tool}`, ...args], {
    cwd,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** True when the page was built before its newest source was written, or never. */
function isConsoleStale() {
  const built = `${root}packages/console/dist/index.html`;
  if (!existsSync(built)) return true;
  const builtMs = statSync(built).mtimeMs;
  const sources = ["console/src", "console/index.html", "client/src", "protocol/src"].map(
    (path) => `${root}packages/${path}`,
  );
  return sources.some((path) => newestMs(path) > builtMs);
}

function newestMs(path) {
  const own = statSync(path);
  if (!own.isDirectory()) return own.mtimeMs;
  return Math.max(own.mtimeMs, ...readdirSync(path).map((name) => newestMs(`${path}/${name}`)));
}
