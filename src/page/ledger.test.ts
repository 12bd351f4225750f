import { expect, it } from 'vitest'
import { encodeMessage } from '../protocol/session-codec.ts'
import { updateFrame } from '../protocol/q-codec.ts'
import { emptyLedger, received, sent } from './ledger.ts'

const hello = encodeMessage({
  kind: 'hello',
  lowest: 1,
  highest: 1,
  name: 'ward',
  client: 'test',
  experiment: 1,
})

const update = (round: number, entries: Uint32Array | null): Uint8Array =>
  encodeMessage({
    kind: 'update',
    variant: 0,
    seed: 1,
    round,
    phase: 0,
    agent: 2,
    frame: updateFrame({ agent: 2, round, entries, changes: new Float64Array(3), visits: null }),
  })

it('counts kinds, fields, elements and bytes, a frame within another as a kind of its own', () => {
  const frames = [hello, update(7, null), update(8, Uint32Array.of(0, 4, 5))]
  const ledger = received(frames.reduce(sent, emptyLedger), hello)
  expect([ledger.bytesOut, ledger.bytesIn]).toEqual([
    frames.reduce((sum, { length }) => sum + length, 0),
    hello.length,
  ])
  expect(ledger.sent.map(({ kind, inside, messages }) => [kind, inside, messages])).toEqual([
    ['hello', null, 1],
    ['update', null, 2],
    ['q-update', 'update', 2],
  ])
  const [, outer, inner] = ledger.sent
  expect(outer?.bytes).toBe(ledger.bytesOut - hello.length)
  expect(outer?.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'kind string',
    'variant integer',
    'seed integer',
    'round integer',
    'phase integer',
    'agent integer',
    'frame u8',
  ])
  expect(outer?.fields.find(({ name }) => name === 'frame')?.elements).toBe(inner?.bytes)
  expect(inner?.fields.slice(2)).toEqual([
    { name: 'round', type: 'integer', elements: 2, last: '8' },
    { name: 'changes', type: 'f64', elements: 6, last: '3 numbers' },
    { name: 'entries', type: 'u32', elements: 3, last: '3 numbers' },
  ])
})

it('refuses bytes that are no frame', () => {
  expect(() => sent(emptyLedger, Uint8Array.of(1, 2, 3))).toThrow('expected a frame')
})
