// Checks a configuration file and all the workers in it, without opening or starting anything.

import { silentLogger } from "@switchboard/core";
import { ClassError, ConfigError, type ConfigIssue } from "@switchboard/messaging";
import type { ConfigLocation } from "@switchboard/messaging/config";
import { MessageStore } from "@switchboard/messaging/store";
import { openKeyValue } from "@switchboard/storage";
import { builtInClasses } from "../classes.ts";
import { LocalHost } from "../workers/local-host.ts";
import { planOf } from "../workers/plan.ts";
import { factsOf } from "../workers/worker-facts.ts";
import { connectionHints, type PlannedWorker } from "./check-connections.ts";
import { closedBus } from "./closed-bus.ts";
import { type GatewayFile, loadGatewayFile } from "./gateway-file.ts";

/** One thing that is wrong. */
export interface FileProblem {
  /** The worker that it is about; undefined for the rest of the file. */
  readonly worker: string | undefined;
  /** What is wrong, with file, line and key where they are known. */
  readonly text: string;
  /** The same taken apart; undefined for what is not about a key. */
  readonly issue: ConfigIssue | undefined;
}

/** Everything that is wrong with a configuration file, and how many workers were checked. */
export interface FileCheck {
  readonly problems: readonly FileProblem[];
  /** What is odd and no reason to refuse the file: misspelt names of optional settings, deprecated ones, workers that nobody is connected with. */
  readonly warnings: readonly Pick<FileProblem, "worker" | "text">[];
  readonly workers: number;
}

/** Checks the file at `path`. Never throws for what is wrong with the file. */
export async function checkGatewayFile(path: string): Promise<FileCheck> {
  let file: GatewayFile;
  try {
    file = await loadGatewayFile(path);
  } catch (error) {
    return { problems: problemsOf(error, undefined), warnings: [], workers: 0 };
  }
  const warnings: Pick<FileProblem, "worker" | "text">[] = file.warnings.map((text) => ({ worker: undefined, text }));
  const keyValue = await openKeyValue({ driver: "memory" });
  const observer = { handled: () => undefined, published: () => undefined };
  const host = new LocalHost({
    bus: closedBus,
    keyValue,
    messageStore: file.config.store.enabled ? closedStore : undefined,
    observer,
    loggerOf: (worker) => ({ ...silentLogger, warn: (_fields, text) => void warnings.push({ worker, text }) }),
  });
  const problems: FileProblem[] = [];
  const classes = builtInClasses();
  const sound: PlannedWorker[] = [];
  const names = Object.keys(file.config.workers);
  for (const name of names) {
    const place = file.source.locate(["workers", name, "class"]);
    try {
      const plan = await planOf(file, name);
      await host.check(plan);
      const { className, source } = plan;
      const folder = source.folder === undefined ? {} : { folder: source.folder };
      const loaded = await classes.load(className, { kind: "worker", ...folder });
      sound.push({ plan, facts: factsOf(loaded, source.values) });
    } catch (error) {
      problems.push(...problemsOf(error, name, place));
    }
  }
  await keyValue.close();
  // With some that are wrong, it would be said of others that nobody reads what they send.
  if (problems.length === 0) warnings.push(...connectionHints(sound, file.config.bus.driver === "embedded"));
  return { problems, warnings, workers: names.length };
}

function problemsOf(error: unknown, worker: string | undefined, place?: ConfigLocation): FileProblem[] {
  if (error instanceof ConfigError && error.issues.length > 0) {
    return error.issues.map((issue) => ({ worker, text: describe(issue), issue }));
  }
  const text = error instanceof Error ? error.message : String(error);
  const at = place?.line === undefined ? "" : `${place.source}:${place.line}: `;
  return [{ worker, text: `${at}${error instanceof ClassError ? "class: " : ""}${text}`, issue: undefined }];
}

function describe({ source, line, path, problem, hint }: ConfigIssue): string {
  const place = [source, line].filter((part) => part !== undefined).join(":");
  return [place, path, hint === undefined ? problem : `${problem}; ${hint}`].filter((part) => part !== "").join(": ");
}

// Making a worker does not touch its store; starting it would.
const closedStore = Object.create(MessageStore.prototype) as MessageStore;
