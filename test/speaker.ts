/** A connection to a server that is spoken over message by message, by what need not be an agent. */
import { decodeMessage, encodeMessage } from '../src/protocol/session-codec.ts'
import type { SessionMessage } from '../src/protocol/session-messages.ts'
import type { Connection } from '../src/transport.ts'

/** One end of a connection. */
export interface Speaker {
  readonly connection: Connection
  /** resolves when they are sent; what a connection that is over does not take shows in what is heard */
  say(...messages: readonly SessionMessage[]): Promise<void>
  /** the next message of one of these kinds, or of any, others being kept for later; null where the connection ends before */
  hear(...kinds: readonly SessionMessage['kind'][]): Promise<SessionMessage | null>
}

/** Speaks over a connection. */
export function speakerOn(connection: Connection): Speaker {
  const frames = connection.frames[Symbol.asyncIterator]()
  const kept: SessionMessage[] = []
  const next = async (): Promise<SessionMessage | null> => {
    const frame = await frames.next()
    if (frame.done === true) return null
    const message = decodeMessage(frame.value, { bytes: Infinity, agents: Infinity })
    if (!message.ok) throw new Error(JSON.stringify(message.issues))
    return message.value
  }
  return {
    connection,
    async say(...messages) {
      await Promise.allSettled(messages.map((message) => connection.send(encodeMessage(message))))
    },
    async hear(...kinds) {
      const isMeant = ({ kind }: SessionMessage): boolean => kinds.length === 0 || kinds.includes(kind)
      const known = kept.findIndex(isMeant)
      if (known >= 0) return kept.splice(known, 1)[0] ?? null
      for (;;) {
        const message = await next()
        if (message === null || isMeant(message)) return message
        kept.push(message)
      }
    },
  }
}

/** Says who comes. */
export const hello = (name: string): SessionMessage => ({
  kind: 'hello',
  lowest: 1,
  highest: 1,
  name,
  client: 'a test',
  experiment: 0,
})
