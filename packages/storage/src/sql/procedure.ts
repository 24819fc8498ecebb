// Procedures: what their modules must look like, the same for both engines, and how one is used in the thread that asks.

import { StorageError } from "../errors.ts";
import type { Procedure, SqlStatement } from "./sql.ts";

/** Returns what `module` exports as `procedure`. @throws {StorageError} STORAGE_ARGUMENT_INVALID when that is no function. */
export function procedureOf(url: string, module: object): Procedure<unknown> {
  const { procedure } = module as { procedure?: unknown };
  if (typeof procedure === "function") return procedure as Procedure<unknown>;
  throw new StorageError("STORAGE_ARGUMENT_INVALID", `${url}: expected it to export a function "procedure"`);
}

/** Loads a procedure for PostgreSQL into this thread. @throws {StorageError} As `Sql.procedure`; what it returns throws STORAGE_FAILED. */
export async function loadProcedure(url: string): Promise<(input: unknown) => readonly SqlStatement[]> {
  const module = (await import(url).catch(fail)) as object;
  const make = procedureOf(url, module)("postgresql");
  return (input) => {
    try {
      return make(input);
    } catch (error) {
      return fail(error);
    }
  };
}

function fail(error: unknown): never {
  if (error instanceof StorageError) throw error;
  const message = error instanceof Error ? error.message : String(error);
  throw new StorageError("STORAGE_FAILED", message, { cause: error });
}
