// The sample frames, loaded from ../samples, one file per frame.

import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../samples/", import.meta.url);

/** Every sample by its file's name without ending, such as `rpc.call`, as the text on the wire. */
export const samples: ReadonlyMap<string, string> = new Map(
  readdirSync(folder).map((file) => [file.replace(/\.json$/, ""), readFileSync(new URL(file, folder), "utf8")]),
);
