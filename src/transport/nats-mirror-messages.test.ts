import { describe, expect, it } from 'vitest'
import { parseEntry } from './nats-mirror-messages.ts'

describe('an entry of a mirror', () => {
  it('is read as it was written', () => {
    const entry = { kind: 'chunked', turn: 1, chunks: 3, bytes: 1_500_000 }
    expect(parseEntry(JSON.stringify(entry))).toEqual(entry)
  })

  it.each(['', 'null', '{', '{"kind":"other"}', '{"kind":"block"}', '{"kind":"block","size":-1}', '{"kind":"chunked","turn":0,"chunks":1e9,"bytes":1}'])('is nothing where a mirror writes no such thing: %s', (text) => expect(parseEntry(text)).toBeNull()) // prettier-ignore
})
