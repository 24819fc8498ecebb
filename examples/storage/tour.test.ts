import { readFileSync } from "node:fs";
import { spawnNode, tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../packages/storage/README.md", import.meta.url), "utf8");
const example = new URL("tour.ts", import.meta.url);

it("prints what the README says, and ends by itself", async () => {
  const child = spawnNode(example, [tempFolder()]);
  const lines: string[] = [];
  for await (const line of child.lines) lines.push(line);
  expect(lines).toEqual(["menu in session:+27831234567", "note 1: call back", "STORAGE_CONSTRAINT"]);
  expect(readme).toContain(`\`\`\`\n${lines.join("\n")}\n\`\`\``);
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

it("is what the README shows", () => {
  const code = readFileSync(example, "utf8").split("\n").slice(2).join("\n");
  expect(readme).toContain(`\`\`\`ts\n// examples/storage/tour.ts\n${code}\`\`\``);
});
