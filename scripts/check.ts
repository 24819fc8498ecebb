// `npm run check`: everything that can be said about the code without running it, each step named, all of them run, one verdict.

import { spawn } from "node:child_process";
import { styleText } from "node:util";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

const steps: readonly Step[] = [
  { name: "format", command: ["prettier", "--check", "--log-level=warn", "."] },
  { name: "lint", command: ["oxlint", "--type-aware"] },
  { name: "types", command: ["tsc", "-b"] },
  { name: "dead code", command: ["knip", "--no-progress"] },
  // Direction, cycles, error catalogue, public names: tests, so that `npm test` guards them too.
  { name: "shape", command: ["vitest", "run", "--project=repository", "--reporter=dot"] },
];

let failed = 0;
for (const { name, command } of steps) {
  const started = performance.now();
  const { code, output } = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? styleText("green", "ok  ") : styleText("red", "FAIL")} ${name} (${seconds} s)`);
  if (code !== 0) {
    failed++;
    console.log(output.trimEnd());
  }
}
if (failed > 0) {
  console.log(
    `\n${failed} of ${steps.length} checks failed. \`npm run format\` and \`npm run docs\` mend what can be mended by itself.`,
  );
  process.exitCode = 1;
}

function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn("npx", ["--no", "--", ...command], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
