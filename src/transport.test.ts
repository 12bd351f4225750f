import { expect, it } from 'vitest'
import { ConnectionClosed, DEFAULT_LIMITS, limitsOf } from './transport.ts'

it('takes limits that are positive integers, and names the one that is not', () => {
  expect(limitsOf()).toEqual(DEFAULT_LIMITS)
  expect(limitsOf({ connections: 3 })).toEqual({ ...DEFAULT_LIMITS, connections: 3 })
  for (const value of [0, -1, 1.5, Number.NaN])
    expect(() => limitsOf({ queueBytes: value })).toThrow(
      `limits: expected queueBytes to be a positive integer, got ${value}`,
    )
})

it('says who closed and why', () => {
  const error = new ConnectionClosed('ward-3', { code: 'limit', reason: 'it reads too slowly' })
  expect(error.message).toBe('ward-3: the connection is closed (limit): it reads too slowly')
  expect(error.name).toBe('ConnectionClosed')
})
