/** The message that ends a link at once, whatever is still on its way; and what a message of somebody who is not known is for. */
import type { Closing } from '../transport.ts'
import { Kind, decodeMessage, encodeMessage } from './slice.ts'

/** The message that ends a connection which the sender does not hold, or holds no more. */
export const cutMessage = ({ code, reason }: Closing): Uint8Array =>
  encodeMessage({
    kind: Kind.cut,
    payload: new TextEncoder().encode(JSON.stringify({ code, reason })),
    rest: 0,
    number: 0,
    next: 0,
    room: 0,
  })

/** What a cut says; one that says nothing readable is a loss. */
export function closingOf(payload: Uint8Array): Closing {
  try {
    const { code, reason } = JSON.parse(new TextDecoder().decode(payload)) as Partial<Closing>
    if ((code === 'done' || code === 'limit' || code === 'lost') && typeof reason === 'string')
      return { code, reason }
  } catch {
    // as below
  }
  return { code: 'lost', reason: 'the other side does not know the connection' }
}

/** Whether a message asks for a connection, answers none, or belongs to one; null where it is damaged. */
export function purposeOf(bytes: Uint8Array): 'open' | 'end' | 'other' | null {
  const message = decodeMessage(bytes)
  if (message === null) return null
  return message.kind === Kind.open ? 'open' : message.kind === Kind.cut ? 'end' : 'other'
}
