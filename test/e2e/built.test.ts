// What is published, not the source: the built command reads a TypeScript class and runs it, with the options that `npm start` gives to Node.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly scripts: { readonly start: string };
};
// Without the verb, and without the word `node`.
const command = scripts.start.split(" ").slice(1, -1);
// Inside the repository, so that the class finds our packages, as somebody's own does in a clone.
const folder = mkdtempSync(join(root, "test/e2e/own-"));
const file = join(folder, "switchboard.yaml");
let port: number;

beforeAll(async () => {
  execFileSync(process.execPath, [join(root, "scripts/setup.mjs"), "--build"], { cwd: root });
  port = await freePort();
  writeFileSync(
    join(folder, "shout.ts"),
    `import { type DefinedApplication, defineApplication } from "@switchboard/messaging";

export const ShoutApp: DefinedApplication = defineApplication({
  name: "ShoutApp",
  onMessage: ({ content }, reply) => reply(\`\${String(content).toUpperCase()}!\`),
});
`,
  );
  writeFileSync(
    file,
    `dispatcher: { websocket-port: 0, frontend-port: 0 }
workers:
  web:
    class: HttpApiTransport
    config:
      transport_name: app
      web_host: 127.0.0.1
      web_port: ${port}
      web_path: /messages
      reply_expected: true
      allowed_fields: [content]
      field_defaults: { to_addr: "8001", from_addr: curl, transport_type: http }
  shout: { class: "./shout.ts#ShoutApp", config: { transport_name: app } }
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const switchboard = (...args: readonly string[]) =>
  spawnSync(process.execPath, [...command, ...args], { cwd: root, encoding: "utf8" });

it("checks a file that names a TypeScript class, and says which line names one that is not there", () => {
  const { stdout, stderr, status } = switchboard("check", file);
  expect({ stdout, stderr, status }).toEqual({ stdout: `${file}: 2 workers, nothing wrong\n`, stderr: "", status: 0 });
  const wrong = join(folder, "wrong.yaml");
  writeFileSync(wrong, readFileSync(file, "utf8").replace("ShoutApp", "ShoutAp"));
  const refused = switchboard("check", wrong);
  expect(refused.status).toBe(1);
  expect(refused.stdout).toMatch(/wrong\.yaml:13: .*exports nothing named ShoutAp; did you mean .*#ShoutApp\?/);
});

it("runs it, and drains on SIGTERM", async () => {
  const gateway = spawn(process.execPath, [...command, "start", file, "--json"], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(gateway, "exit");
  try {
    const { value } = await createInterface({ input: gateway.stdout })[Symbol.asyncIterator]().next();
    expect(JSON.parse(String(value))).toMatchObject({ workers: [{ state: "running" }, { state: "running" }] });
    expect(await (await fetch(`http://127.0.0.1:${port}/messages?content=hello`)).text()).toBe("HELLO!");
  } finally {
    gateway.kill("SIGTERM");
  }
  expect(await exited).toEqual([0, null]);
});
