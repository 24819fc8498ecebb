// The test kit's door. Everything here cleans up after itself when the test process ends, also when that is killed.

export { AsyncQueue } from "./async-queue.ts";
export { builtFile } from "./built.ts";
export { builtProgram } from "./built-program.ts";
export { describeWithServer, type Servers } from "./describe-with-server.ts";
export { freePort } from "./free-port.ts";
export { type Exit, type NodeProcess, type SpawnNodeOptions, spawnNode } from "./node-process.ts";
export { oncePerRun } from "./once-per-run.ts";
export { startPostgresql } from "./servers/postgresql.ts";
export { type RabbitmqOptions, RabbitmqServer, startRabbitmq } from "./servers/rabbitmq.ts";
export { startRedis } from "./servers/redis.ts";
export { selfSigned } from "./self-signed.ts";
export { Server } from "./servers/server.ts";
export { TcpProxy, type TcpProxyOptions } from "./tcp-proxy.ts";
export { type SmallDisk, smallDisk, tempFolder } from "./temp.ts";
export { type UntilOptions, until } from "./until.ts";
