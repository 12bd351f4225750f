/** How far the mean of the agents' exact policy gradients lies from the gradient of one average Mdp, at the first parameters of a run. */
import { dynamicsHeterogeneity } from '../../mdp/average.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { softmaxObjective } from '../../mdp/policy-gradient.ts'
import { withRewards } from '../../mdp/rewards.ts'
import type { Row } from '../../metrics/row.ts'
import { meanVector } from '../../numeric/mean-vector.ts'
import { difference } from '../../numeric/vector.ts'
import { isPolicyGradient, type Experiment } from '../experiment.ts'
import { initialOf } from '../policy-gradient/federation.ts'
import { buildPgProblem, type FiniteTruth } from '../policy-gradient/problem.ts'
import { trialsOf } from '../trial.ts'

/**
 * Of every (variant, seed) of policy gradients with a finite problem and the policy softmax:
 * - `averageGradientDistance`, |(1/N) sum_i grad J_i - grad J| / |grad J|, J being that of the average Mdp, or of {@link blendedMdp} where
 *   dynamics differ;
 * - `dynamicsDistance`, the largest total variation between two agents' dynamics.
 */
export async function averageGradientRows(experiment: Experiment): Promise<Row[]> {
  const rows: Row[] = []
  for (const { variant, seed, settings } of trialsOf(experiment)) {
    if (!isPolicyGradient(settings) || settings.algorithm.policy !== 'softmax') continue
    const problem = await buildPgProblem(settings, seed, experiment.folder)
    if (problem.truth === null) continue
    const theta = initialOf(settings.algorithm, problem, seed)
    const place = { variant, seed, round: 0, step: 0 }
    const distance = relativeDistance(problem.truth, theta, settings.algorithm.entropy)
    const between = dynamicsHeterogeneity(problem.truth.mdps)
    rows.push(
      { ...place, metric: 'averageGradientDistance', value: distance },
      { ...place, metric: 'dynamicsDistance', value: between },
    )
  }
  return rows
}

function relativeDistance({ own, common, mdps }: FiniteTruth, theta: Float64Array, entropy: number): number {
  const mean = meanVector(own.map(({ gradient }) => gradient(theta)))
  const { gradient } = common ?? softmaxObjective(blendedMdp(mdps), entropy)
  const ofAverage = gradient(theta)
  return norm(difference(mean, ofAverage)) / norm(ofAverage)
}

const norm = (vector: Float64Array): number => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0))

/**
 * The Mdp with the mean of the agents' transition probabilities and the mean of their expected rewards: the nearest to an average that
 * there is where dynamics differ.
 * @param mdps over the same outcomes, at least one
 * @throws RangeError where outcomes differ
 */
export function blendedMdp(mdps: readonly Mdp[]): Mdp {
  const [first] = mdps
  if (first === undefined) throw new RangeError('blendedMdp: expected at least one Mdp, got none')
  if (
    !mdps.every(({ next }) => next.length === first.next.length && next.every((s, i) => s === first.next[i]))
  )
    throw new RangeError('blendedMdp: expected the same outcomes for all agents')
  const probability = meanVector(mdps.map((mdp) => mdp.probability))
  return withRewards({ ...first, probability }, meanVector(mdps.map(expectedRewards)))
}

/** [S * A] */
function expectedRewards({ states, actions, start, probability, reward }: Mdp): Float64Array {
  return Float64Array.from({ length: states * actions }, (_, z) => {
    let sum = 0
    for (let i = start[z] as number; i < (start[z + 1] as number); i++)
      sum += (probability[i] as number) * (reward[i] as number)
    return sum
  })
}
