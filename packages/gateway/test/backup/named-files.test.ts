// Which files a configuration names, for a backup: those below its folder, with what their code imports; and what is said of the others.

import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { tempFolder } from "@switchboard/testkit";
import { expect, it } from "vitest";
import { namedFiles } from "../../src/backup/named-files.ts";
import { loadGatewayFile } from "../../src/config/gateway-file.ts";
import { plansOf } from "../../src/workers/plan.ts";

const elsewhere = join(tempFolder(), "far.pem");
writeFileSync(elsewhere, "");

const texts: Readonly<Record<string, string>> = {
  "switchboard.yaml": `dispatcher: { plugin-dirs: [plugins], pidfile: run/pid, tls-certificate: cert.pem, tls-keyfile: ${elsewhere} }
workers:
  one: { class: "./classes/one.mjs#One", config-file: options/one.yaml }
  two: !include two.yaml
`,
  "options/one.yaml": "{ transport_name: one, words: words.txt, text: There is no such thing as a.file }",
  "options/words.txt": "hello",
  "two.yaml": "class: EchoWorker",
  "classes/one.mjs": `import "./deep/two.js"; import { x } from '../shared.mjs'; import "@switchboard/messaging"; import "./gone.mjs";`,
  "classes/deep/two.ts": "export const two = require('../one.mjs');",
  "shared.mjs": "",
  "plugins/first.mjs": "",
  "plugins/node_modules/huge/index.js": "",
  "run/pid": "1",
  "cert.pem": "",
  "unnamed.txt": "",
  "node_modules/package.json": "{}",
};

it("finds what is named, once, and says what lies elsewhere", async () => {
  const folder = realpathSync(tempFolder());
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const file = await loadGatewayFile(join(folder, "switchboard.yaml"));
  const except = [join(folder, "run/pid"), join(folder, "switchboard.yaml")];
  const found = await namedFiles({ file, plans: await plansOf(file), except });
  expect(found.files.map((path) => relative(folder, path)).toSorted()).toEqual([
    "cert.pem",
    "classes/deep/two.ts",
    "classes/one.mjs",
    "options/one.yaml",
    "options/words.txt",
    "plugins/first.mjs",
    "shared.mjs",
    "two.yaml",
  ]);
  expect(found.left).toEqual([`${elsewhere}: it is not below ${folder}`]);
  expect(found.packages).toBe(join(folder, "node_modules"));
});
