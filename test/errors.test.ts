// The error catalogue and its page say the same, in both directions; codes are well formed and belong to one package only.

import { readFileSync, readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { catalogues } from "../scripts/errors-page.ts";

const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
const onPage = [...page.matchAll(/^\| `([A-Z_]+)`\s*\| (yes|no)\s*\| (.+?)\s*\| (.+?)\s*\|$/gm)].map((row) =>
  row.slice(1),
);
const inCode = Object.values(catalogues).flatMap((catalogue) =>
  Object.entries(catalogue).map(([code, { retryable, meaning, remedy }]) => [
    code,
    retryable ? "yes" : "no",
    meaning,
    remedy,
  ]),
);

it("the page lists exactly the codes in the catalogue (mend with `npm run docs`)", () => {
  expect(onPage).toEqual(inCode);
});

it("codes are AREA_WHAT, each declared once", () => {
  const codes = inCode.map(([code]) => code);
  expect(codes.filter((code) => !/^[A-Z]+(_[A-Z]+)+$/.test(code ?? ""))).toEqual([]);
  expect(codes).toEqual([...new Set(codes)]);
});

it("every package with an errors.ts takes part", () => {
  const packages = readdirSync(new URL("../packages", import.meta.url)).filter((name) =>
    readdirSync(new URL(`../packages/${name}/src`, import.meta.url)).includes("errors.ts"),
  );
  expect(Object.keys(catalogues).toSorted()).toEqual(packages.toSorted());
});
