/** A connection that is watched: every frame that is sent or read is told, before anything else is done with it. */
import type { Connection } from '../transport.ts'

/** Whom it is told. */
export interface Watcher {
  onSent(frame: Uint8Array): void
  onReceived(frame: Uint8Array): void
}

/** The connection, watched. */
export function watchedConnection(connection: Connection, watcher: Watcher): Connection {
  async function* frames(): AsyncGenerator<Uint8Array> {
    for await (const frame of connection.frames) {
      watcher.onReceived(frame)
      yield frame
    }
  }
  return {
    peer: connection.peer,
    frames: frames(),
    closed: connection.closed,
    close: (reason) => connection.close(reason),
    send(frame) {
      watcher.onSent(frame)
      return connection.send(frame)
    },
  }
}
