// One field of a form: label, key, the widget of its schema, help, default, what is wrong. Those that hold others (objects, one of several) draw them
// as fields again; the others are in field-widgets.tsx.

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Schema } from "../services/types.ts";
import { textOf } from "../format.ts";
import { Segments } from "./bar.tsx";
import { complaint, formatOf, labelOf, optionsOf, typeOf, widgetOf } from "./form-model.ts";
import { TableField } from "./field-table.tsx";
import { JsonField, ListField, NumberField, SecretField } from "./field-widgets.tsx";
import { namesFor } from "./form-names.ts";
import { Lamp } from "./lamp.tsx";

/** What a field is given. */
export interface FieldProps {
  readonly id: string;
  readonly name: string;
  readonly schema: Schema;
  readonly value: unknown;
  readonly isRequired: boolean;
  readonly depth?: number;
  readonly completions?: readonly string[] | undefined;
  /** From the server, or of a field that was left or submitted. */
  readonly error?: string | undefined;
  /** The same of what is inside, by path from here: `2.app`. */
  readonly errors?: ReadonlyMap<string, string> | undefined;
  readonly onChange: (value: unknown) => void;
  readonly onLeave?: () => void;
}

/** A field. */
export function Field(props: FieldProps): JSX.Element {
  const { id, name, schema, value, isRequired, depth = 0, onChange } = props;
  const widget = widgetOf(schema, depth);
  const label = labelOf(name, schema);
  const hasDefault = schema.default !== undefined && schema.default !== "" && typeof schema.default !== "object";
  const isChanged =
    value !== undefined && schema.default !== undefined && JSON.stringify(value) !== JSON.stringify(schema.default);
  const error = props.error ?? complaint(schema, value, { isTyping: true });
  const isWide =
    ["text", "object", "map", "json", "rows", "choice"].includes(widget) || formatOf(schema) === "endpoint";
  const describedBy = `${id}-help${error === undefined ? "" : ` ${id}-error`}`;
  return (
    <div class={`field ${isWide ? "field-wide" : ""}`}>
      <div class="field-head">
        <label for={id}>
          {label} {isRequired || schema.default !== undefined ? null : <span class="quiet-text">optional</span>}
        </label>
        <code class="field-key">{name}</code>
      </div>
      <div class="field-row">
        <Control {...props} widget={widget} label={label} describedBy={describedBy} hasError={error !== undefined} />
        {isChanged ? (
          <span class="field-changed">
            changed, default {textOf(schema.default) === "" ? "empty" : textOf(schema.default)}{" "}
            <button type="button" class="link" onClick={() => onChange(undefined)}>
              reset
            </button>
          </span>
        ) : hasDefault && widget !== "segments" && widget !== "boolean" ? (
          <span class="quiet-text">default {textOf(schema.default)}</span>
        ) : null}
      </div>
      {error === undefined ? null : (
        <p class="field-error" id={`${id}-error`}>
          <Lamp state="down" size={10} name="" /> {error}
        </p>
      )}
      <p class="field-help" id={`${id}-help`}>
        {schema.description}
      </p>
    </div>
  );
}

interface ControlProps extends FieldProps {
  readonly widget: ReturnType<typeof widgetOf>;
  readonly label: string;
  readonly describedBy: string;
  readonly hasError: boolean;
}

