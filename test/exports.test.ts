// Each public door and the names behind it, so that an addition is a decision. Update with `npx vitest run test/exports.test.ts -u`.

import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

const packagesDir = new URL("../packages/", import.meta.url);
const doors = readdirSync(packagesDir).flatMap((name) => {
  const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, packagesDir), "utf8"));
  const entries: [string, { source?: string }][] = Object.entries(manifest.exports);
  return entries.flatMap(([path, { source }]) =>
    source === undefined
      ? []
      : [{ door: `@switchboard/${name}${path.slice(1)}`, file: new URL(`${name}/${source}`, packagesDir) }],
  );
});

describe("public names", () => {
  it.each(doors)("$door", ({ file }) => {
    const text = readFileSync(file, "utf8").replaceAll(/\/\/.*$/gm, "");
    expect(text, "doors name what they export").not.toMatch(/export \*/);
    const names = [...text.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
      list
        .split(",")
        .map((name) =>
          name
            .trim()
            .replace(/^type /, "")
            .replace(/^.* as /, ""),
        )
        .filter((name) => name !== ""),
    );
    expect(names.toSorted()).toMatchSnapshot();
  });
});
