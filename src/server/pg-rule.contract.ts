/** What every server rule of policy gradients keeps: a test file calls this with an implementation. */
import { describe, expect, it } from 'vitest'
import { below, NOBODY, Purpose, streamOf, uniform } from '../numeric/stream.ts'
import { PG_PHASES } from '../protocol/pg-contract.ts'
import type { PgContract, PgPhase } from '../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../protocol/pg-messages.ts'
import type { PgServerRule, PgServerState } from './pg-rule.ts'

/** Settings with d = 6, of which 4 are common, and 3 agents. */
export const contractOf = (more: Partial<PgContract> = {}): PgContract => ({
  algorithm: 'fedpg',
  agents: 3,
  size: 6,
  shared: 4,
  localSteps: 5,
  stepSize: 0.5,
  serverStepSize: 0.5,
  rounds: 4,
  initial: Float64Array.of(0.5, 0.5, 0.25, 0.75, 1, -1),
  clusters: 1,
  momentum: 1,
  reuseMemorySampleAtStep0: true,
  ...more,
})

/** Updates that agents could send. */
export function someUpdates(contract: PgContract, { round, phase }: PgTask): PgUpdate[] {
  const { beside }: PgPhase = PG_PHASES[contract.algorithm][phase] as PgPhase
  const stream = streamOf(round, NOBODY, Purpose.behavior)
  const vector = (): Float64Array =>
    Float64Array.from({ length: contract.shared }, () => uniform(stream) - 0.5)
  return Array.from({ length: contract.agents }, (_, agent) => ({
    agent,
    round,
    phase,
    vector: vector(),
    control: beside === 'control' ? vector() : null,
    cluster: beside === 'cluster' ? below(stream, contract.clusters) : null,
  }))
}

/** Checks a rule under its contract. */
export function checkPgRule(name: string, contract: PgContract, rule: PgServerRule): void {
  const phases: readonly PgPhase[] = PG_PHASES[contract.algorithm]
  const due = (state: PgServerState): PgTask => rule.task(state) as PgTask
  const next = (state: PgServerState): PgServerState => rule.fold(state, someUpdates(contract, due(state)))

  describe(`${name} as a server rule of policy gradients`, () => {
    it('begins in the same state every time, with the common part of the parameters agreed upon', () => {
      expect(rule.init()).toEqual(rule.init())
      expect(rule.init().theta.subarray(0, contract.shared)).toEqual(
        contract.initial.slice(0, contract.shared),
      )
      expect(rule.init().theta).toHaveLength(contract.clusters * contract.shared)
    })

    it('asks and folds the same from the same state, and changes neither state nor Updates', () => {
      for (let state = rule.init(); rule.task(state) !== null; state = next(state)) {
        const task = due(state)
        const updates = someUpdates(contract, task)
        const kept = structuredClone({ state, task, updates })
        const folded = rule.fold(state, updates)
        expect({ state, task, updates }).toEqual(kept)
        expect(rule.task(state)).toEqual(task)
        expect(rule.fold(kept.state, kept.updates)).toEqual(folded)
      }
    })

    it('asks phase after phase, T rounds of them, and then for no more; theta moves with the last phase only', () => {
      let state = rule.init()
      for (let k = 0; k < contract.rounds * phases.length; k++) {
        const [round, phase] = [Math.floor(k / phases.length), k % phases.length]
        expect([state.round, state.phase]).toEqual([round, phase])
        expect([due(state).round, due(state).phase]).toEqual([round, phase])
        const after = next(state)
        if (phase < phases.length - 1) expect(after.theta).toEqual(state.theta)
        else expect(after.theta).not.toEqual(state.theta)
        state = after
      }
      expect([state.round, rule.task(state)]).toEqual([contract.rounds, null])
    })

    it('sends the vectors of the phase, of the right lengths, and no others', () => {
      for (let state = rule.init(); rule.task(state) !== null; state = next(state)) {
        const task = due(state)
        for (const vector of ['theta', 'direction', 'previous'] as const) {
          const length = vector === 'theta' ? contract.clusters * contract.shared : contract.shared
          const wanted = phases[task.phase]?.task.includes(vector) === true ? length : undefined
          expect(task[vector]?.length).toBe(wanted)
        }
      }
    })
  })
}
