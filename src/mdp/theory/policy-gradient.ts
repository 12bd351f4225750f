/**
 * What theory says about federated policy gradients: how smooth J is, how noisy and how biased truncated rollouts are, and the step sizes
 * and rates that follow. The bounds hold for tabular softmax policies and are very loose; estimates stand beside them. Everything is
 * advice. The algorithm: Zhu, Heath, Mitra, "Towards fast rates for federated and multi-task reinforcement learning", 2024, which gives
 * no step sizes: those here are derived where they stand.
 */
import { normal } from '../../numeric/draw.ts'
import { log, pow } from '../../numeric/elementary.ts'
import type { Stream } from '../../numeric/stream.ts'
import { scatter, squaredNorm } from '../../numeric/vector.ts'
import { rewardRange, type Mdp } from '../mdp.ts'

/** A tabular softmax policy's problem, as far as bounds need it. */
export interface GradientProblem {
  /** A */
  readonly actions: number
  /** gamma, in [0, 1) */
  readonly discount: number
  /** rewards lie in [low, high] */
  readonly rewardRange: readonly [low: number, high: number]
  /** tau >= 0 of the entropy bonus, in units of reward */
  readonly temperature: number
}

/** What bounds need of an Mdp. @param temperature tau >= 0 of the entropy bonus */
export const gradientProblem = (mdp: Mdp, temperature: number): GradientProblem => ({
  actions: mdp.actions,
  discount: mdp.discount,
  rewardRange: rewardRange(mdp),
  temperature,
})

const square = (x: number): number => x * x

/** The largest |reward|. */
const largestReward = ({ rewardRange: [low, high] }: GradientProblem): number =>
  Math.max(Math.abs(low), Math.abs(high))

/** R: the length of the smallest interval that holds all rewards and 0, which terminal states pay. */
const rewardSpan = ({ rewardRange: [low, high] }: GradientProblem): number =>
  Math.max(high, 0) - Math.min(low, 0)

/**
 * L with |grad J(x) - grad J(y)| <= L |x - y| for tabular softmax policies: 8 R / (1 - gamma)^3 + tau (4 + 8 log A) / (1 - gamma)^3, R
 * the length of the smallest interval that holds all rewards and 0, which terminal states pay. Source: Mei, Xiao, Szepesvari, Schuurmans,
 * "On the global convergence rates of softmax policy gradient methods", 2020, Lemmas 7 and 14, for rewards in [0, 1]; J is linear in them.
 */
export function smoothnessBound(problem: GradientProblem): number {
  const { actions, discount, temperature } = problem
  const cube = square(1 - discount) * (1 - discount)
  return (8 * rewardSpan(problem) + temperature * (4 + 8 * log(actions))) / cube
}

/**
 * |grad J| <= (R + 3 tau log A) / (1 - gamma)^2 for tabular softmax policies. For dJ/dtheta(s, a) = x(s) pi(a|s) (X - V(s)) with
 * X = Q(s, a) - tau log pi(a|s), V the mean of X and sum_s x(s) <= 1 / (1 - gamma). As Q lies in an interval of length
 * (R + tau log A) / (1 - gamma) and the mean of -log pi is at most log A, the mean of |X - V| is at most that length + 2 tau log A.
 */
export function gradientBound(problem: GradientProblem): number {
  const { actions, discount, temperature } = problem
  return (rewardSpan(problem) + 3 * temperature * log(actions)) / square(1 - discount)
}

/**
 * |g| <= sqrt 2 R / (1 - gamma)^2 for a GPOMDP estimate from rollouts, however they fall, for |grad log pi| <= sqrt 2 and returns and
 * baselines lie in an interval of length R / (1 - gamma). Infinite with an entropy bonus, which is unbounded along a rollout.
 */
export const sampledGradientBound = (problem: GradientProblem): number =>
  problem.temperature > 0 ? Infinity : (Math.SQRT2 * rewardSpan(problem)) / square(1 - problem.discount)

/**
 * sigma^2 of one rollout's gradient, REINFORCE with rewards to go: at most E|g|^2 <= 2 R^2 / (1 - gamma)^4, with R = largest |reward| +
 * tau (1 + log A). For |grad log pi| <= sqrt 2 gives |g| <= sqrt 2 sum_t (t + 1) gamma^t |r_t|; the norm sqrt(E r_t^2) of a
 * reward with its bonus is at most R by the triangle inequality, as E log^2 pi <= E (1 + log 1/pi)^2 <= (1 + log A)^2 (Jensen).
 */
