#!/usr/bin/env node
// What npm links as `switchboard`. Not built, so that it is there, and can be run, before anything is: npm makes no link to a file to come.

await import("../dist/main.js");
