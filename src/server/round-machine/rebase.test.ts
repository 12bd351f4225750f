import { describe, expect, it } from 'vitest'
import type { PgAlgorithmName } from '../../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'
import { contractOf } from '../pg-rule.contract.ts'
import { rebasePg, rebaseQ } from './rebase.ts'

describe('a late Update of Q-learning', () => {
  const from: QTask = { round: 3, step: 15, steps: 5, table: Float64Array.of(1, 2, 3, 4) }
  const to: QTask = { round: 4, step: 20, steps: 5, table: Float64Array.of(1.5, 2, 2, 8) }
  const update: QUpdate = {
    agent: 1,
    round: 3,
    entries: Uint32Array.of(0, 3),
    changes: Float64Array.of(0.25, -1),
    visits: Uint32Array.of(2, 3),
  }

  it('leads to the same local values, on its entries', () => {
    expect(rebaseQ(update, from, to)).toEqual({ ...update, round: 4, changes: Float64Array.of(-0.25, -5) })
    const dense = { ...update, entries: null, changes: Float64Array.of(1, 1, 1, 1), visits: null }
    expect(rebaseQ(dense, from, to)?.changes).toEqual(Float64Array.of(0.5, 1, 2, -3))
  })

  it('counts for nothing in a shorter round, where its visits would be too many', () => {
    expect(rebaseQ(update, from, { ...to, steps: 4 })).toBeNull()
  })
})

describe('a late Update of policy gradients', () => {
  const task = (round: number, ...theta: number[]): PgTask => ({
    round,
    phase: 0,
    theta: Float64Array.from(theta),
    direction: null,
    previous: null,
  })
  const update: PgUpdate = {
    agent: 0,
    round: 1,
    phase: 0,
    vector: Float64Array.of(1, 1, 1, 1),
    control: Float64Array.of(9, 9, 9, 9),
    cluster: null,
  }

  it('leads to the same local parameters; what belongs to the agent alone stays', () => {
    const rebased = rebasePg(contractOf())(update, task(1, 1, 2, 3, 4), task(2, 1, 1, 1, 8))
    expect(rebased).toEqual({ ...update, round: 2, vector: Float64Array.of(1, 2, 3, -3) })
  })

  it('is seen from the parameters of its own cluster', () => {
    const contract = contractOf({ algorithm: 'ifca', clusters: 2 })
    const [from, to] = [task(1, 0, 0, 0, 0, 1, 2, 3, 4), task(2, 7, 7, 7, 7, 0, 0, 0, 0)]
    expect(rebasePg(contract)({ ...update, cluster: 1 }, from, to)?.vector).toEqual(
      Float64Array.of(2, 3, 4, 5),
    )
  })

  it.each<PgAlgorithmName>(['fast-fedpg'])(
    'of %s is a gradient in its first phase: no change to move',
    (algorithm) => {
      const rebased = rebasePg(contractOf({ algorithm }))(update, task(1, 1, 2, 3, 4), task(2, 1, 1, 1, 8))
      expect(rebased).toBeNull()
    },
  )
})
