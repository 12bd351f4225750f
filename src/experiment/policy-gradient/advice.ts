/** What is known of a policy-gradient problem before it is run, in sentences: the optimum, theory's step sizes, and warnings. */
import { isPolicyAveraging } from '../../algorithm/policy-averaging.ts'
import { optimalReturn } from '../../mdp/soft-evaluation.ts'
import { dynamicsHeterogeneity } from '../../mdp/average.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { gradientProblem, truncationBias } from '../../mdp/theory/policy-gradient.ts'
import type { AgentsOptimum } from '../report/input.ts'
import { initialOf } from './federation.ts'
import type { FiniteTruth, PgProblem } from './problem.ts'
import { rolloutOptions } from './problem/rollout-options.ts'
import type { PgSettings } from './spec.ts'
import { safeRegion, type SafeRegion } from './step-size.ts'

/** The optimum of a finite problem. */
export const optimumOf = ({ mdps, average }: FiniteTruth, temperature: number): AgentsOptimum => ({
  common: average === null ? null : optimalReturn(average, temperature),
  own: mdps.map((mdp) => optimalReturn(mdp, temperature)),
  dynamics: dynamicsHeterogeneity(mdps),
})

/** What theory says of a variant on the problem of one seed. */
export interface PgAdvice {
  readonly sentences: readonly string[]
  /** what a reader must be warned of */
  readonly warnings: readonly string[]
}

const figure = (value: number): string => String(Number(value.toPrecision(3)))

/**
 * Theory's step sizes, smoothness, noise and horizon for the settings of a variant; nothing where no model is known, and for algorithms
 * that take no gradient steps.
 */
export function pgAdvice(settings: PgSettings, problem: PgProblem, seed: number): PgAdvice {
  const { algorithm } = settings
  const { truth } = problem
  if (truth === null || isPolicyAveraging(algorithm.name)) return { sentences: [], warnings: [] }
  const initial = initialOf(algorithm, problem, seed).subarray(0, problem.policy.size)
  const region = safeRegion(settings, problem, initial, seed)
  if (region === null) return { sentences: [], warnings: [] }
  return {
    sentences: [...stepSizeSentences(settings, region), ...horizonSentences(settings, truth)],
    warnings: warningsOf(settings, region),
  }
}

/** Whether scores are those of tables of logits, for which bounds are known. */
const isTabular = ({ policy }: PgSettings['algorithm']): boolean =>
  policy === 'softmax' || ('linear' in policy && policy.linear === 'one-hot')

function stepSizeSentences({ algorithm }: PgSettings, region: SafeRegion): string[] {
  const { smoothness, bound, largest, deviation, stepSize } = region
  const above = `; the bound for tabular policies, 8 R / (1 - gamma)^3 and its entropy term, is ${figure(bound)}`
  const smooth = `J is smooth with L = ${figure(smoothness)} as estimated around the start${isTabular(algorithm) ? above : ''}.`
  const safe = `With this L and exact gradients, Fast-FedPG is safe with every step size${largest < Infinity ? ` up to ${figure(largest)}` : ''}: eta L H <= 1/4 and alpha_g eta H <= 1 / L.`
  const noise =
    deviation === null
      ? []
      : [`A gradient of one agent has a standard deviation of ${figure(deviation)} at the start.`]
  const auto = `stepSize auto is ${figure(stepSize)} here${algorithm.stepSize === 'auto' ? '' : '; the file says ' + String(algorithm.stepSize)}.`
  return [smooth, safe, ...noise, auto]
}

function horizonSentences({ algorithm }: PgSettings, { mdps }: FiniteTruth): string[] {
  const { gradient, entropy } = algorithm
  const [mdp] = mdps
  if (gradient === 'exact' || mdp === undefined) return []
  const { horizon } = rolloutOptions(gradient, mdp.discount)
  if (!isTabular(algorithm)) return [`Rollouts are cut at ${horizon} steps.`]
  const biasOf = (own: Mdp): number => truncationBias(gradientProblem(own, entropy), horizon)
  const bias = mdps.reduce((most, own) => Math.max(most, biasOf(own)), 0)
  return [
    `Rollouts are cut at ${horizon} steps, which takes at most ${figure(bias)} from a gradient, in norm.`,
  ]
}

function warningsOf({ algorithm }: PgSettings, { largest, smoothness }: SafeRegion): string[] {
  const { stepSize, localSteps, serverStepSize } = algorithm
  if (stepSize === 'auto' || stepSize <= largest) return []
  return [
    `stepSize ${stepSize} lies outside the region that theory calls safe, (0, ${figure(largest)}], for ${localSteps} local steps, serverStepSize ${serverStepSize} and an estimated L of ${figure(smoothness)}. It may work all the same.`,
  ]
}
