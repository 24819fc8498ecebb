// What one makes for all.

import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { oncePerRun } from "@switchboard/testkit";
import { expect, it } from "vitest";

it("is made once; whoever asks meanwhile or later finds it finished", async () => {
  const name = randomUUID();
  let made = 0;
  const read = async (): Promise<string> => {
    const folder = await oncePerRun(name, async (empty) => {
      await Promise.resolve();
      writeFileSync(join(empty, "file"), String(++made));
    });
    return readFileSync(join(folder, "file"), "utf8");
  };
  expect(await Promise.all([read(), read()])).toEqual(["1", "1"]);
  expect(await read()).toBe("1");
});

it("tells everybody why it could not be made", async () => {
  const name = randomUUID();
  const ask = (): Promise<string> => oncePerRun(name, () => Promise.reject(new Error("no vite")));
  const [one, other] = await Promise.allSettled([ask(), ask()]);
  expect([one, other]).toMatchObject([{ reason: { message: "no vite" } }, { reason: { message: "Error: no vite" } }]);
});
