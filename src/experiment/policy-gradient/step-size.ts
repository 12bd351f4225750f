/** What theory says about the step size of a variant, and the step size that `auto` stands for. */
import type { Mdp } from '../../mdp/mdp.ts'
import {
  deviationOf,
  estimateSmoothness,
  gradientProblem,
  noisyStepSize,
  safeStepSize,
  smoothnessBound,
} from '../../mdp/theory/policy-gradient.ts'
import { optimalReturn } from '../../mdp/soft-evaluation.ts'
import { mean } from '../../numeric/statistics.ts'
import { NOBODY, Purpose, streamOf } from '../../numeric/stream.ts'
import type { FiniteTruth, PgProblem } from './problem.ts'
import type { PgSettings } from './spec.ts'

/** Theory on one problem. */
export interface SafeRegion {
  /** L, the largest of the agents', estimated around the start */
  readonly smoothness: number
  /** 8 R / (1 - gamma)^3 and its entropy term, for tabular policies: L is never larger, and mostly far smaller */
  readonly bound: number
  /** the largest eta that is safe with exact gradients; Infinity where J was found flat */
  readonly largest: number
  /** sigma of a batch at the start; null with exact gradients */
  readonly deviation: number | null
  /** the eta that `auto` stands for */
  readonly stepSize: number
}

/** Gradients that sigma is estimated from. */
const GRADIENTS = 30

/**
 * The safe region of eta, for the problem of one run seed.
 * @param initial [d] parameters at the start
 * @returns null where no model is known, for then L is not either
 */
export function safeRegion(
  { algorithm, agents }: PgSettings,
  problem: PgProblem,
  initial: Float64Array,
  seed: number,
): SafeRegion | null {
  const { truth } = problem
  if (truth === null) return null
  const smoothness = largestSmoothness(truth, initial, seed)
  const round = { smoothness, localSteps: algorithm.localSteps, serverStepSize: algorithm.serverStepSize }
  const largest = safeStepSize(round)
  const boundOf = (mdp: Mdp): number => smoothnessBound(gradientProblem(mdp, algorithm.entropy))
  const bound = truth.mdps.reduce((most, mdp) => Math.max(most, boundOf(mdp)), 0)
  if (algorithm.gradient === 'exact')
    return { smoothness, bound, largest, deviation: null, stepSize: usable(largest) }
  const deviation = deviationAt(problem, initial)
  const gap = Math.max(gapBound(truth, initial, algorithm.entropy), Number.MIN_VALUE)
  // agents of `local` are averaged with nobody, so that their noise stays
  const averaged = algorithm.name === 'local' ? 1 : agents.count
  const stepSize = noisyStepSize({ ...round, agents: averaged, rounds: algorithm.rounds, deviation, gap })
  return { smoothness, bound, largest, deviation, stepSize: usable(stepSize) }
}

/** 1 in place of infinity: where J is flat, any step does. */
const usable = (stepSize: number): number => (stepSize < Infinity ? stepSize : 1)

/** Agents whose smoothness is estimated: the largest L of some stands for that of all. */
const MOST_AGENTS = 16
/** How hard L is looked for, and how hard where a gradient takes long because there are many states. */
const SEARCH = { points: 8, spread: 1, iterations: 8 }
const SHORT_SEARCH = { points: 1, spread: 1, iterations: 4 }
const MANY_STATES = 64

function largestSmoothness({ own, mdps }: FiniteTruth, initial: Float64Array, seed: number): number {
  const stream = streamOf(seed, NOBODY, Purpose.evaluation)
  const large = (mdps[0]?.states ?? 0) > MANY_STATES
  const found = own
    .slice(0, large ? 2 : MOST_AGENTS)
    .map(({ gradient }) => estimateSmoothness(gradient, initial, stream, large ? SHORT_SEARCH : SEARCH))
  return Math.max(...found)
}

/** sigma: the largest of the agents', each from independent batches at the start. */
function deviationAt(problem: PgProblem, initial: Float64Array): number {
  const agents = Math.min(problem.agents, MOST_AGENTS)
  const deviations = Array.from({ length: agents }, (_, agent) => {
    const oracle = problem.oracle(agent)
    const gradients: Float64Array[] = []
    let state = oracle.start()
    for (let i = 0; i < GRADIENTS; i++) {
      const drawn = oracle.gradient(initial, state)
      gradients.push(drawn.gradient)
      state = drawn.state
    }
    return deviationOf(gradients)
  })
  return Math.max(...deviations)
}

/** J* - J at the start; where dynamics differ, the mean of the agents' own, which is no smaller. */
function gapBound(
  { average, common, mdps, own }: FiniteTruth,
  initial: Float64Array,
  temperature: number,
): number {
  if (average !== null && common !== null) return optimalReturn(average, temperature) - common.value(initial)
  const gaps = mdps.map((mdp, i) => optimalReturn(mdp, temperature) - (own[i]?.value(initial) ?? 0))
  return mean(gaps)
}
