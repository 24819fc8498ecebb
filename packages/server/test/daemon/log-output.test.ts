import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "@switchboard/testkit";
import { expect, it, vi } from "vitest";
import { openLog } from "../../src/daemon/index.ts";

it("writes to a file that only its owner reads, and says on standard error what comes after its end", async () => {
  const path = join(tempFolder(), "switchboard.log");
  const spoken = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const log = openLog(`file:${path}`, "INFO");
  log.logger.info("before");
  await log.close();
  log.logger.info("after");
  expect(readFileSync(path, "utf8")).toContain('"msg":"before"');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(spoken.mock.calls.map(([line]) => String(line)).join("")).toContain('"msg":"after"');
  spoken.mockRestore();
});
