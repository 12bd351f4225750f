/** The end of a connection in the words of WebSocket (RFC 6455, section 7.4): a status code and a reason of at most 123 bytes. */
import type { Closing } from '../transport.ts'

const DONE = 1000
const TOO_LONG = 1009
const LIMIT = 4000

/** What a close frame says. */
export const closeFrameOf = ({ code, reason }: Closing): [code: number, reason: string] => [
  code === 'limit' ? LIMIT : DONE,
  shortened(reason),
]

/** What a close frame meant; where none came, the line was lost. */
export function closingOf(code: number, reason: string): Closing {
  if (code === DONE) return { code: 'done', reason: reason || 'closed' }
  if (code === LIMIT) return { code: 'limit', reason }
  if (code === TOO_LONG) return { code: 'limit', reason: reason || 'it was sent a frame that is too long' }
  return { code: 'lost', reason: reason || `the line was lost (WebSocket code ${code})` }
}

/** The longest beginning of `text` that fits a close frame, whole characters only. */
function shortened(text: string): string {
  const room = new Uint8Array(120)
  const { written } = new TextEncoder().encodeInto(text, room)
  return new TextDecoder().decode(room.subarray(0, written))
}
