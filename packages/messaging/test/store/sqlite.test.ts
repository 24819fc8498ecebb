import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openSql, type Sql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { searchSuite } from "./search-suite.ts";
import { storeSuite } from "./store-suite.ts";

const folder = tempFolder();
const open = (): Promise<Sql> => openSql({ driver: "sqlite", path: join(folder, `${randomUUID()}.db`) });

storeSuite("SQLite", open);
searchSuite("SQLite", open);
