/**
 * What theory asks of federated Q-learning: Theorems 1-3 of Woo, Joshi, Chi, "The Blessing of Heterogeneity in Federated Q-Learning"
 * (JMLR 26, 2025). Their bounds hold for some universal constants that nobody knows; here these are parameters, 1 by default, so numbers
 * compare settings with one another and promise nothing. Everything is advice.
 */
import { log } from '../numeric/elementary.ts'

/** A problem, its agents, what they cover, and the accuracy asked for: ||Q_T - Q*|| <= epsilon with probability 1 - delta. */
export interface TheoryInput {
  /** S */
  readonly states: number
  /** A */
  readonly actions: number
  /** K */
  readonly agents: number
  /** gamma, in [0, 1) */
  readonly discount: number
  /** in (0, 1 / (1 - gamma)], in units of Q */
  readonly epsilon: number
  /** in (0, 1) */
  readonly delta: number
  /** null where it is not known, e.g. without a model */
  readonly coverage: CoverageInput | null
}

/** The coverage quantities that bounds use; see `coverage.ts`. */
export interface CoverageInput {
  readonly muMin: number
  readonly muAvg: number
  readonly cHet: number
  /** t_mix^max, agent steps; null when infinite or not known */
  readonly mixingTime: number | null
  /** steps in which one agent visits all pairs with probability 1/2; by default bounded from above, see `theory/prior-art.ts` */
  readonly coverTime?: number
}

/** c_T and c_eta: unknown universal constants, 1 by default. c_T is "large enough" and c_eta "small enough" in the theorems. */
export interface Constants {
  readonly cT: number
  readonly cEta: number
}

/** Which statement of Theorem 2: the JMLR one with mu_avg, or the ICML one with mu_min, which needs full coverage. */
export type Version = 'jmlr' | 'icml'

/** What one theorem asks for. A number is null when an input is missing or infinite; `missing` says which. */
export interface Demand {
  readonly theorem: 1 | 2 | 3
  readonly algorithm: string
  /** T, iterations of every agent, rounded up */
  readonly steps: number | null
  /** samples of every agent: T, or S A T where each iteration samples all pairs */
  readonly samplesPerAgent: number | null
  /** the leading term alone, without logarithms, constants and burn-in, samples of every agent */
  readonly leading: number | null
  /** eta, at this T */
  readonly stepSize: number | null
  /** admissible tau at this eta, not rounded; empty when low > high */
  readonly syncPeriod: { readonly low: number; readonly high: number } | null
  /** averagings at the largest admissible whole tau; null when there is none */
  readonly rounds: number | null
  /** plain sentences on what is missing or empty */
  readonly missing: readonly string[]
}

const DEFAULTS: Constants = { cT: 1, cEta: 1 }

/** @throws RangeError on an input outside its range */
function assertInput({ agents, discount, epsilon, delta }: TheoryInput): void {
  const most = 1 / (1 - discount)
  if (!(agents >= 1)) throw new RangeError(`theory: agents must be at least 1, got ${agents}`)
  if (!(discount >= 0 && discount < 1))
    throw new RangeError(`theory: discount must be in [0, 1), got ${discount}`)
  if (!(epsilon > 0 && epsilon <= most)) {
    throw new RangeError(`theory: epsilon must be in (0, 1 / (1 - discount)] = (0, ${most}], got ${epsilon}`)
  }
  if (!(delta > 0 && delta < 1)) throw new RangeError(`theory: delta must be in (0, 1), got ${delta}`)
}

/**
 * The T that a bound asks for when T stands in its logarithms too: the largest solution of T = ask(T), found by iterating from far
 * above. `ask` grows more slowly than T, so the iteration falls to it, and every larger T satisfies the bound.
 */
function leastSteps(ask: (steps: number) => number): number {
  let steps = 1e100
  for (let i = 0; i < 1000; i++) {
    const next = Math.max(1, ask(steps))
    if (!(next < steps * (1 - 1e-13))) break
    steps = next
  }
  return Math.ceil(steps * (1 - 1e-12))
}

const product = (...factors: number[]): number => factors.reduce((result, factor) => result * factor, 1)
const square = (x: number): number => x * x

