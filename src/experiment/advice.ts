/** What theory says about an experiment: what its agents cover, which theorem is about its algorithm, and advice in sentences. */
import { coverage, logCoverage, type Coverage } from '../mdp/coverage.ts'
import type { Demand, TheoryInput } from '../mdp/theory.ts'
import { check } from '../mdp/theory/check.ts'
import type { AlgorithmSpec } from './experiment.ts'
import type { Problem } from './simulation.ts'

/** Longest mixing time that is looked for, agent steps. */
const MIXING_TIME_CAP = 1_000_000

/**
 * What the agents of a problem cover: by their model and behaviours, or by their logs; null for agents that act in no known model, or
 * whose experience is their own.
 * @param mixingWork most multiplications spent on mixing times
 */
export function coverageOf(
  { states, actions, model, experience }: Problem,
  mixingWork?: number,
): Coverage | null {
  if (experience.kind === 'logs') return logCoverage(experience.logs, states, actions, model?.mdp.terminal)
  return model === null || experience.kind === 'own'
    ? null
    : coverage(model.mdp, experience.behaviors, {
        mixingTimeCap: MIXING_TIME_CAP,
        ...(mixingWork !== undefined && { mixingWork }),
      })
}

/** Rewards of the theorems lie in [0, 1]: a problem of width w has the error of one of width 1, times w. */
export const rewardWidth = ([low, high]: Problem['rewardRange']): number =>
  low >= 0 && high <= 1 ? 1 : Math.max(high, 0) - Math.min(low, 0)

/** A problem as the theorems see it. `epsilon` is in units of Q for rewards in [0, 1]: see {@link rewardWidth}. */
export const theoryInput = (
  { states, actions, discount }: Problem,
  covered: Coverage,
  asked: Pick<TheoryInput, 'epsilon' | 'delta'>,
): TheoryInput => ({
  states,
  actions,
  discount,
  ...asked,
  agents: covered.agents.length,
  coverage: covered,
})

/** Which theorem is about an algorithm; null for independent learners, which have none. */
export function theoremOf(algorithm: AlgorithmSpec): 1 | 2 | 3 | null {
  if (algorithm.name === 'q-learning') return null
  if (algorithm.name === 'fed-syn-q') return 1
  return algorithm.averaging === 'equal' ? 2 : 3
}

/** The settings of an algorithm beside what its theorem asks for, and what the theorem misses; none for independent learners. */
export function adviceOn(algorithm: AlgorithmSpec, input: TheoryInput, demand: Demand): string[] {
  if (algorithm.name === 'q-learning') return []
  const { stepSize, syncPeriod, steps } = algorithm
  const chosen = { stepSize: typeof stepSize === 'number' ? stepSize : null, syncPeriod, steps }
  return [
    ...check(demand, input, chosen),
    ...demand.missing.map((reason) => `Theorem ${demand.theorem}: ${reason}.`),
  ]
}
