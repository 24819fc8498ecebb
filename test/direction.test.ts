// Packages import downwards only (the map below is the one in CONTRIBUTING.md), say what they import in their manifests, and have no import cycles.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const packagesDir = fileURLToPath(new URL("../packages", import.meta.url));

const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  links: ["core"],
  storage: ["core"],
  bus: ["core", "storage"],
  messaging: ["core", "storage", "bus"],
  transports: ["core", "storage", "bus", "messaging"],
  protocol: ["core"],
  server: ["core", "links", "storage", "protocol"],
  client: ["core", "protocol"],
  gateway: ["core", "links", "storage", "bus", "messaging", "transports", "protocol", "server"],
  console: ["client"],
  cli: ["core", "bus", "messaging", "gateway", "server", "client", "protocol"],
};
const browserSafe = new Set(["core", "protocol"]);
const packages = readdirSync(packagesDir);

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

describe.each(packages)("package %s", (name) => {
  const imports = sourceFiles(join(packagesDir, name, "src")).flatMap(readImports);
  const manifest = JSON.parse(readFileSync(join(packagesDir, name, "package.json"), "utf8"));

  it("imports only packages below it", () => {
    const siblings = imports.flatMap(({ specifier }) => /^@switchboard\/([^/]+)/.exec(specifier)?.[1] ?? []);
    const wrong = siblings.filter((sibling) => sibling !== name && !allowed[name]?.includes(sibling));
    expect([...new Set(wrong)]).toEqual([]);
  });

  it("names every package it imports in its manifest", () => {
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    const outside = imports.filter(({ specifier }) => !specifier.startsWith(".") && !specifier.startsWith("node:"));
    const missing = outside
      .map(({ specifier }) => packageName(specifier))
      .filter((dependency) => !(dependency in declared));
    expect([...new Set(missing)]).toEqual([]);
  });

  it.runIf(browserSafe.has(name))("imports nothing that a browser lacks", () => {
    expect(imports.filter(({ specifier }) => specifier.startsWith("node:"))).toEqual([]);
    if (name === "core") expect(Object.keys(manifest.dependencies)).toEqual([]);
  });

  it("has no import cycles", () => {
    const graph = new Map<string, string[]>();
    for (const { from, specifier, typeOnly } of imports) {
      if (typeOnly || !specifier.startsWith(".")) continue;
      graph.set(from, [...(graph.get(from) ?? []), resolve(dirname(from), specifier)]);
    }
    expect(findCycle(graph)).toEqual([]);
  });
});

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function readImports(from: string): Import[] {
  const text = readFileSync(from, "utf8");
  const pattern =
    /^\s*(?:import|export)\s+(type\s)?[^;"']*?from\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|^import\s+["']([^"']+)["']/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    from,
    specifier: match[2] ?? match[3] ?? match[4] ?? "",
    typeOnly: match[1] !== undefined || match[3] !== undefined,
  }));
}

function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The files of one cycle, or an empty list. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return [];
    path.push(file);
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const cycle = visit(file);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