/** (log((1 - gamma)^2 epsilon))^2 */
const horizonLog = ({ discount, epsilon }: TheoryInput): number => square(log(square(1 - discount) * epsilon))
/** 1 / ((1 - gamma)^5 epsilon^2) */
const accuracy = ({ discount, epsilon }: TheoryInput): number =>
  1 / (square(square(1 - discount)) * (1 - discount) * square(epsilon))
/** K (1 - gamma)^4 epsilon^2 */
const stepScale = ({ agents, discount, epsilon }: TheoryInput): number =>
  agents * square(square(1 - discount)) * square(epsilon)

/** Averagings of T steps at the largest whole tau within the range. */
function roundsOf(steps: number, { low, high }: { low: number; high: number }): number | null {
  const period = Math.min(steps, Math.floor(high))
  return period >= 1 && period >= low ? Math.ceil(steps / period) : null
}

/** Largest tau of (14a) at step size eta: 1 + min{(1 - gamma) / (8 gamma), 1 / K} / eta. */
export function syncLimit(agents: number, discount: number, stepSize: number): number {
  return 1 + Math.min(discount === 0 ? Infinity : (1 - discount) / (8 * discount), 1 / agents) / stepSize
}

/** Largest tau of (26a) and (28a) at step size eta: min{(1 - gamma) / 4, 1 / K} / (4 eta). */
export function asyncLimit(agents: number, discount: number, stepSize: number): number {
  return Math.min((1 - discount) / 4, 1 / agents) / (4 * stepSize)
}

/**
 * Theorem 1, FedSynQ (14a)-(14c): T >= c_T / (K (1-gamma)^5 eps^2) (log((1-gamma)^2 eps))^2 log(S A K T / delta).
 * @throws RangeError on an input outside its range
 */
export function theorem1(input: TheoryInput, constants: Constants = DEFAULTS): Demand {
  assertInput(input)
  const pairs = input.states * input.actions
  const leading = accuracy(input) / input.agents
  const logTerm = (steps: number): number => log(product(pairs, input.agents, steps) / input.delta)
  const steps = leastSteps((t) => product(constants.cT, leading, horizonLog(input), logTerm(t)))
  const stepSize = Math.min(1, (constants.cEta * stepScale(input)) / logTerm(steps))
  const syncPeriod = { low: 1, high: syncLimit(input.agents, input.discount, stepSize) }
  return {
    theorem: 1,
    algorithm: 'FedSynQ',
    steps,
    samplesPerAgent: pairs * steps,
    leading: pairs * leading,
    stepSize,
    syncPeriod,
    rounds: roundsOf(steps, syncPeriod),
    missing: [],
  }
}

/** What differs between Theorems 2 and 3. */
interface Asynchronous {
  readonly theorem: 2 | 3
  readonly algorithm: string
  /** numerator of the leading term: C_het or 1 */
  readonly unevenness: number
  /** mu_avg, or mu_min in the ICML statement */
  readonly mass: number
  readonly massName: string
  /** eta_0; null without a mixing time */
  readonly burnInStep: number | null
  /** tau_0 at T */
  readonly leastPeriod: (steps: number) => number
}

/** (26b), (26c) and (28b), (28c): one shape. */
function asynchronous(input: TheoryInput, constants: Constants, setting: Asynchronous): Demand {
  const { theorem, algorithm, unevenness, mass, massName, burnInStep, leastPeriod } = setting
  const pairs = input.states * input.actions
  const leading = mass > 0 ? (unevenness * accuracy(input)) / (input.agents * mass) : null
  const none = {
    theorem,
    algorithm,
    steps: null,
    samplesPerAgent: null,
    leading,
    stepSize: null,
    syncPeriod: null,
    rounds: null,
  }
  if (leading === null)
    return {
      ...none,
      missing: [`${massName} is 0: some pair is never visited, so no number of samples suffices`],
    }
  if (burnInStep === null)
    return {
      ...none,
      missing: [
        'the mixing time is infinite or not known, so the burn-in is not known; only the leading term is',
      ],
    }
  const burnIn = 1 / (mass * (1 - input.discount) * burnInStep)
  const logTerms = (t: number): number =>
    log(t * input.agents) * log(product(pairs, t, t, input.agents) / input.delta)
  const steps = leastSteps((t) => product(constants.cT, leading + burnIn, horizonLog(input), logTerms(t)))
  const stepSize = Math.min(
    1,
    (constants.cEta * Math.min(stepScale(input) / unevenness, burnInStep)) / logTerms(steps),
  )
  const syncPeriod = {
    low: Math.max(1, leastPeriod(steps)),
    high: asyncLimit(input.agents, input.discount, stepSize),
  }
  const rounds = roundsOf(steps, syncPeriod)
  return {
    ...none,
    steps,
    samplesPerAgent: steps,
    stepSize,
    syncPeriod,
    rounds,
    missing: rounds === null ? [emptyRange(syncPeriod, constants)] : [],
  }
}

