// A process without permissions that tries to open database files. Arguments: the folder, what is wrong with it, whether to give up root.

import { chmodSync, existsSync } from "node:fs";
import { openKeyValue, openSql } from "@switchboard/storage";

const [, , folder = "", kind, identity] = process.argv;
const nobody = 65_534;
const path = `${folder}/file.db`;

chmodSync(folder, kind === "closed" ? 0o000 : 0o555);
if (existsSync(path)) chmodSync(path, 0o444);
// Its temporary folder belongs to root.
process.env["TMPDIR"] = "/nonexistent";
if (identity === "setuid") {
  process.setgroups?.([nobody]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}
const calls = { openKeyValue, openSql };
for (const [name, open] of Object.entries(calls)) {
  const result = await open({ driver: "sqlite", path }).then(
    () => "opened",
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
  console.log(`${name} ${result}`);
}