export function varianceBound(problem: GradientProblem): number {
  const { actions, discount, temperature } = problem
  const reward = largestReward(problem) + temperature * (1 + log(actions))
  return (2 * square(reward)) / square(square(1 - discount))
}

/**
 * What cutting rollouts at K steps takes from the gradient at most, in norm: sqrt 2 R gamma^K (K / (1 - gamma) + 1 / (1 - gamma)^2), with
 * R = largest |reward| + tau log A. For the missing part is sum_k grad log pi_k sum_{t >= max(k, K)} gamma^t r_t, with |grad log pi| <=
 * sqrt 2: the K first scores miss gamma^K / (1 - gamma) each, the later ones sum_{k >= K} gamma^k / (1 - gamma).
 * @param horizon K >= 0, steps
 */
export function truncationBias(problem: GradientProblem, horizon: number): number {
  const { actions, discount, temperature } = problem
  const reward = largestReward(problem) + temperature * log(actions)
  const scores = horizon / (1 - discount) + 1 / square(1 - discount)
  return Math.SQRT2 * reward * pow(discount, horizon) * scores
}

/**
 * The smallest K >= 1 with {@link truncationBias} <= `bias`, by bisection: the bound falls with K.
 * @param bias > 0, in units of the gradient
 * @throws RangeError when the bias is not above 0, or the discount not in [0, 1)
 */
export function horizonFor(problem: GradientProblem, bias: number): number {
  if (!(bias > 0)) throw new RangeError(`horizonFor: bias must be above 0, got ${bias}`)
  if (!(problem.discount >= 0 && problem.discount < 1))
    throw new RangeError(`horizonFor: discount must be in [0, 1), got ${problem.discount}`)
  const suffices = (horizon: number): boolean => truncationBias(problem, horizon) <= bias
  let enough = 1
  while (!suffices(enough)) enough *= 2
  let least = Math.floor(enough / 2)
  while (enough - least > 1) {
    const middle = Math.floor((least + enough) / 2)
    if (suffices(middle)) enough = middle
    else least = middle
  }
  return enough
}

/** The settings of a round that a step size must suit. */
export interface RoundSettings {
  /** L of every agent's J_i */
  readonly smoothness: number
  /** H */
  readonly localSteps: number
  /** alpha_g */
  readonly serverStepSize: number
}

/**
 * The largest eta that is safe with exact gradients: eta L H <= 1/4 and alpha = alpha_g eta H <= 1 / L. Then a round of Fast-FedPG gains
 * J(theta+) >= J(theta) + (alpha / 4) |grad J(theta)|^2.
 *
 * Local steps move along d = grad J plus changes of grad J_i of at most L |Delta|, so |Delta_l| <= eta l e^(eta L H) |grad J|, and the
 * averaged direction is grad J + e with |e| <= L max |Delta| <= (1/4) e^(1/4) |grad J| < 0.33 |grad J|. With alpha <= 1 / L the descent
 * lemma gives a gain of (alpha / 2) (|grad J|^2 - |e|^2).
 */
export const safeStepSize = ({ smoothness, localSteps, serverStepSize }: RoundSettings): number =>
  Math.min(1 / 4, 1 / serverStepSize) / (smoothness * localSteps)

/** What noisy gradients ask for besides. */
export interface NoisySettings extends RoundSettings {
  /** N */
  readonly agents: number
  /** T */
  readonly rounds: number
  /** sigma: square root of E|g - grad J_i|^2 of the gradient that a local step takes, its whole batch */
  readonly deviation: number
  /** J* - J(theta_0), or a bound on it */
  readonly gap: number
}

/**
 * eta for noisy gradients: that of Theorem 2, alpha = alpha_g eta H = sqrt(gap / (L sigma^2)) sqrt(N H / T), and no more than is safe.
 *
 * With u = (1 / NH) sum g_i(theta_{i,l}) the averaged direction, of noise sigma^2 / (N H) (that of the memory cancels), and e the drift
 * of its mean from grad J, the descent lemma for alpha L <= 1/2 gives
 *
 *   E J(theta+) >= J(theta) + (alpha / 2) (|grad J|^2 - E|e|^2) - L alpha^2 sigma^2 / (N H),
 *
 * where for eta L H <= 1/4 drift takes 0.07 |grad J|^2 and noise of order L^2 alpha^2 sigma^2 / alpha_g^2, which is no larger than the
 * last term once alpha_g >= sqrt(alpha L N H). Summed over T rounds, the mean of E|grad J|^2 is at most
 * 4 gap / (alpha T) + 4 L alpha sigma^2 / (N H): least, 8 sqrt(L gap sigma^2 / (N H T)), at this alpha.
 */
