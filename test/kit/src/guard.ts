// Makes sure that what a test process started or created is gone when that process is gone, however it went, SIGKILL included.
// One small shell per process waits for its input to close and then works through a list that this file keeps up to date.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is to be undone when this process ends: a process group to kill, a file system to unmount, a folder to remove. */
export type Duty = `kill ${number}` | `unmount ${string}` | `remove ${string}`;

const script = `
while read -r _; do :; done
while read -r what value; do
  case $what in
    kill) kill -KILL "-$value" 2>/dev/null ;;
    unmount) umount -l "$value" 2>/dev/null ;;
  esac
done < "$1/duties"
while read -r what value; do
  [ "$what" = remove ] && rm -rf -- "$value"
done < "$1/duties"
rm -rf -- "$1"
`;

const duties = new Set<Duty>();
let list: string | undefined;

/** Has `duty` done when this process ends. Returns a function that takes it off the list again. */
export function guard(duty: Duty): () => void {
  list ??= startGuard();
  duties.add(duty);
  save(list);
  return () => {
    if (duties.delete(duty) && list !== undefined) save(list);
  };
}

// Written at once and not in the background: the very next thing that happens may be our death.
function save(path: string): void {
  writeFileSync(path, [...duties].map((duty) => `${duty}\n`).join(""));
}

function startGuard(): string {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-guard-"));
  const path = join(folder, "duties");
  save(path);
  // A session of its own, so that Ctrl-C on the terminal does not take it too.
  const shell: ChildProcess = spawn("/bin/sh", ["-c", script, "guard", folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.unref();
  const { stdin } = shell;
  if (stdin !== null && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  return path;
}
