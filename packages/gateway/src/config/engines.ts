// From the sections of the file to the options of what they name. Relative paths are relative to the data folder.

import { dirname, resolve } from "node:path";
import type { KeyValueOptions, SqlOptions } from "@switchboard/storage";
import type { BusChoice } from "../run-worker.ts";
import type { GatewayFile } from "./gateway-file.ts";

/** Which bus the file asks for. */
export function busOf({ config: { bus }, dataFolder }: GatewayFile): BusChoice {
  return bus.driver === "amqp"
    ? { driver: "amqp", url: bus.url }
    : { driver: "embedded", path: resolve(dataFolder, bus.path) };
}

/** Which database the file asks for. Plain data, so that it can be told to another process. */
export function databaseOf({ config: { datastore }, dataFolder }: GatewayFile): SqlOptions {
  return datastore.driver === "postgresql"
    ? { driver: "postgresql", url: datastore.dsn }
    : { driver: "sqlite", path: resolve(dataFolder, datastore.dsn) };
}

/** Which key-value store the file asks for. Plain data, so that it can be told to another process. */
export function keyValueOf({ config: { keyvalue }, dataFolder }: GatewayFile): KeyValueOptions {
  const { driver, dsn } = keyvalue;
  const keyPrefix = keyvalue["key-prefix"];
  const naming = keyPrefix === "" ? {} : { keyPrefix };
  if (driver === "memory") return { driver, ...naming };
  if (driver === "redis") return { driver, url: dsn, ...naming };
  return { driver: "sqlite", path: resolve(dataFolder, dsn), ...naming };
}

/** The folders of this machine that hold files of the engines that the file asks for. */
export function foldersOf(file: GatewayFile): readonly string[] {
  const [bus, database, keyValue] = [busOf(file), databaseOf(file), keyValueOf(file)];
  return [
    ...new Set([
      ...(bus.driver === "embedded" ? [bus.path] : []),
      ...(database.driver === "sqlite" ? [dirname(database.path)] : []),
      ...(keyValue.driver === "sqlite" ? [dirname(keyValue.path)] : []),
    ]),
  ];
}
