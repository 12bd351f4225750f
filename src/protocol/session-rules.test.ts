import { describe, expect, it } from 'vitest'
import { decodeUpdate, encodeUpdate } from './q-codec.ts'
import type { QShape } from './q-codec.ts'
import type { UpdateMessage } from './session-messages.ts'
import { PROTOCOL_VERSIONS, commonVersion, openUpdate, proofBytes } from './session-rules.ts'

describe('the version', () => {
  it.each([
    [1, 3, 2, 5, 3],
    [1, 3, 3, 3, 3],
    [2, 2, 1, 9, 2],
    [1, 2, 3, 4, null],
    [5, 6, 1, 4, null],
  ])('of %d to %d and %d to %d is %o', (lowest, highest, low, high, version) => {
    const [own, theirs] = [
      { lowest, highest },
      { lowest: low, highest: high },
    ]
    expect(commonVersion(own, theirs)).toBe(version)
    expect(commonVersion(theirs, own)).toBe(version)
  })

  it('of this program is one that it speaks', () => {
    expect(commonVersion(PROTOCOL_VERSIONS, PROTOCOL_VERSIONS)).toBe(PROTOCOL_VERSIONS.highest)
  })
})

describe('what a Proof signs', () => {
  const subject = { session: 'a0', name: 'ward-3', server: 'wss://é', nonce: Uint8Array.of(1, 2) }

  it('is the domain, session, name, server and nonce, each after its length', () => {
    expect(Buffer.from(proofBytes(subject)).toString('latin1')).toBe(
      '\r\0\0\0fedrl proof 1\x02\0\0\0a0\x06\0\0\0ward-3\x08\0\0\0wss://\xc3\xa9\x02\0\0\0\x01\x02',
    )
  })

  it('changes with every part of it, also where parts only move', () => {
    const others = [
      { ...subject, session: 'a0w', name: 'ard-3' },
      { ...subject, server: 'wss://e' },
      { ...subject, nonce: Uint8Array.of(1, 3) },
    ]
    const all = [subject, ...others].map((one) => Buffer.from(proofBytes(one)).toString('hex'))
    expect(new Set(all).size).toBe(4)
  })
})

describe('the Update in a message', () => {
  const shape: QShape = { entries: 4, agents: 3, steps: 5, averaging: 'equal' }
  const update = { agent: 2, round: 4, entries: Uint32Array.of(1), changes: Float64Array.of(1), visits: null }
  const message: UpdateMessage = {
    kind: 'update',
    variant: 0,
    seed: 1,
    round: 4,
    phase: 0,
    agent: 2,
    frame: encodeUpdate(update),
  }
  const open = (given: UpdateMessage) => openUpdate(given, (frame) => decodeUpdate(frame, shape))

  it('is read by the codec of its algorithm', () => {
    expect(open(message)).toEqual({ ok: true, value: update })
    expect(open({ ...message, frame: message.frame.subarray(8) }).ok).toBe(false)
  })

  it('has to be of the agent and the position that the message says', () => {
    expect(open({ ...message, agent: 1, round: 3, phase: 1 })).toEqual({
      ok: false,
      issues: [
        { path: ['frame', 'agent'], message: 'expected 1 as outside, got 2' },
        { path: ['frame', 'round'], message: 'expected 3 as outside, got 4' },
        { path: ['frame', 'phase'], message: 'expected 1 as outside, got 0' },
      ],
    })
  })
})
