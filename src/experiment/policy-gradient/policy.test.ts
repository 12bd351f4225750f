/** Which policies fit which spaces, and what is said of the others. */
import { describe, expect, it } from 'vitest'
import type { Space } from '../../agent/environment.ts'
import { policyFor } from './policy.ts'
import type { PolicySpec } from './spec.ts'

const states = (n: number): Space => ({ kind: 'discrete', n })
const box = (...bounds: number[]): Space => ({
  kind: 'box',
  low: Float64Array.from(bounds, (bound) => -bound),
  high: Float64Array.from(bounds),
})
const cart = box(4.8, Infinity, 0.42, Infinity)
const two = { kind: 'discrete', n: 2 } as const
const mlp = { mlp: [8, 4], activation: 'tanh', ownHead: false } as const

const sizeOf = (spec: PolicySpec, observations: Space, actions: Space, matrix?: Float64Array): number => {
  const built = policyFor(spec, observations, actions, { name: 'CartPole-v1', ...(matrix && { matrix }) })
  if (!built.ok) throw new Error(built.issues.map((issue) => issue.message).join('\n'))
  return built.value.size
}
const messageOf = (spec: PolicySpec, observations: Space, actions: Space, name: string): string => {
  const built = policyFor(spec, observations, actions, { name })
  return built.ok ? '' : built.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')
}

describe('policyFor', () => {
  it.each([
    ['softmax', states(5), 10],
    [{ linear: 'one-hot' }, states(5), 10],
    [{ linear: { tiles: 3, tilings: 2 } }, cart, 2 * 256 * 2],
    [{ linear: { radialBasis: 3 } }, cart, 81 * 2],
    [{ linear: { fourier: 1 } }, cart, 16 * 2],
    [mlp, cart, 40 + 36 + 10],
    [mlp, states(5), 48 + 36 + 10],
  ] as const)('builds %o with a size that follows', (spec, observations, size) => {
    expect(sizeOf(spec, observations, two)).toBe(size)
  })

  it('takes the numbers of a matrix', () => {
    expect(sizeOf({ linear: { matrix: 'phi.json' } }, states(2), two, new Float64Array(6))).toBe(6)
  })

  it('keeps the last layer apart where it is the own head', () => {
    const built = policyFor({ ...mlp, ownHead: true }, cart, two, { name: '' })
    expect(built.ok && [built.value.size, built.value.shared, built.value.actions]).toEqual([86, 76, 2])
  })

  it('draws vectors where actions are', () => {
    expect(sizeOf(mlp, cart, box(2))).toBe(40 + 36 + 5 + 1)
  })

  it.each([
    [
      'softmax',
      cart,
      two,
      'policy: softmax needs finitely many states, CartPole-v1 has observations of 4 numbers: linear (tiles, radialBasis, fourier) and mlp fit',
    ],
    [
      { linear: { matrix: 'phi.json' } },
      box(1, 1, 8),
      box(2),
      'policy: linear (matrix) needs finitely many states, CartPole-v1 has observations of 3 numbers: mlp fits',
    ],
    [
      { linear: { fourier: 2 } },
      states(7),
      two,
      'policy: linear (fourier) needs observations that are vectors, CartPole-v1 has 7 states: softmax, linear (one-hot, matrix) and mlp fit',
    ],
    [
      { linear: { fourier: 2 } },
      box(1, 1, 8),
      box(2),
      'policy: linear (fourier) needs finitely many actions, CartPole-v1 has actions of 1 numbers: mlp fits',
    ],
    [
      { linear: { tiles: 30, tilings: 8 } },
      cart,
      two,
      'policy: tiles: expected at most 100000 features, got 7388168 for 4 dimensions; take fewer of them, or mlp',
    ],
  ] as const)('says why %o does not fit', (spec, observations, actions, message) => {
    expect(messageOf(spec, observations, actions, 'CartPole-v1')).toBe(message)
  })

  it('says which bounds an environment of its own lacks', () => {
    expect(messageOf({ linear: { fourier: 2 } }, cart, two, './my-env.ts')).toBe(
      'policy: fourier: bounds of dimension 1 must be finite with low < high, got [-Infinity, Infinity]; mlp needs no bounds',
    )
  })
})