function emptyRange({ low, high }: { low: number; high: number }, { cEta }: Constants): string {
  const enough = (cEta * high) / Math.max(1, Math.ceil(low))
  return `no whole tau lies in [${low.toPrecision(4)}, ${high.toPrecision(4)}]: with c_eta up to ${enough.toPrecision(2)} one would, at the same T`
}

const withoutCoverage = (theorem: 2 | 3, algorithm: string): Demand => ({
  theorem,
  algorithm,
  steps: null,
  samplesPerAgent: null,
  leading: null,
  stepSize: null,
  syncPeriod: null,
  rounds: null,
  missing: ['coverage is not known, and this bound depends on it'],
})

/**
 * Theorem 2, FedAsynQ with equal averaging (26a)-(26c):
 * T >= c_T (C_het / (K mu_avg (1-gamma)^5 eps^2) + T_0) (log((1-gamma)^2 eps))^2 log(T K) log(S A T^2 K / delta), and a lower bound on tau,
 * tau_0 = (2176 t_mix / mu_avg) log(8 K) log(4 S A T^2 / delta).
 * @param version 'icml' puts mu_min in place of mu_avg throughout; of that version only the leading term is published
 * @throws RangeError on an input outside its range
 */
export function theorem2(
  input: TheoryInput,
  constants: Constants = DEFAULTS,
  version: Version = 'jmlr',
): Demand {
  assertInput(input)
  const algorithm = 'FedAsynQ, equal averaging'
  if (input.coverage === null) return withoutCoverage(2, algorithm)
  const { cHet, mixingTime, muAvg, muMin } = input.coverage
  const mass = version === 'jmlr' ? muAvg : muMin
  const slowest = Math.min(1 - input.discount, 1 / input.agents)
  return asynchronous(input, constants, {
    theorem: 2,
    algorithm,
    unevenness: cHet,
    mass,
    massName: version === 'jmlr' ? 'mu_avg' : 'mu_min',
    burnInStep: mixingTime === null ? null : (mass * slowest) / mixingTime,
    leastPeriod: (steps) =>
      ((2176 * (mixingTime ?? 0)) / mass) *
      log(8 * input.agents) *
      log(product(4, input.states, input.actions, steps, steps) / input.delta),
  })
}

/**
 * Theorem 3, FedAsynQ with importance averaging (28a)-(28c):
 * T >= c_T (1 / (K mu_avg (1-gamma)^5 eps^2) + T_0) (log((1-gamma)^2 eps))^2 log(T K) log(S A T^2 K / delta), no lower bound on tau.
 * T_0 = 1 / (mu_avg (1-gamma) eta_0) with eta_0 = min{1 / t_mix, 1 - gamma, 1 / K}.
 * @throws RangeError on an input outside its range
 */
export function theorem3(input: TheoryInput, constants: Constants = DEFAULTS): Demand {
  assertInput(input)
  const algorithm = 'FedAsynQ, importance averaging'
  if (input.coverage === null) return withoutCoverage(3, algorithm)
  const { mixingTime, muAvg } = input.coverage
  return asynchronous(input, constants, {
    theorem: 3,
    algorithm,
    unevenness: 1,
    mass: muAvg,
    massName: 'mu_avg',
    burnInStep: mixingTime === null ? null : Math.min(1 / mixingTime, 1 - input.discount, 1 / input.agents),
    leastPeriod: () => 1,
  })
}

/**
 * The error that the leading terms predict at (agents, steps) when it was `error` at an anchor: error^2 ~ 1 / (K T), a slope of -1/2 on
 * log axes against T and against K.
 */
export function predictedError(
  anchor: { readonly agents: number; readonly steps: number; readonly error: number },
  agents: number,
  steps: number,
): number {
  return anchor.error * Math.sqrt((anchor.agents * anchor.steps) / (agents * steps))
}
