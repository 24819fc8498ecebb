// What a schema looks like here: JSON Schema draft 4 with a few additions, as FreeNAS 10 plugins write it.

/**
 * A schema: an object of keywords, or true (anything) or false (nothing).
 *
 * Beyond draft 4: `type` may be `datetime`, `binary`, `password` or `fd`; `{$ref: "Name"}` refers to a named definition; `default` fills in missing
 * properties; `readOnly: true` on a property; `discriminator: "property"` beside a `oneOf` of references; on positional arguments `mandatory: true`
 * and `title`, the parameter's name. Draft 6 and 7 keywords (`const`, `if`, numeric `exclusiveMinimum` …) work too.
 */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/**
 * A file on its way into or out of a task. It stands where the schema says `fd`; whoever transfers files extends it.
 */
export abstract class FileArgument {
  /** The file's name as shown to people. */
  abstract readonly name: string;
}
