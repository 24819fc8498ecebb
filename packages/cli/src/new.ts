// `switchboard new`: writes a working skeleton of one part, with its test, and says which lines of configuration it needs.

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { Argument, Command } from "commander";
import { CliError } from "./errors.ts";
import { ownName } from "./options.ts";

/** What can be written. */
export const partKinds: readonly string[] = ["application", "transport", "router", "middleware", "plugin"];

const templates = new URL("../templates/", import.meta.url);

/** The verb. */
export function newCommand(): Command {
  return new Command("new")
    .description("write a working skeleton of a part, with a test")
    .addArgument(new Argument("<kind>", "what it is").choices(partKinds))
    .argument("<name>", "its name, such as night-desk; the class is NightDesk")
    .option("--folder <folder>", "where to; a plugin goes into plugins/ below it", ".")
    .option("--force", "overwrite files")
    .addHelpText("after", "\nExample:\n  switchboard new application night-desk --folder src")
    .action(write);
}

async function write(
  kind: string,
  given: string,
  { folder: base, force = false }: { readonly folder: string; readonly force?: boolean },
): Promise<void> {
  // Every file in a folder of plugins is taken for one.
  const folder = kind === "plugin" && basename(base) !== "plugins" ? join(base, "plugins") : base;
  const words = given.match(/[A-Z]?[a-z0-9]+/g) ?? [];
  if (words.length === 0 || !/^[A-Za-z]/.test(given)) {
    throw new CliError("CLI_INPUT_INVALID", `name: expected letters and digits, such as night-desk, got ${given}`);
  }
  const file = words.join("-").toLowerCase();
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  // As a configuration file in the folder where the command runs names it.
  const path = relative(process.cwd(), folder).replaceAll("\\", "/");
  const here = path === "" ? "." : path.startsWith(".") ? path : `./${path}`;
  const fill = async (template: string): Promise<string> =>
    (await readFile(new URL(`${kind}.${template}.txt`, templates), "utf8"))
      .replaceAll("NAME", name)
      .replaceAll("FILE", file)
      .replaceAll("FOLDER", here);
  const paths = ["ts", "test.ts"].map((extension) => join(folder, `${file}.${extension}`));
  const existing = paths.find((path) => existsSync(path));
  if (existing !== undefined && !force) {
    throw new CliError("CLI_FILE_EXISTS", `${existing} exists already; --force overwrites it`);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${file}.ts`), await fill("ts"));
  await writeFile(join(folder, `${file}.test.ts`), await fill("test.ts"));
  console.log(
    `${paths.join(" and ")} written. To run it, write into the gateway's file (\`${ownName} init\` writes one), which shall be in this folder, as paths begin at the file:\n\n${await fill("yaml")}\nTo test it: npx vitest run ${paths[1] ?? ""}`,
  );
}
