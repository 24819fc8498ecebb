// Collects what is wrong with a configuration, so that all of it is said at once.

import { describeValue } from "../describe-value.ts";
import { ConfigError, type ConfigIssue } from "../errors.ts";
import { type ConfigPath, type ConfigSource, formatPath } from "./source.ts";

/** The issues of one configuration. */
export class Report {
  readonly issues: ConfigIssue[] = [];
  readonly warnings: ConfigIssue[] = [];
  readonly #source: ConfigSource;

  constructor(source: ConfigSource) {
    this.#source = source;
  }

  /** Notes that the value at `path` is wrong; of one value only the first problem counts. */
  add(path: ConfigPath, problem: string, hint?: string): void {
    const issue = this.#issue(path, problem, hint);
    if (!this.issues.some((other) => other.path === issue.path)) this.issues.push(issue);
  }

  /** Notes something odd that is no reason to refuse the configuration. */
  warn(path: ConfigPath, problem: string, hint?: string): void {
    this.warnings.push(this.#issue(path, problem, hint));
  }

  /** @throws {ConfigError} CONFIG_INVALID when there are issues. */
  throwIfAny(): void {
    if (this.issues.length === 0) return;
    const count = this.issues.length === 1 ? "1 problem" : `${this.issues.length} problems`;
    const lines = this.issues.map((issue) => `  ${formatIssue(issue)}`);
    throw new ConfigError("CONFIG_INVALID", `${count} in the configuration:\n${lines.join("\n")}`, {
      issues: this.issues,
      details: { fields: this.issues.map(({ path }) => path) },
    });
  }

  #issue(path: ConfigPath, problem: string, hint: string | undefined): ConfigIssue {
    const at = this.#source.locate(path);
    const full = formatPath([...this.#source.prefix, ...path]);
    return { path: full, source: at?.source, line: at?.line, column: at?.column, problem, hint };
  }
}

/** Returns an issue as one line: `phones.yaml:3:1 web_port: expected …, got …; did you mean …?` */
export function formatIssue({ path, source, line, column, problem, hint }: ConfigIssue): string {
  const position = line === undefined ? "" : `:${line}:${column}`;
  const where = source === undefined ? "" : `${source}${position} `;
  const field = path === "" ? "" : `${path}: `;
  return `${where}${field}${problem}${hint === undefined ? "" : `; ${hint}`}`;
}

/** One value while it is read: where it stands, and how to say that it is wrong. */
export class Place {
  readonly path: ConfigPath;
  readonly #report: Report;
  readonly #secret: boolean;

  constructor(report: Report, path: ConfigPath, secret: boolean) {
    this.path = path;
    this.#report = report;
    this.#secret = secret;
  }

  /** The place of a member of this value. */
  member(key: string | number): Place {
    return new Place(this.#report, [...this.path, key], this.#secret);
  }

  /** The place of a field of this section. */
  field(key: string, secret: boolean): Place {
    return new Place(this.#report, [...this.path, key], this.#secret || secret);
  }

  /** Notes that `got` stands here where something else is expected. */
  expected(what: string, got: unknown, hint?: string): void {
    const shown = this.#secret && typeof got !== "undefined" ? "a value that is not shown" : describeValue(got);
    this.#report.add(this.path, `expected ${what}, got ${shown}`, hint);
  }

  problem(text: string, hint?: string): void {
    this.#report.add(this.path, text, hint);
  }

  warn(text: string, hint?: string): void {
    this.#report.warn(this.path, text, hint);
  }
}
