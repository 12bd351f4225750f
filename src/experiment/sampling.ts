/** How far what is sampled is from what is solved: random words are finite, so every probability is met to about 2^-32. */
import { samplingDifference } from '../mdp/sampled.ts'
import { truth } from './evaluator.ts'
import { isQLearning, type Experiment } from './experiment.ts'
import { outcomesOf } from './memory.ts'
import { firstProblems } from './problems.ts'

/** Problems with more outcomes are not solved a second time for this. */
const MOST_OUTCOMES = 2e6

/**
 * The largest max |Q*_sampled - Q*| / max |Q*| over the problems of the first seed; null where no model is known or all are too large.
 */
export async function samplingOf(experiment: Experiment): Promise<number | null> {
  const variants = experiment.variants
    .filter(isQLearning)
    .filter(({ settings }) => (outcomesOf(settings) ?? 0) <= MOST_OUTCOMES)
  let largest: number | null = null
  for await (const [, { model, experience }] of firstProblems({ ...experiment, variants })) {
    if (model === null || experience.kind !== 'behavior') continue
    largest = Math.max(largest ?? 0, samplingDifference(model.mdp, truth(model.mdp).q))
  }
  return largest
}
