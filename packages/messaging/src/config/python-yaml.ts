// How PyYAML, which read Vumi's files, takes unquoted text: YAML 1.1 with a few differences from other readers of YAML 1.1
// (`y` and `n` are text, `0821234567` and `1e5` are text, `0o10` is text, `1_000` and `12:30` are numbers).

import type { Scalar, ScalarTag, Tags } from "yaml";

/** A value that nobody changed as it was written: 0777 stays 0777. */
function asWritten({ source, value }: Scalar): string {
  const text = source ?? String(value);
  if (source !== undefined || typeof value !== "number" || Number.isSafeInteger(value)) return text;
  // What is no whole number is one only with a point: 1.e+21.
  return text.includes(".") ? text : text.replace(/^-?\d+/, "$&.");
}

const bool: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  identify: (value) => typeof value === "boolean",
  test: /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|t|on)/i.test(text),
  stringify: asWritten,
};

const int: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  identify: (value) => Number.isInteger(value),
  test: /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  resolve: (text) => {
    const value = readInt(text.replaceAll("_", ""));
    // Digits would be lost; as text they survive, and a field that wants a number says so.
    return Number.isSafeInteger(value) ? value : text;
  },
  stringify: asWritten,
};

const float: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  identify: (value) => typeof value === "number",
  test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  resolve: (text) => {
    if (/nan$/i.test(text)) return Number.NaN;
    if (/inf$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
    return sexagesimal(text.replaceAll("_", ""));
  },
  stringify: asWritten,
};

/** `!include other.yaml`: left as the file's name; the loader puts the file's content in its place. */
export const includeTag: ScalarTag = { tag: "!include", resolve: (text) => text };

// Dates, binary data and sets are left out: an unquoted date stays the text it is, and nothing of ours takes the others.
const kept = new Set(["map", "seq", "str", "null", "merge"].map((name) => `tag:yaml.org,2002:${name}`));

/** The tags of PyYAML's safe loader that configuration needs, and `!include`. */
export function pythonTags(tags: Tags): Tags {
  const others = tags.filter((tag) => typeof tag !== "string" && kept.has(tag.tag));
  return [bool, int, float, includeTag, ...others];
}

function readInt(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const digits = text.replace(/^[-+]/, "");
  if (digits.startsWith("0b")) return sign * Number.parseInt(digits.slice(2), 2);
  if (digits.startsWith("0x")) return sign * Number.parseInt(digits.slice(2), 16);
  if (digits !== "0" && digits.startsWith("0")) return sign * Number.parseInt(digits, 8);
  return sexagesimal(text);
}

/** Reads `1:30` as 90. */
function sexagesimal(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const parts = text.replace(/^[-+]/, "").split(":");
  return sign * parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}
