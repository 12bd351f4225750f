/** What every learner of policy gradients keeps: a test file calls this with an implementation. */
import { describe, expect, it } from 'vitest'
import { streamOf, Purpose, uniform } from '../numeric/stream.ts'
import type { Stream } from '../numeric/stream.ts'
import { PG_UPDATE_FIELDS } from '../protocol/pg-codec.ts'
import { PG_PHASES } from '../protocol/pg-contract.ts'
import type { PgContract, PgPhase } from '../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../protocol/pg-messages.ts'
import type { GradientOracle } from './gradient-oracle.ts'
import type { PgAgentState, PgLearner } from './pg-learner.ts'

/** Settings with d = 6, of which 4 are common. */
export const contractOf = (more: Partial<PgContract> = {}): PgContract => ({
  algorithm: 'fedpg',
  agents: 4,
  size: 6,
  shared: 4,
  localSteps: 3,
  stepSize: 0.125,
  serverStepSize: 1,
  rounds: 5,
  initial: Float64Array.of(0, 0.25, 0.5, -0.25, 1, -1),
  clusters: 1,
  momentum: 0.25,
  reuseMemorySampleAtStep0: true,
  ...more,
})

/** Estimates of J(theta) = -|theta - target|^2 / 2 with noise from a stream: 6 samples a gradient. w g(x | reference) has the noise of g(x | theta). */
export function noisyOracle(target: number): GradientOracle<{ stream: Stream; samples: number }> {
  const draw = (state: { stream: Stream; samples: number }): { noise: Float64Array; state: typeof state } => {
    const stream = state.stream.slice()
    const noise = Float64Array.from({ length: 6 }, () => uniform(stream) - 0.5)
    return { noise, state: { stream, samples: state.samples + 6 } }
  }
  const pull = (theta: Float64Array, noise: Float64Array): Float64Array =>
    theta.map((value, i) => target - value + (noise[i] as number))
  return {
    size: 6,
    start: () => ({ stream: streamOf(1, 2, Purpose.walk), samples: 0 }),
    gradient(theta, before) {
      const { noise, state } = draw(before)
      return { gradient: pull(theta, noise), state }
    },
    gradients(theta, reference, before) {
      const { noise, state } = draw(before)
      return { gradient: pull(theta, noise), atReference: pull(reference, noise), state }
    },
    value: (theta, state) => ({
      value: -theta.reduce((sum, value) => sum + (value - target) * (value - target), 0) / 2,
      state: draw(state).state,
    }),
    samples: ({ samples }) => samples,
  }
}

/** A Task that the server could send in this round and phase. */
export function taskOf(contract: PgContract, round: number, phase: number): PgTask {
  const { task }: PgPhase = PG_PHASES[contract.algorithm][phase] as PgPhase
  const vector = (name: PgPhase['task'][number], scale: number): Float64Array | null => {
    const length = (name === 'theta' ? contract.clusters : 1) * contract.shared
    return task.includes(name) ? Float64Array.from({ length }, (_, i) => scale / (i + 2 + round)) : null
  }
  return {
    round,
    phase,
    theta: vector('theta', 1),
    direction: vector('direction', 2),
    previous: vector('previous', 0.5),
  }
}

/** The learner's state and answers after all phases of one round. */
export function workRound<Position>(
  contract: PgContract,
  learner: PgLearner<Position>,
  state: PgAgentState<Position>,
  round: number,
): { state: PgAgentState<Position>; updates: PgUpdate[] } {
  let now = state
  const updates = PG_PHASES[contract.algorithm].map((_, phase) => {
    const done = learner.apply(now, taskOf(contract, round, phase))
    now = done.state
    return done.update
  })
  return { state: now, updates }
}

/** @param learner that of agent 2 under the contract */
export function checkPgLearner<Position>(
  name: string,
  contract: PgContract,
  learner: PgLearner<Position>,
): void {
  const phases: readonly PgPhase[] = PG_PHASES[contract.algorithm]
  describe(`${name} as a learner of policy gradients`, () => {
    it('begins in the same state every time, with the parameters agreed upon', () => {
      expect(learner.init()).toEqual(learner.init())
      expect(learner.init().theta).toEqual(contract.initial.slice(0, contract.size))
    })

    it('answers the same to the same Task, from its state or a copy, and changes neither', () => {
      let { state } = workRound(contract, learner, learner.init(), 0)
      for (let phase = 0; phase < phases.length; phase++) {
        const task = taskOf(contract, 1, phase)
        const kept = structuredClone({ state, task })
        const first = learner.apply(state, task)
        expect({ state, task }).toEqual(kept)
        expect(learner.apply(state, task)).toEqual(first)
        expect(learner.apply(kept.state, kept.task)).toEqual(first)
        state = first.state
      }
    })

    it('answers for itself, its round and phase, with the closed set of fields and the common numbers only', () => {
      const { updates } = workRound(contract, learner, learner.init(), 3)
      const fields = PG_UPDATE_FIELDS.filter((field) => field !== 'kind').toSorted()
      for (const [phase, update] of updates.entries()) {
        expect(Object.keys(update).toSorted()).toEqual(fields)
        expect([update.agent, update.round, update.phase]).toEqual([2, 3, phase])
        expect(update.vector).toHaveLength(contract.shared)
        expect(update.vector.every(Number.isFinite)).toBe(true)
        expect(update.control?.length).toBe(phases[phase]?.beside === 'control' ? contract.shared : undefined)
        expect(update.cluster !== null).toBe(phases[phase]?.beside === 'cluster')
      }
    })

    it('sends as its change where its common parameters went', () => {
      const { state, updates } = workRound(contract, learner, learner.init(), 1)
      const last = updates.at(-1) as PgUpdate
      const model = (taskOf(contract, 1, 0).theta as Float64Array).slice(state.cluster * contract.shared)
      expect(last.vector.some((value) => value !== 0)).toBe(true)
      last.vector.forEach((change, i) =>
        expect((model[i] as number) + change).toBeCloseTo(state.theta[i] as number, 14),
      )
    })
  })
}
