// A gateway in memory for development and page tests: the services of a real one on the state of world.ts, spoken through the client's own
// frames. Never part of the shipped page. Acts change its state, so that what a page says afterwards can be checked.

import { MemoryPeer, type PeerServices } from "@switchboard/client/testing";
import { accountServices } from "./services/accounts.ts";
import { busServices } from "./services/bus.ts";
import { configServices } from "./services/config.ts";
import { figuresOf, figureServices } from "./services/figures.ts";
import { houseServices } from "./services/house.ts";
import { messageServices } from "./services/messages.ts";
import { routerServices } from "./services/routers.ts";
import { runningTask, taskServices } from "./services/tasks.ts";
import { workerServices } from "./services/workers.ts";
import { type MemoryGatewayOptions, World } from "./world.ts";

/** A gateway in memory: `peer.openSocket` is what the client connects to. */
export class MemoryGateway {
  readonly peer: MemoryPeer;
  /** What it is about; its acts are told to who is connected. */
  readonly world: World;
  /** Every call so far, by method. */
  readonly calls: { readonly method: string; readonly args: readonly unknown[] }[] = [];

  constructor(options: MemoryGatewayOptions = {}) {
    const world = new World(options);
    this.world = world;
    if (!world.isEmpty)
      world.tasks.push(runningTask(4708, "debug.collect", "Collect a debug archive", 35, world.now()));
    this.peer = new MemoryPeer({
      services: this.#record({
        ...figureServices(world),
        ...workerServices(world),
        ...routerServices(world),
        ...configServices(world),
        ...messageServices(world),
        ...busServices(world),
        ...taskServices(world),
        ...accountServices(world),
        ...houseServices(world),
      }),
      login: (frame) => world.logIn(frame.args),
    });
    world.tell = (name, args) => this.peer.emit(name, args);
  }

  /** Starts to tell its seconds; returns what stops it. */
  run(): () => void {
    const timer = setInterval(
      () => this.peer.emit("metrics.second", figuresOf(this.world) as unknown as Record<string, unknown>),
      1000,
    );
    return () => clearInterval(timer);
  }

  #record(services: PeerServices): PeerServices {
    return Object.fromEntries(
      Object.entries(services).map(([service, methods]) => [
        service,
        Object.fromEntries(
          Object.entries(methods).map(([name, handler]) => [
            name,
            (...args: never[]) => {
              this.calls.push({ method: `${service}.${name}`, args });
              return handler(...args);
            },
          ]),
        ),
      ]),
    );
  }
}
