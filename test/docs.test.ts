// The documentation leads somewhere: links, files shown as they are, gateway files without a mistake, and a program that prints what it says.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { checkGatewayFile } from "@switchboard/gateway";
import { tempFolder } from "@switchboard/testkit";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const docs = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => join("docs", name));
const readmes = readdirSync(join(root, "packages"))
  .map((name) => join("packages", name, "README.md"))
  .filter((path) => existsSync(join(root, path)));
const pages = [...docs, ...readmes];
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const blocks = pages.flatMap((page) =>
  [...read(page).matchAll(/^```(ts|yaml)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    page,
    language,
    text,
    path: /^(?:\/\/|#) (examples\/\S+)\n/.exec(text)?.[1],
  })),
);
const shown = blocks.flatMap(({ page, text, path }) => (path === undefined ? [] : [{ page, text, path }]));
const gatewayFiles = blocks.filter(
  ({ language, text }) => language === "yaml" && /^workers:\n {2}\S+:\n? .*class:/m.test(text),
);

/** The anchors of a page's headings, as they are made for Markdown: lower case, without punctuation, blanks as hyphens. */
function anchorsOf(path: string): string[] {
  const text = read(path).replaceAll(/^```[\s\S]*?^```$/gm, "");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("documentation", () => {
  it.each(pages)("%s links to what exists", (page) => {
    const prose = read(page).replaceAll(/^```[\s\S]*?^```$/gm, "");
    const dead = [...prose.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].flatMap(
      ([link, path = "", anchor]) => {
        const target = path === "" ? page : relative(root, join(root, dirname(page), path));
        if (!existsSync(join(root, target))) return [link];
        return anchor === undefined || !target.endsWith(".md") || anchorsOf(target).includes(anchor) ? [] : [link];
      },
    );
    expect(dead).toEqual([]);
  });

  it.each(shown)("$page shows $path as it is", ({ text, path }) => {
    const lines = read(path).split("\n");
    const afterOpening = lines.findIndex((line) => !/^(\/\/|#|$)/.test(line));
    expect(text.split("\n").slice(1).join("\n")).toBe(lines.slice(afterOpening).join("\n"));
  });

  it("shows gateway files in the guide", () => {
    expect(gatewayFiles.length).toBeGreaterThan(4);
  });

  it.each(gatewayFiles)("$page has a gateway file without a mistake: $path", async ({ text, path }) => {
    // Where classes are named by file, the folder matters.
    const file = path === undefined ? join(tempFolder(), "switchboard.yaml") : join(root, path);
    if (path === undefined) writeFileSync(file, text);
    expect((await checkGatewayFile(file)).problems).toEqual([]);
  });

  it.each(docs.filter((page) => page !== "docs/README.md"))("%s is in the index", (page) => {
    expect(read("docs/README.md")).toContain(`](${page.slice("docs/".length)})`);
  });
});
