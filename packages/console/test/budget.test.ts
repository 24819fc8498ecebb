// A4, A5: how much is sent for the first page and for each further one, gzipped, and that nothing foreign is asked for.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { builtConsole } from "./kit/build.ts";

const kB = 1024;

describe("built page", () => {
  let folder: string;
  const size = (name: string): number => gzipSync(readFileSync(join(folder, "assets", name))).length;
  let html = "";
  let files: readonly string[] = [];
  beforeAll(async () => {
    folder = await builtConsole(false);
    html = readFileSync(join(folder, "index.html"), "utf8");
    files = readdirSync(join(folder, "assets"));
  });

  const firstOf = (end: string): readonly string[] =>
    [...html.matchAll(/assets\/([\w.-]+)/g)].flatMap(([, name = ""]) => (name.endsWith(end) ? [name] : []));

  it("A4 sends at most 90 KB for the first page with its map, of which at most 12 KB style", () => {
    const script = firstOf(".js").reduce((sum, name) => sum + size(name), 0);
    const style = firstOf(".css").reduce((sum, name) => sum + size(name), 0);
    console.info(`first page: ${(script / kB).toFixed(1)} KB script, ${(style / kB).toFixed(1)} KB style, gzipped`);
    expect(script + style).toBeLessThanOrEqual(90 * kB);
    expect(style).toBeLessThanOrEqual(12 * kB);
  });

  it("A5 sends at most 20 KB for each further page, and 30 KB for charts, when one is shown", () => {
    const chunks = files.filter((name) => name.endsWith(".js") && !firstOf(".js").includes(name));
    expect(chunks.length).toBeGreaterThan(10);
    const most = (name: string): number => (/^uplot/i.test(name) ? 30 : 20) * kB;
    expect(chunks.filter((name) => size(name) > most(name)).map((name) => [name, size(name)])).toEqual([]);
  });

  it("has no inline script or style, no font, no foreign address, and no memory gateway", () => {
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|style=/);
    expect(files.filter((name) => /\.(?:woff2?|ttf|png|jpg)$/.test(name))).toEqual([]);
    const text = files.map((name) => readFileSync(join(folder, "assets", name), "utf8")).join("\n");
    const foreign = [...text.matchAll(/https?:\/\/[\w.-]+/g)].map(([address]) => address);
    expect(foreign.filter((address) => !/w3\.org|127\.0\.0\.1/.test(address))).toEqual([]);
    expect(text).not.toContain("clinic-line");
  });
});
