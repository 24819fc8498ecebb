// The SQL handle on SQLite.

import { openSql } from "@switchboard/storage";
import { tempFolder } from "@switchboard/testkit";
import { sqlSuite } from "./sql-suite.ts";

const path = `${tempFolder()}/made/by/itself/sql.db`;

sqlSuite("SQLite", () => openSql({ driver: "sqlite", path }));
