// The SQL handle on PostgreSQL.

import { openSql } from "@switchboard/storage";
import { describeWithServer } from "@switchboard/testkit";
import { sqlSuite } from "./sql-suite.ts";

describeWithServer("postgresql", "on a real server", (server) => {
  sqlSuite("PostgreSQL", () => openSql({ driver: "postgresql", url: server().url }));
});
