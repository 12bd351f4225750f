/** The metrics of policy gradients, measured with the truth beside them where the problem is finite. */
import { meanVector } from '../../numeric/mean-vector.ts'
import { mean } from '../../numeric/statistics.ts'
import { squaredNorm } from '../../numeric/vector.ts'
import { assignmentRate } from './assignment.ts'
import type { FiniteTruth, PgProblem } from './problem.ts'
import type { PgMetric } from './spec.ts'

/** What a round has come to. */
export interface PgMeasured {
  /** [d] parameters that all agents use; null where each uses its own */
  readonly common: Float64Array | null
  /** [d] parameters that an agent uses */
  parameters(agent: number): Float64Array
  /** root mean square distance of the agents' last local iterates from their mean, in the parameters that are common */
  readonly drift: number
  /** cluster that each agent joined last; empty where there are none */
  readonly clusters: readonly number[]
  /** what the run has cost so far, all agents together: transitions drawn, averagings, encoded frames both ways */
  readonly cost: { readonly samples: number; readonly rounds: number; readonly bytes: number }
}

/** A measured number and the name that stands in its row: the metric's, or the metric's and the agent's. */
export interface PgValue {
  readonly metric: string
  readonly value: number
}

/** Measures one metric of what a round has come to. */
export type PgEvaluate = (metric: PgMetric) => PgValue[]

/**
 * The metrics as a function of the parameters. Where agents use parameters of their own, theta_i, J is (1/N) sum_i J_i(theta_i) and
 * gradientNorm the root mean square of |grad J_i(theta_i)|. What several metrics of a round need is computed once.
 * @param optimum J* of the average problem; null where it is not known
 * @param episodes evaluation episodes of each agent
 */
export function pgEvaluator(
  problem: PgProblem,
  optimum: number | null,
  seed: number,
  episodes: number,
): (measured: PgMeasured) => PgEvaluate {
  return (measured) => {
    const returns = once(() =>
      Array.from({ length: problem.agents }, (_, agent) =>
        problem.episodeReturn(agent, measured.parameters(agent), seed, episodes),
      ),
    )
    const own = once(() => ownObjectives(problem, measured))
    const objective = once(() => commonObjective(problem, measured) ?? mean(own()))
    const squaredGradient = once(() => squaredNormOf(problem, measured))
    const one = (metric: PgMetric, value: number): PgValue[] => [{ metric, value }]
    return (metric) => {
      switch (metric) {
        case 'samples':
        case 'rounds':
        case 'bytes':
          return one(metric, measured.cost[metric])
        case 'drift':
          return one(metric, measured.drift)
        case 'assignment':
          return one(metric, assignmentOf(problem, measured))
        case 'J':
          return one(metric, objective())
        case 'gap':
          return one(metric, (optimum ?? NaN) - objective())
        case 'gradientNorm':
          return one(metric, Math.sqrt(squaredGradient()))
        case 'squaredGradientNorm':
          return one(metric, squaredGradient())
        case 'worstJ':
          return one(metric, least(own()))
        case 'agentJ':
          return own().map((value, agent) => ({ metric: `agentJ.${agent}`, value }))
        case 'episodeReturn':
          return one(metric, mean(returns()))
        case 'worstEpisodeReturn':
          return one(metric, least(returns()))
        case 'personalJ':
          return []
      }
    }
  }
}

/** The value of `compute`, computed when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let kept: { readonly value: T } | undefined
  return () => (kept ??= { value: compute() }).value
}

/** The least of any number of values; `Math.min` takes some 10^5. */
const least = (values: readonly number[]): number =>
  values.reduce((low, value) => Math.min(low, value), Infinity)

function truthOf({ truth }: PgProblem): FiniteTruth {
  if (truth === null)
    throw new RangeError('pgEvaluator: expected a metric that needs no model, for none is known')
  return truth
}

const ownObjectives = (problem: PgProblem, { parameters }: PgMeasured): number[] =>
  truthOf(problem).own.map(({ value }, agent) => value(parameters(agent)))

/** J of the average problem at the common parameters; null where there is no such problem, or no such parameters. */
function commonObjective(problem: PgProblem, measured: PgMeasured): number | null {
  const { common } = truthOf(problem)
  return measured.common !== null && common !== null ? common.value(measured.common) : null
}

function squaredNormOf(problem: PgProblem, measured: PgMeasured): number {
  const { own, common } = truthOf(problem)
  if (measured.common !== null && common !== null) return squaredNorm(common.gradient(measured.common))
  const gradients = own.map(({ gradient }, agent) => gradient(measured.parameters(agent)))
  return measured.common === null ? mean(gradients.map(squaredNorm)) : squaredNorm(meanVector(gradients))
}

function assignmentOf({ planted }: PgProblem, { clusters }: PgMeasured): number {
  if (planted === null) throw new RangeError('pgEvaluator: assignment needs planted clusters, got none')
  const last = [...planted, ...clusters].reduce((most, cluster) => Math.max(most, cluster), 0)
  return assignmentRate(clusters, planted, last + 1)
}
