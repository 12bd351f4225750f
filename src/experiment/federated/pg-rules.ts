/**
 * What an Update of policy gradients must be, given the Task that it answers: with tabular softmax policies and rewards in a known range no
 * gradient is longer than theory says, and no change of the parameters than so many steps along such gradients.
 */
import { gradientBound, gradientProblem, sampledGradientBound } from '../../mdp/theory/policy-gradient.ts'
import { squaredNorm } from '../../numeric/vector.ts'
import type { Issue } from '../../numeric/result.ts'
import type { PgContract } from '../../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'
import type { PgProblem } from '../policy-gradient/problem.ts'
import type { PgSettings } from '../policy-gradient/spec.ts'

/** Sums of many roundings may go beyond a bound by this share of it. */
const SLACK = 1e-6

/** G: no gradient of an agent is longer; Infinity where theory gives no bound. */
export function longestGradient({ algorithm }: PgSettings, { truth }: Pick<PgProblem, 'truth'>): number {
  const { policy, gradient, entropy } = algorithm
  if (policy !== 'softmax' || truth === null) return Infinity
  if (gradient !== 'exact' && gradient.estimator !== 'gpomdp') return Infinity
  const bound = gradient === 'exact' ? gradientBound : sampledGradientBound
  return Math.max(...truth.mdps.map((mdp) => bound(gradientProblem(mdp, entropy))))
}

/** The longest vector and the longest control that answer a Task. */
interface Longest {
  readonly vector: number
  readonly control: number
}

const norm = (vector: Float64Array | null): number => Math.sqrt(squaredNorm(vector ?? new Float64Array(0)))

/** @param longest G */
function longestAnswer(contract: PgContract, isExact: boolean, longest: number, task: PgTask): Longest {
  const { algorithm, localSteps, stepSize, momentum } = contract
  const steps = localSteps * stepSize
  switch (algorithm) {
    case 'fedpg':
    case 'ifca':
      return { vector: steps * longest, control: 0 }
    case 'fast-fedpg':
      return { vector: task.phase === 0 ? longest : steps * (2 * longest + norm(task.direction)), control: 0 }
    case 'scaffold':
      return { vector: steps * (2 * longest + norm(task.direction)), control: 2 * longest }
    case 'fedsvrpg-m':
      // importance weights have no bound
      if (!isExact) return { vector: Infinity, control: 0 }
      return {
        vector: steps * (momentum * longest + (1 - momentum) * (norm(task.direction) + 2 * longest)),
        control: 0,
      }
    case 'local':
    case 'central':
    case 'softpavg':
    case 'projpavg':
    case 'qavg':
      return { vector: Infinity, control: Infinity }
  }
}

/** Says what is wrong with an Update of the right shape that answers a Task. @param longest G, see {@link longestGradient} */
export function pgRules(
  contract: PgContract,
  isExact: boolean,
  longest: number,
): (update: PgUpdate, task: PgTask) => Issue[] {
  if (longest === Infinity) return () => []
  return ({ vector, control }, task) => {
    const most = longestAnswer(contract, isExact, longest, task)
    return [...tooLong('vector', vector, most.vector), ...tooLong('control', control, most.control)]
  }
}

function tooLong(name: string, vector: Float64Array | null, most: number): Issue[] {
  const length = norm(vector)
  return length <= most * (1 + SLACK)
    ? []
    : [{ path: [name], message: `expected a vector of length ${most} at most, as rewards and discount imply, got one of length ${length}` }] // prettier-ignore
}
