// JSON Schemas of forms and methods, and what is said about a configuration. In the wire's own names; times are Dates, null means not known.

/** A JSON Schema with what forms need. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly mandatory?: boolean;
  /** The gateway's name of the type: `regex`, `names`, `serverEndpoint`… */
  readonly "x-kind"?: string;
  /** What is counted, in words: `seconds`. */
  readonly "x-unit"?: string;
  readonly deprecated?: boolean;
  readonly "x-secret"?: boolean;
  readonly "x-basic"?: boolean;
  readonly "x-group"?: string;
}

/** What discovery tells of a method. */
export interface MethodInfo {
  readonly name: string;
  readonly description?: string;
  /** A tuple's schema: one for each argument in `items` or `prefixItems`. */
  readonly "params-schema"?:
    { readonly items?: Schema | readonly Schema[]; readonly prefixItems?: readonly Schema[] } | readonly Schema[];
  readonly roles?: readonly string[];
  readonly allowed?: boolean;
  readonly private?: boolean;
  /** Its answer comes piece by piece. */
  readonly generator?: boolean;
  readonly "result-schema"?: unknown;
}

/** What the server says is wrong with a configuration. */
export interface Problem {
  readonly path: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
}

/** What a change of configuration would do. */
export interface ConfigPreview {
  readonly restarts: readonly string[];
  readonly sentences: readonly string[];
  readonly diff: { readonly before: string; readonly after: string };
}

/** Where a worker's configuration comes from. */
export interface ConfigOrigin {
  readonly source: string;
  readonly options: readonly {
    readonly option: string;
    readonly from: "file" | "runtime";
    readonly file: string | null;
    readonly line: number | null;
  }[];
}

/** What of the workers is other than in the configuration file, and what writing it would do. */
export interface FileChanges {
  readonly path: string | null;
  readonly is_new: boolean;
  readonly workers: readonly {
    readonly name: string;
    readonly change: "added" | "changed" | "removed";
    readonly options: readonly string[];
  }[];
  /** Secrets masked. */
  readonly diff: string;
  readonly revision: string;
  /** Why it cannot be written, and what to do instead. */
  readonly refused: { readonly code: string; readonly message: string } | null;
}

/** What trying a configuration found; nothing was started or saved. */
export interface ConfigTrial {
  readonly ok: boolean;
  readonly problems: readonly Problem[];
  readonly checks: readonly {
    readonly what: "listen" | "connect";
    readonly target: string;
    /** Null: it could not be told. */
    readonly ok: boolean | null;
    readonly text: string;
    readonly code?: string | null;
    readonly field?: string | null;
  }[];
}