function Control(props: ControlProps): JSX.Element {
  const { id, schema, value, widget, label, describedBy, hasError, completions, depth = 0, onChange, onLeave } = props;
  const common = { id, "aria-describedby": describedBy, "aria-invalid": hasError, onBlur: onLeave };
  const shown = value ?? schema.default ?? "";
  switch (widget) {
    case "segments": {
      const options = optionsOf(schema).map(textOf);
      return (
        <Segments
          label={label}
          options={options}
          value={textOf(shown)}
          onChange={(next) => onChange(optionsOf(schema).find((option) => textOf(option) === next))}
        />
      );
    }
    case "select":
      return (
        <select
          {...common}
          value={textOf(shown)}
          onChange={(event) =>
            onChange(optionsOf(schema).find((option) => textOf(option) === event.currentTarget.value))
          }
        >
          {shown === "" ? <option value="">none</option> : null}
          {optionsOf(schema).map((option) => (
            <option key={textOf(option)}>{textOf(option)}</option>
          ))}
        </select>
      );
    case "text":
      return (
        <textarea
          {...common}
          rows={Math.min(8, Math.max(2, textOf(value ?? "").split("\n").length))}
          value={textOf(value ?? "")}
          onInput={(event) => onChange(emptyToDefault(event.currentTarget.value, schema))}
        />
      );
    case "number":
    case "duration":
      return <NumberField {...props} isDuration={widget === "duration"} />;
    case "boolean":
      return (
        <input
          {...common}
          type="checkbox"
          checked={shown === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "secret":
      return <SecretField {...props} />;
    case "object":
      return <ObjectField {...props} depth={depth} />;
    case "map":
    case "rows":
      return (
        <TableField
          id={id}
          label={label}
          noun={widget === "map" ? "pair" : "row"}
          schema={schema}
          value={value}
          {...(props.errors === undefined ? {} : { errors: props.errors })}
          onChange={onChange}
        />
      );
    case "choice":
      return <ChoiceField {...props} />;
    case "chips":
      return (
        <ListField
          id={id}
          value={listOf(value ?? schema.default)}
          isNumber={typeOf(schema.items ?? {}).type !== "string"}
          label={label}
          onChange={onChange}
        />
      );
    case "json":
      return <JsonField {...common} value={value} onChange={onChange} />;
    case "line":
    case "search": {
      const list = [
        ...(completions ?? namesFor(props.name, schema) ?? []),
        ...(widget === "search" ? optionsOf(schema).map(textOf) : []),
      ];
      const isMono = ["regex", "endpoint"].includes(formatOf(schema) ?? "");
      return (
        <>
          <input
            {...common}
            class={isMono ? "mono" : ""}
            value={textOf(value ?? "")}
            placeholder={schema.default === undefined || schema.default === null ? "" : textOf(schema.default)}
            list={list.length === 0 ? undefined : `${id}-list`}
            onInput={(event) => onChange(emptyToDefault(event.currentTarget.value, schema))}
          />
          {list.length === 0 ? null : (
            <datalist id={`${id}-list`}>
              {list.map((option) => (
                <option key={option} value={option} />
              ))}
            </datalist>
          )}
        </>
      );
    }
  }
}

// One name may stand for a list of one.
function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

// Clearing a field returns to the default; where there is none, an empty text is a value of its own.
function emptyToDefault(text: string, schema: Schema): string | undefined {
  return text === "" && (schema.default !== undefined || schema.minLength !== 0) ? undefined : text;
}

/** The errors of what is inside a key, by path from there. */
export function errorsUnder(
  errors: ReadonlyMap<string, string> | undefined,
  key: string,
): ReadonlyMap<string, string> | undefined {
  if (errors === undefined) return undefined;
  const start = `${key}.`;
  const inside = [...errors].filter(([path]) => path.startsWith(start));
  return inside.length === 0 ? undefined : new Map(inside.map(([path, text]) => [path.slice(start.length), text]));
}

function ObjectField({ id, schema, value, errors, depth = 0, onChange }: ControlProps): JSX.Element {
  const own = (value ?? {}) as Readonly<Record<string, unknown>>;
  return (
    <div class="field-object" id={id}>
      {Object.entries(schema.properties ?? {}).map(([key, part]) => (
        <Field
          key={key}
          id={`${id}-${key}`}
          name={key}
          schema={part}
          value={own[key]}
          isRequired={schema.required?.includes(key) === true}
          depth={depth + 1}
          error={errors?.get(key)}
          errors={errorsUnder(errors, key)}
          onChange={(next) =>
            onChange(
              next === undefined
                ? Object.fromEntries(Object.entries(own).filter(([name]) => name !== key))
                : { ...own, [key]: next },
            )
          }
        />
      ))}
    </div>
  );
}

/** One of several schemas: which, then its field. What was typed for another one is kept until the page is left. */
function ChoiceField({ id, schema, value, onChange, ...rest }: FieldProps): JSX.Element {
  const options = schema.oneOf ?? schema.anyOf ?? [];
  const [index, setIndex] = useState(() =>
    Math.max(
      0,
      options.findIndex((option) => isLike(option, value)),
    ),
  );
  const kept = useRef(new Map<number, unknown>());
  const chosen = options[index] ?? {};
  const names = options.map((option, at) => option.title ?? typeOf(option).type ?? `form ${at + 1}`);
  return (
    <div class="field-object" id={id}>
      <Segments
        label={`Form of ${rest.name}`}
        options={names.map((name, at) => ({ value: String(at), name }))}
        value={String(index)}
        onChange={(next) => {
          kept.current.set(index, value);
          setIndex(Number(next));
          onChange(kept.current.get(Number(next)));
        }}
      />
      {typeOf(chosen).type === "null" || chosen.const === null ? null : (
        <Field
          {...rest}
          id={`${id}-${index}`}
          schema={chosen}
          value={value}
          onChange={onChange}
          depth={(rest.depth ?? 0) + 1}
        />
      )}
    </div>
  );
}

function isLike(schema: Schema, value: unknown): boolean {
  if (value === undefined) return false;
  if (schema.const !== undefined) return schema.const === value;
  const { type } = typeOf(schema);
  if (value === null) return type === undefined && schema.type === "null";
  if (Array.isArray(value)) return type === "array";
  if (type === "integer" || type === "number") return typeof value === "number";
  return type === typeof value;
}
