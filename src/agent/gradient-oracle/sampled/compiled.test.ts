import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { randomMdp } from '../../../../test/random-problems.ts'
import type { Mdp } from '../../../mdp/mdp.ts'
import { Purpose, streamOf } from '../../../numeric/stream.ts'
import { compiledWalker } from './compiled.ts'
import { plainWalker } from './plain.ts'
import type { Walker } from './rollouts.ts'

/** All that a batch leaves behind, as numbers. */
function trace(
  walker: Walker,
  theta: Float64Array,
  starts: Uint32Array,
  stream: Uint32Array,
  actions: number,
) {
  walker.starts.set(starts)
  const visits = walker.walk(theta, stream)
  const { offset, pair, reward, visited, policy } = walker.rollouts
  const steps = offset.at(-1) as number
  const states = [...visited.subarray(0, visits)]
  return {
    offset: [...offset],
    pair: [...pair.subarray(0, steps)],
    reward: [...reward.subarray(0, steps)],
    states,
    policy: states.flatMap((s) => [...policy.subarray(s * actions, (s + 1) * actions)]),
    stream: [...stream],
  }
}

/** Batches at several thetas, one after the other on the same walkers. */
function expectTwins(mdp: Mdp, thetas: readonly Float64Array[], rollouts: number, horizon: number): void {
  const compiled = compiledWalker(mdp, rollouts, horizon)
  if (compiled === null) throw new Error('expected a compiled walker')
  const plain = plainWalker(mdp, rollouts, horizon)
  const alive = [...mdp.terminal.keys()].filter((s) => mdp.terminal[s] === 0)
  const starts = Uint32Array.from({ length: rollouts }, (_, m) => alive[(3 * m) % alive.length] as number)
  const [ours, theirs] = [streamOf(1, 0, Purpose.walk), streamOf(1, 0, Purpose.walk)]
  for (const theta of thetas)
    expect(trace(compiled, theta, starts, ours, mdp.actions)).toEqual(
      trace(plain, theta, starts, theirs, mdp.actions),
    )
}

/** Parameters up to `size` away from 0, spread irregularly. */
const spread = (entries: number, size: number, phase: number): Float64Array =>
  Float64Array.from({ length: entries }, (_, z) => size * (2 * (((z + phase) * 0.6180339887) % 1) - 1))

describe('the compiled walker is its plain twin, to the last bit,', () => {
  it('for problems and policies of every shape', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(1000),
          states: fc.integer({ min: 1, max: 9 }),
          actions: fc.integer({ min: 1, max: 19 }),
          terminals: fc.integer({ min: 0, max: 2 }),
          uniformRows: fc.boolean(),
          pairRewards: fc.boolean(),
          size: fc.constantFrom(0, 0.5, 3, 30, 800, 1e7),
          rollouts: fc.integer({ min: 1, max: 5 }),
          horizon: fc.integer({ min: 1, max: 30 }),
        }),
        ({ seed, states, actions, terminals, uniformRows, pairRewards, size, rollouts, horizon }) => {
          const shape = { uniformRows, pairRewards }
          const mdp = randomMdp(seed, states + terminals, actions, 0.9, terminals, shape)
          const entries = mdp.states * actions
          const thetas = [spread(entries, size, seed), new Float64Array(entries), spread(entries, 1, 2)]
          expectTwins(mdp, thetas, rollouts, horizon)
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  })

  it('where probabilities are subnormal or underflow', () => {
    const mdp = randomMdp(1, 4, 11, 0.9)
    const logits = [0, -700, -707.9, -708.1, -709, -720, -744, -745.13, -745.14, -746, -1e308]
    expectTwins(mdp, [Float64Array.from({ length: 44 }, (_, z) => logits[(z * 7) % 11] as number)], 3, 40)
  })

  it('where parameters have ceased to be numbers', () => {
    const mdp = randomMdp(1, 4, 3, 0.9)
    for (const bad of [NaN, Infinity, -Infinity])
      expectTwins(mdp, [Float64Array.from({ length: 12 }, (_, z) => (z % 5 === 0 ? bad : 0.1 * z))], 3, 40)
  })

  it('where one step repeats its predecessor a thousand times', () => {
    expectTwins(randomMdp(2, 50, 10, 0.95), [spread(500, 1, 0), spread(500, 1, 1)], 20, 1000)
  })
})

describe('compiledWalker', () => {
  it('leaves to the plain one what has more states than 16 bits can name', () => {
    const wide: Mdp = { ...randomMdp(1, 2, 1, 0.9), states: 65537 }
    expect(compiledWalker(wide, 1, 1)).toBeNull()
  })

  it('leaves to the plain one what needs more than 4 GiB', () => {
    expect(compiledWalker(randomMdp(1, 2, 2, 0.9), 65536, 65536)).toBeNull()
  })

  it('leaves to the plain one what the engine has no memory for, and asks it once', async () => {
    const instantiate = vi.fn<() => never>(() => {
      throw new RangeError('WebAssembly.Instance(): Out of memory')
    })
    vi.resetModules()
    vi.doMock('./instance.ts', () => ({ instantiate }))
    const { compiledWalker: poor } = await import('./compiled.ts')
    vi.doUnmock('./instance.ts')
    expect(poor(randomMdp(1, 2, 2, 0.9), 3, 4)).toBeNull()
    expect(poor(randomMdp(1, 2, 2, 0.9), 3, 4)).toBeNull()
    expect(instantiate).toHaveBeenCalledTimes(1)
  })
})
