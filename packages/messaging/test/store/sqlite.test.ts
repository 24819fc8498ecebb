import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { storeSuite } from "./store-suite.ts";

const folder = tempFolder();

storeSuite("SQLite", () => openSql({ driver: "sqlite", path: join(folder, `${randomUUID()}.db`) }));