export function noisyStepSize(settings: NoisySettings): number {
  const { smoothness, localSteps, serverStepSize, agents, rounds, deviation, gap } = settings
  const safe = Math.min(1 / 4, 1 / (2 * serverStepSize)) / (smoothness * localSteps)
  const alpha = Math.sqrt((gap * agents * localSteps) / (smoothness * rounds)) / deviation
  return Math.min(safe, alpha / (serverStepSize * localSteps))
}

/**
 * sigma from some gradients at one point: square root of sum |g - mean|^2 / (n - 1).
 * @param gradients at least two, [d] each, independent
 * @throws RangeError when there are fewer than two
 */
export function deviationOf(gradients: readonly Float64Array[]): number {
  if (gradients.length < 2)
    throw new RangeError(`deviationOf: expected at least two gradients, got ${gradients.length}`)
  return Math.sqrt(scatter(gradients) / (gradients.length - 1))
}

/** How hard {@link estimateSmoothness} looks. */
export interface SmoothnessSearch {
  /** points: theta itself, and others around it */
  readonly points: number
  /** standard deviation of each entry of the other points about theta */
  readonly spread: number
  /** power iterations at a point */
  readonly iterations: number
}

const SEARCH: SmoothnessSearch = { points: 32, spread: 1, iterations: 12 }
/** Half the distance of the gradients whose difference is a Hessian-vector product: the cube root of the unit roundoff. */
const STEP = 5e-6

/**
 * A smoothness of J that was met: the largest |H v|, |v| = 1, of the Hessian H at theta and at points around it, v turned towards the
 * dominant eigenvector by power iteration, H v by central differences of the gradient. It is at most the true L up to rounding,
 * of relative size 1e-9.
 * @param gradient grad J, exact
 * @param theta [d], not changed
 * @param stream moves on by what normal numbers take
 */
export function estimateSmoothness(
  gradient: (theta: Float64Array) => Float64Array,
  theta: Float64Array,
  stream: Stream,
  { points, spread, iterations }: SmoothnessSearch = SEARCH,
): number {
  let most = 0
  for (let k = 0; k < points; k++) {
    const at = k === 0 ? theta : theta.map((x) => x + spread * normal(stream))
    let direction: Float64Array = theta.map(() => normal(stream))
    for (let i = 0; i < iterations; i++) {
      direction = hessianTimes(gradient, at, unit(direction))
      most = Math.max(most, norm(direction))
    }
  }
  return most
}

const norm = (v: Float64Array): number => Math.sqrt(squaredNorm(v))

/** v / |v|; 0 stays 0. */
const unit = (v: Float64Array): Float64Array => {
  const length = norm(v)
  return length === 0 ? v : v.map((x) => x / length)
}

function hessianTimes(
  gradient: (theta: Float64Array) => Float64Array,
  theta: Float64Array,
  v: Float64Array,
): Float64Array {
  const ahead = gradient(theta.map((x, j) => x + STEP * (v[j] as number)))
  const behind = gradient(theta.map((x, j) => x - STEP * (v[j] as number)))
  return ahead.map((x, j) => (x - (behind[j] as number)) / (2 * STEP))
}

/**
 * The exponents of N H T in the published rates: Theorem 1 for the gap J* - J under gradient domination, up to logarithms, and Theorem 2
 * for the mean over rounds of |grad J|^2, which holds with own dynamics too.
 */
export const RATE_EXPONENTS = { theorem1: -1, theorem2: -1 / 2 } as const

/**
 * What a rate predicts with N H T `samples` when it was `value` at an anchor.
 * @returns value * (samples / anchor.samples)^exponent
 */
export const predictedRate = (
  theorem: keyof typeof RATE_EXPONENTS,
  anchor: { readonly samples: number; readonly value: number },
  samples: number,
): number => anchor.value * pow(samples / anchor.samples, RATE_EXPONENTS[theorem])
