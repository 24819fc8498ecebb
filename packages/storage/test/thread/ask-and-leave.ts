// A process that stores something and forgets to close.

import { tmpdir } from "node:os";
import { mkdtempSync, rmSync } from "node:fs";
import { openKeyValue } from "@switchboard/storage";

const folder = mkdtempSync(`${tmpdir()}/switchboard-`);
process.on("exit", () => rmSync(folder, { recursive: true }));
const store = await openKeyValue({ driver: "sqlite", path: `${folder}/key-value.db` });
await store.set("key", "1");
console.log(`stored ${await store.get("key")}`);
