// Somebody else saved meanwhile: both versions side by side, option by option. Nothing is overwritten that the person did not choose.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural, textOf } from "../format.ts";
import type { Schema } from "../services/types.ts";
import { type Difference, type Values, differences, merged } from "./form-merge.ts";
import { labelOf } from "./form-model.ts";
import { Lamp } from "./lamp.tsx";

/** What a conflict is given. */
export interface ConflictProps {
  readonly name: string;
  readonly schema: Schema;
  readonly before: Values;
  readonly theirs: Values;
  readonly yours: Values;
  /** What is to be saved now, on top of theirs. */
  readonly onGoOn: (values: Values) => void;
  readonly onDrop: () => void;
}

/** The question. */
export function Conflict({ name, schema, before, theirs, yours, onGoOn, onDrop }: ConflictProps): JSX.Element {
  const found = differences(before, theirs, yours);
  const both = found.filter(({ by }) => by === "both");
  const [keep, setKeep] = useState<ReadonlySet<string>>(new Set());
  const choose = (key: string, isYours: boolean): void => {
    const next = new Set(keep);
    if (isYours) next.add(key);
    else next.delete(key);
    setKeep(next);
  };
  return (
    <section class="ask conflict" role="alert" aria-label={`${name} was changed meanwhile`}>
      <h2>
        <Lamp state="degraded" name="" /> {name} was changed meanwhile
      </h2>
      <p>
        Somebody saved {name} after you began; nothing of yours is saved yet.{" "}
        {both.length === 0
          ? "You changed different options, so both changes can stand."
          : `${plural(both.length, "option")} changed by both: choose.`}
      </p>
      {found.map((each) => (
        <ConflictRow
          key={each.key}
          difference={each}
          label={labelOf(each.key, schema.properties?.[each.key] ?? {})}
          isSecret={schema.properties?.[each.key]?.["x-secret"] === true}
          isYours={each.by === "you" || keep.has(each.key)}
          onChoose={(isYours) => choose(each.key, isYours)}
        />
      ))}
      <p class="buttons">
        <button type="button" class="main" onClick={() => onGoOn(merged(theirs, found, keep))}>
          Go on with this
        </button>
        <button type="button" onClick={onDrop}>
          Drop my changes
        </button>
        <span class="ask-note">you see what it does before it is saved</span>
      </p>
    </section>
  );
}

/** Leads to the question from where saving is refused because of it. */
export function CompareLink(): JSX.Element {
  return (
    <>
      <button
        type="button"
        class="link"
        onClick={() => document.querySelector(".conflict")?.scrollIntoView({ block: "start" })}
      >
        changed by somebody else meanwhile: compare
      </button>
      ,{" "}
    </>
  );
}

function ConflictRow({
  difference,
  label,
  isSecret,
  isYours,
  onChoose,
}: {
  readonly difference: Difference;
  readonly label: string;
  readonly isSecret: boolean;
  readonly isYours: boolean;
  readonly onChoose: (isYours: boolean) => void;
}): JSX.Element {
  const { key, by, theirs, yours } = difference;
  return (
    <fieldset class="conflict-row">
      <legend>
        {label} <code>{key}</code>{" "}
        <span class="quiet-text">{by === "both" ? "changed by both" : by === "you" ? "only you" : "only they"}</span>
      </legend>
      <Version
        title="Theirs, there now"
        name={`conflict-${key}`}
        value={isSecret ? "••••" : valueText(theirs)}
        isChosen={!isYours}
        canChoose={by === "both"}
        onChoose={() => onChoose(false)}
      />
      <Version
        title="Yours"
        name={`conflict-${key}`}
        value={isSecret ? "•••• new" : valueText(yours)}
        isChosen={isYours}
        canChoose={by === "both"}
        onChoose={() => onChoose(true)}
      />
    </fieldset>
  );
}

function Version({
  title,
  name,
  value,
  isChosen,
  canChoose,
  onChoose,
}: {
  readonly title: string;
  readonly name: string;
  readonly value: string;
  readonly isChosen: boolean;
  readonly canChoose: boolean;
  readonly onChoose: () => void;
}): JSX.Element {
  return (
    <label class={`version ${isChosen ? "version-chosen" : ""}`}>
      <span>
        {canChoose ? <input type="radio" name={name} checked={isChosen} onChange={onChoose} /> : null} {title}
        {isChosen && !canChoose ? ", kept" : ""}
      </span>
      <pre>{value}</pre>
    </label>
  );
}

// Rows of a table one in a line; other things as they read.
function valueText(value: unknown): string {
  if (value === undefined || value === null) return "not set";
  if (typeof value === "object" && Object.keys(value).length === 0) return "none";
  if (Array.isArray(value))
    return value.map((each) => (typeof each === "object" ? line(each) : textOf(each))).join("\n");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([key, each]) => `${key}: ${typeof each === "object" ? JSON.stringify(each) : textOf(each)}`)
      .join("\n");
  }
  return textOf(value) === "" ? "empty" : textOf(value);
}

function line(value: object | null): string {
  return Object.entries(value ?? {})
    .map(([key, each]) => `${key}: ${typeof each === "object" ? JSON.stringify(each) : textOf(each)}`)
    .join(", ");
}
