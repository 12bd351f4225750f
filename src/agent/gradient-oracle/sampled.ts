/**
 * Gradients estimated from truncated rollouts, for tabular softmax policies in finite Mdps. What estimates are made of stands in the folder
 * `sampled`: rollouts (compiled, with a plain twin), returns and baselines, scores.
 */
import type { Mdp } from '../../mdp/mdp.ts'
import { drawStart, startSampler } from '../../mdp/sampler.ts'
import { Purpose, streamOf } from '../../numeric/stream.ts'
import type { Stream } from '../../numeric/stream.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import { compiledWalker } from './sampled/compiled.ts'
import { estimateOf } from './sampled/estimate.ts'
import type { SampledSettings } from './sampled/estimate.ts'
import { plainWalker } from './sampled/plain.ts'
import type { ReturnSums } from './sampled/returns.ts'
import type { Walker } from './sampled/rollouts.ts'
import { fillImportance } from './sampled/score.ts'

export type { SampledSettings }

/** The position of an agent's experience. */
export interface SampledState {
  /** two words a step: the action, then the outcome */
  readonly walk: Stream
  /** one word a rollout */
  readonly start: Stream
  /** transitions drawn so far */
  readonly samples: number
  /** returns of earlier gradients by state, [S] each; [0] where the baseline is not `value` */
  readonly earlier: ReturnSums
}

/**
 * The gradient of the truncated return J_K = E sum_{t < K} gamma^t r_t, estimated without bias from M rollouts:
 *
 *   gpomdp:    (1/M) sum_m sum_k gamma^k (R_k - b_k) grad log pi(a_k|s_k),  R_k = sum_{t >= k} gamma^(t - k) r_t
 *   reinforce: (1/M) sum_m sum_k (R_0 - b_k) grad log pi(a_k|s_k)
 *
 * With an entropy bonus r_t is r(s, a, s') - tau log pi(a_t|s_t). That this reward depends on theta asks for no term of its own: the term
 * would be -tau grad log pi(a_t|s_t), whose mean over a_t is 0. `value` is the mean of R_0, which estimates J_K; returns of its rollouts do
 * not enter baselines. Sources: Baxter and Bartlett, "Infinite-horizon policy-gradient estimation", 2001; Williams, "Simple statistical
 * gradient-following algorithms for connectionist reinforcement learning", 1992.
 * @param seed,agent key of the random streams
 * @param walkerOf who makes the rollouts; the plain walker does where that gives null
 * @throws RangeError when a setting is out of range; the functions, when theta has not S * A entries
 */
export function sampledOracle(
  mdp: Mdp,
  settings: SampledSettings,
  seed: number,
  agent: number,
  walkerOf: (mdp: Mdp, rollouts: number, horizon: number) => Walker | null = compiledWalker,
): GradientOracle<SampledState> {
  checkSettings(settings)
  const { rollouts, horizon, baseline } = settings
  const size = mdp.states * mdp.actions
  const sampler = startSampler(mdp.initial)
  const walker = walkerOf(mdp, rollouts, horizon) ?? plainWalker(mdp, rollouts, horizon)
  const own = estimateOf(mdp, settings, walker.rollouts, walker.rollouts.policy)
  const other = estimateOf(mdp, settings, walker.rollouts, new Float64Array(size))
  const importance = new Float64Array(rollouts)
  const ones = new Float64Array(rollouts).fill(1)

  /** Makes a batch at theta and looks at it; moves the streams on. Gives the number of states visited. */
  const draw = (theta: Float64Array, walk: Stream, start: Stream, logarithms: boolean): number => {
    checkSize('theta', theta, size)
    for (let m = 0; m < rollouts; m++) walker.starts[m] = drawStart(sampler, start)
    const visits = walker.walk(theta, walk)
    own.look(theta, visits, logarithms)
    return visits
  }

  /** The position after a batch, its streams moved on. */
  const after = (from: SampledState, walk: Stream, start: Stream, earlier: ReturnSums): SampledState => ({
    walk,
    start,
    samples: from.samples + (walker.rollouts.offset[rollouts] as number),
    earlier,
  })

  return {
    size,
    start: () => ({
      walk: streamOf(seed, agent, Purpose.walk),
      start: streamOf(seed, agent, Purpose.start),
      samples: 0,
      earlier: zeroSums(baseline === 'value' ? mdp.states : 0),
    }),
    gradient(theta, from, into = new Float64Array(size)) {
      checkSize('into', into, size)
      const [walk, start] = [from.walk.slice(), from.start.slice()]
      draw(theta, walk, start, false)
      const state = after(from, walk, start, own.remember(from.earlier))
      return { gradient: own.gradient(from.earlier, ones, into), state }
    },
    gradients(theta, reference, from) {
      checkSize('reference', reference, size)
      const [walk, start] = [from.walk.slice(), from.start.slice()]
      const visits = draw(theta, walk, start, true)
      const state = after(from, walk, start, own.remember(from.earlier))
      other.look(reference, visits, true)
      fillImportance(walker.rollouts, own.logPolicy, other.logPolicy, importance)
      const gradient = own.gradient(from.earlier, ones, new Float64Array(size))
      const atReference = other.gradient(from.earlier, importance, new Float64Array(size))
      return { gradient, atReference, state }
    },
    value(theta, from) {
      const [walk, start] = [from.walk.slice(), from.start.slice()]
      draw(theta, walk, start, false)
      return { value: own.value(), state: after(from, walk, start, from.earlier) }
    },
    samples: ({ samples }) => samples,
  }
}

const zeroSums = (states: number): ReturnSums => ({
  sum: new Float64Array(states),
  count: new Float64Array(states),
})

function checkSize(name: string, vector: Float64Array, size: number): void {
  if (vector.length !== size)
    throw new RangeError(`sampledOracle: ${name} must have ${size} entries, got ${vector.length}`)
}

function checkSettings({ rollouts, horizon, baseline, entropy }: SampledSettings): void {
  const least = baseline === 'leave-one-out' ? 2 : 1
  if (!Number.isInteger(rollouts) || rollouts < least)
    throw new RangeError(
      `sampledOracle: rollouts must be an integer >= ${least} with baseline ${baseline}, got ${rollouts}`,
    )
  if (!Number.isInteger(horizon) || horizon < 1)
    throw new RangeError(`sampledOracle: horizon must be an integer >= 1, got ${horizon}`)
  if (!(entropy >= 0 && entropy < Infinity))
    throw new RangeError(`sampledOracle: entropy must be a finite number >= 0, got ${entropy}`)
}
