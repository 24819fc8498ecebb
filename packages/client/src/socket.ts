// What the client needs of a socket, whatever kind it is. Implemented over the global WebSocket (web-socket.ts), over `ws` and Unix sockets (node/),
// and in memory (testing/).

/** A socket that carries one text per frame. */
export interface FrameSocket {
  /** Sends one frame. Does nothing after the socket has closed. */
  send(text: string): void;
  /** Closes after what was sent. `onClose` follows, unless it came already. */
  close(): void;
}

/** What a socket tells the client. None is called before {@link OpenSocket} has returned, and nothing after `onClose`. */
export interface SocketHandlers {
  /** Frames may be sent. */
  onOpen(): void;
  /** One frame came. */
  onFrame(text: string): void;
  /** The socket is closed, or could not be opened; the reason is for people. `isPlanned`: the server said that it stops. Called once. */
  onClose(reason: string, isPlanned?: boolean): void;
}

/** Begins to open a socket to `url`. Throws only for a URL that it cannot use; whatever fails later is told by `onClose`. */
export type OpenSocket = (url: string, handlers: SocketHandlers) => FrameSocket;
