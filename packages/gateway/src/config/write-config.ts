// Writes changes of workers, made while the gateway ran, back into its configuration file; and says before what would be written, or why it
// cannot be. What the file says afterwards must read as what the gateway runs, else nothing is written.

import { isDeepStrictEqual } from "node:util";
import type { ClassLoader } from "@switchboard/messaging/config";
import { GatewayError } from "../errors.ts";
import { type GatewayWorkerPlan, plansOf } from "../workers/plan.ts";
import { digestOf } from "../workers/revision.ts";
import type { Roster } from "../workers/roster.ts";
import { type GatewayFile, parseGatewayFile } from "./gateway-file.ts";
import { isOptions } from "./masking.ts";
import { maskedText } from "./masked-text.ts";
import { placeRefusal, partsRefusal, sharedRefusal } from "./file-refusals.ts";
import { replaceFile } from "./replace-file.ts";
import { textDiff } from "./text-diff.ts";
import { entriesOf, isSame, type Running } from "./worker-entries.ts";
import { type WorkerEntry, writtenText } from "./written-text.ts";

/** The file as the gateway read it last; another one after it was written. */
export interface CurrentFile {
  file: GatewayFile;
  /** One writing at a time. */
  writing?: Promise<unknown>;
}

/** What the writing of a file needs. */
export interface FileSources {
  readonly current: CurrentFile;
  readonly roster: Roster;
  readonly classes: ClassLoader;
}

/** What of a worker is other than in the file. */
export interface FileChange {
  readonly name: string;
  readonly change: "added" | "changed" | "removed";
  /** Names of its options that differ, and `class`, `group`, `label`, `enabled`. */
  readonly options: readonly string[];
}

/** What writing the file would do. */
export interface FileChanges {
  /** Absolute; undefined for a configuration that came from no file. */
  readonly path: string | undefined;
  readonly isNew: boolean;
  readonly workers: readonly FileChange[];
  /** Of the file, secrets masked. */
  readonly diff: string;
  /** Stands for exactly these changes. */
  readonly revision: string;
  /** Why it cannot be written, and what to do instead. */
  readonly refusal: GatewayError | undefined;
}

/** The whole configuration as it stands now, as text of the file; unless `secrets`, they are masked. */
export async function exportConfig(sources: FileSources, { secrets }: { readonly secrets: boolean }): Promise<string> {
  const { text } = await draftOf(sources);
  return secrets ? text : maskedText(text, plansIn(sources.roster), sources.classes);
}

/** What writing would do. */
export async function fileChanges(sources: FileSources): Promise<FileChanges> {
  return changesOf(sources, await draftOf(sources));
}

/**
 * Writes the file, a copy of the former beside it as `.bak`; the workers in it then count as the file's. Nothing is restarted.
 *
 * @throws {GatewayError} GATEWAY_FILE_CHANGED also when `revision` is given and the changes are others by now; GATEWAY_FILE_READ_ONLY,
 * GATEWAY_FILE_PARTS. Nothing is written then.
 */
export function writeConfig(sources: FileSources, revision?: string): Promise<FileChanges> {
  const { current } = sources;
  const done = (current.writing ?? Promise.resolve()).then(() => writeNow(sources, revision));
  current.writing = done.catch(() => undefined);
  return done;
}

async function writeNow(sources: FileSources, revision: string | undefined): Promise<FileChanges> {
  const { current, roster } = sources;
  const draft = await draftOf(sources);
  const changes = await changesOf(sources, draft);
  if (revision !== undefined && revision !== changes.revision) {
    throw new GatewayError(
      "GATEWAY_FILE_CHANGED",
      "workers were changed meanwhile; nothing was written. Look at the changes again",
    );
  }
  if (changes.refusal !== undefined) throw changes.refusal;
  const { file } = current;
  if (draft.text !== file.text || !file.isThere) await replaceFile(file, draft.text);
  current.file = { ...draft.after, isThere: true };
  await roster.adopt(await plansOf(current.file), draft.seen);
  return changes;
}

interface Draft {
  readonly text: string;
  /** The file with that text. */
  readonly after: GatewayFile;
  readonly entries: readonly WorkerEntry[];
  /** The plans that it was made of. */
  readonly seen: ReadonlyMap<string, GatewayWorkerPlan>;
  readonly refusal: GatewayError | undefined;
}

async function draftOf({ current, roster }: FileSources): Promise<Draft> {
  const { file } = current;
  const workers = roster.workers.map((worker) => ({ plan: worker.plan, isEnabled: roster.isWanted(worker) }));
  const entries = entriesOf(await plansOf(file), { file, workers });
  const text = writtenText(file.text, entries);
  const parsed = await parseGatewayFile(text, file.name, file.source.folder ?? ".").catch(() => undefined);
  const after = parsed === undefined ? file : { ...parsed, dataFolder: file.dataFolder, path: file.path };
  const seen = new Map(workers.map(({ plan }) => [plan.name, plan]));
  const refusal =
    (await placeRefusal(file)) ??
    partsRefusal(file, { entries, workers }) ??
    (parsed !== undefined && (await saysTheSame(file, { file: after, workers })) ? undefined : sharedRefusal(file));
  return { text, after, entries, seen, refusal };
}

async function changesOf({ current: { file }, roster, classes }: FileSources, draft: Draft): Promise<FileChanges> {
  const { text, entries, refusal } = draft;
  const [before, after] = await Promise.all([
    maskedText(file.text, await plansOf(file), classes),
    maskedText(text, plansIn(roster), classes),
  ]);
  return {
    path: file.path,
    isNew: !file.isThere,
    workers: entries.map(changeOf),
    diff: textDiff(before, after),
    revision: digestOf([file.text, text]),
    refusal,
  };
}

function plansIn(roster: Roster): GatewayWorkerPlan[] {
  return roster.workers.map(({ plan }) => plan);
}

function changeOf({ name, before, after }: WorkerEntry): FileChange {
  if (before === undefined) return { name, change: "added", options: [] };
  if (after === undefined) return { name, change: "removed", options: [] };
  const [{ config: old, ...outer }, { config: fresh, ...outerNow }] = [before, after];
  return { name, change: "changed", options: [...differing(outer, outerNow), ...differing(old, fresh)] };
}

function differing(before: unknown, after: unknown): string[] {
  const [old, fresh] = [isOptions(before) ? before : {}, isOptions(after) ? after : {}];
  const keys = new Set([...Object.keys(old), ...Object.keys(fresh)]);
  return [...keys].filter((key) => !isDeepStrictEqual(old[key], fresh[key]));
}

/** Whether the changed file reads as what runs, and is otherwise what it was. */
async function saysTheSame(before: GatewayFile, { file: after, workers }: Running): Promise<boolean> {
  const { workers: _before, ...rest } = before.source.values;
  const { workers: _after, ...restAfter } = after.source.values;
  const plans = new Map((await plansOf(after)).map((plan) => [plan.name, plan]));
  return (
    isDeepStrictEqual(rest, restAfter) &&
    plans.size === workers.length &&
    workers.every((worker) => isSame(worker, plans.get(worker.plan.name)))
  );
}
