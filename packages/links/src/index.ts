// What joins dispatchers of several processes: give a link to `dispatcher.join`, or let a listener do it.

export { type PipeLinkOptions, ipcLink } from "./ipc.ts";
export type { LinkOptions, ReconnectOptions, SocketOptions } from "./options.ts";
export type { LinkListener, ListenerOptions } from "./socket/listener.ts";
export {
  listenTcp,
  type TcpLinkOptions,
  type TcpListener,
  type TcpListenOptions,
  tcpLink,
  type TcpSecret,
} from "./tcp.ts";
export { listenUnix, type UnixLinkOptions, unixLink, type UnixListenOptions } from "./unix.ts";
export { workerLink } from "./worker.ts";
