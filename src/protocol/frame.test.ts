import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame, encodeFrame, frameLength } from './frame.ts'
import type { Frame } from './frame.ts'

const inner: Frame = {
  fields: { kind: 'inner', n: 3 },
  tensors: [
    { name: 'x', data: Float64Array.of(0.5, -2) },
    { name: 'k', data: Uint32Array.of(7) },
  ],
}

/** A frame with this header, whatever it says. */
function withHeader(header: Uint8Array, length = header.length): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((8 + header.length) / 8) * 8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x4c445246, true)
  view.setUint32(4, length, true)
  bytes.set(header, 8)
  return bytes
}

const messageOf = (bytes: Uint8Array): string => {
  const result = decodeFrame(bytes)
  return result.ok ? 'ok' : (result.issues[0]?.message ?? '')
}

describe('frames', () => {
  it('hold numbers, integers and bytes', () => {
    const frame: Frame = {
      ...inner,
      tensors: [...inner.tensors, { name: 'b', data: Uint8Array.of(1, 2, 3) }],
    }
    const bytes = encodeFrame(frame)
    expect(decodeFrame(bytes)).toEqual({ ok: true, value: frame })
    expect(bytes.length % 8).toBe(0)
    expect(frameLength(frame.fields, [['x', 'f64', 2], ['k', 'u32', 1], ['b', 'u8', 3]])).toBe(bytes.length) // prettier-ignore
  })

  it('hold frames: the same bytes as the frame alone, which are read where they lie', () => {
    const outer = encodeFrame({ fields: { kind: 'outer' }, tensors: [{ name: 'frame', data: inner }] })
    const alone = { fields: { kind: 'outer' }, tensors: [{ name: 'frame', data: encodeFrame(inner) }] }
    expect(outer).toEqual(encodeFrame(alone))
    const read = decodeFrame(outer)
    const nested = read.ok ? read.value.tensors[0]?.data : undefined
    expect(nested).toEqual(encodeFrame(inner))
    const numbers = decodeFrame(nested as Uint8Array)
    expect(numbers).toEqual({ ok: true, value: inner })
    expect(numbers.ok && numbers.value.tensors.every(({ data }) => data.buffer === outer.buffer)).toBe(true)
  })

  it('are read from any place in memory, that of a Node Buffer too', () => {
    const bytes = encodeFrame(inner)
    for (let shift = 0; shift < 9; shift++) {
      const pool = Buffer.alloc(bytes.length + 16)
      pool.set(bytes, shift)
      expect(decodeFrame(pool.subarray(shift, shift + bytes.length))).toEqual({ ok: true, value: inner })
    }
  })
})

describe('hostile headers', () => {
  it.each<[string, Uint8Array, string]>([
    [
      'a list that claims four thousand million elements',
      Uint8Array.of(0x81, 0xa7, ...Buffer.from('tensors'), 0xdd, 255, 255, 255, 255),
      'Max length exceeded: array length',
    ],
    ['a map that claims as many', Uint8Array.of(0xdf, 255, 255, 255, 255), 'Max length exceeded: map length'],
    [
      'a long string',
      encode({ tensors: [], kind: 'x'.repeat(5000) }),
      'Max length exceeded: UTF-8 byte length',
    ],
    ['binary data', encode({ tensors: [], kind: Uint8Array.of(1) }), 'Max length exceeded: bin length'],
    [
      'more than a header may have',
      encode({
        tensors: [],
        ...Object.fromEntries('abcdef'.split('').map((key) => [key, 'x'.repeat(4000)])),
      }),
      'expected a header of at most 16384 bytes',
    ],
    ['a fraction', encode({ tensors: [], kind: 0.5 }), 'expected header fields to be integers or strings'],
    [
      'a prototype',
      encode({ tensors: [], ['__proto__x'.slice(0, 9)]: 1 }),
      'The key __proto__ is not allowed',
    ],
    ['no tensors', encode({ kind: 'x' }), 'expected a header with a list of tensors'],
    [
      'a tensor beyond the end',
      encode({ tensors: [['x', 'u8', 9]] }),
      'expected 9 elements of tensor x, but the frame ends',
    ],
    [
      'a tensor of another type',
      encode({ tensors: [['x', 'i8', 0]] }),
      'expected each tensor as [name, "f64", "u32" or "u8", length]',
    ],
  ])('with %s are refused', (_, header, message) => {
    expect(messageOf(withHeader(header))).toContain(message)
  })

  it('that end early, or never, are refused', () => {
    const header = encode({ kind: 'x', tensors: [] })
    expect(messageOf(withHeader(header))).toBe('ok')
    expect(messageOf(withHeader(header, 4_000_000_000))).toContain('expected a header of 4000000000 bytes')
    expect(messageOf(withHeader(header).slice(0, 8))).toContain('expected a header of')
    expect(messageOf(new Uint8Array(7))).toBe('expected at least 8 bytes, got 7')
    expect(messageOf(new Uint8Array(64))).toBe('expected a frame that starts with its magic number')
  })

  it('never throw, whatever the bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 80 })
    fc.assert(
      fc.property(bytes, (header) => {
        expect(typeof decodeFrame(withHeader(header)).ok).toBe('boolean')
      }),
      { seed: 1, numRuns: 5000 },
    )
  })
})
