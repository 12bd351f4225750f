/**
 * Coverage: which pairs (state, action) the agents see in the long run, how unevenly, and how fast each agent's chain forgets its start.
 * Definitions: Woo, Joshi, Chi, "The Blessing of Heterogeneity in Federated Q-Learning" (2025), eq. (16)-(21).
 */
import { chainOf } from './chain.ts'
import { mixingTime, type Mixing } from './chain/mixing.ts'
import { longRun } from './chain/stationary.ts'
import { structureOf, type Structure } from './chain/structure.ts'
import type { Log } from './log.ts'
import type { Mdp } from './mdp.ts'
import { startLaw, type PolicySet } from './policy.ts'

/** Multiplications that all mixing times together may take: some seconds. */
const MIXING_WORK = 4e9
/** Most uncovered pairs that are listed. */
const LISTED = 1000

/** Why a mixing time is not known. */
export type NoMixing =
  'several recurrent classes' | 'periodic' | 'longer than the cap' | 'too large to compute' | 'no model'

/** What one agent sees. */
export interface AgentCoverage {
  /** mu^k, [S * A]: long-run share of its steps at each pair, from its start law on; frequencies where it is known from a log */
  readonly mu: Float64Array
  /** least entry of mu over the pairs of states that are not terminal */
  readonly muMin: number
  /** t_mix^k, agent steps, over the pairs that the agent can take; null when it is infinite or not known */
  readonly mixingTime: number | null
  readonly noMixing?: NoMixing
  /** pairs with mu above 0 */
  readonly coveredPairs: number
  /** recurrent classes that it can end in; null for a log */
  readonly classes: number | null
  /** largest period of these classes, steps; null for a log */
  readonly period: number | null
  /** more than one class: what one run sees depends on its start and its luck, and mu is the average over runs */
  readonly dependsOnStart: boolean
  /** estimated relative error of mu from an iteration, 0 where it was solved directly */
  readonly error: number
}

/** What K agents see together. Pairs of terminal states do not count. */
export interface Coverage {
  /** min over agents and pairs of mu^k (18) */
  readonly muMin: number
  /** min over pairs of the agents' average (19) */
  readonly muAvg: number
  /** max over agents and covered pairs of mu^k over the average (21); 1 when all agents see the same */
  readonly cHet: number
  /** max over agents (17), agent steps; null when one of them has none */
  readonly mixingTime: number | null
  readonly noMixing?: NoMixing
  /** agent steps; 0 where no mixing time was looked for */
  readonly mixingTimeCap: number
  /** pairs of states that are not terminal */
  readonly pairs: number
  /** share of pairs that some agent keeps visiting, or, in logs, visits; in [0, 1] */
  readonly coveredFraction: number
  /** pairs [s, a] that are not covered: the first 1000 */
  readonly uncovered: readonly (readonly [state: number, action: number])[]
  readonly uncoveredTotal: number
  readonly dependsOnStart: boolean
  readonly periodic: boolean
  /** from logs, not from a model */
  readonly empirical: boolean
  /** [S * A] (1/K) sum over agents of mu^k */
  readonly average: Float64Array
  /** [K]; agents of one policy share one object */
  readonly agents: readonly AgentCoverage[]
}

const largest = (values: Iterable<number>): number => {
  let most = -Infinity
  for (const value of values) most = Math.max(most, value)
  return most
}

/** Which pairs count: those of states that are not terminal. */
type Counts = (pair: number) => boolean

const countsOf =
  (actions: number, terminal: Uint8Array): Counts =>
  (pair) =>
    terminal[Math.floor(pair / actions)] !== 1

function leastAndCovered(mu: Float64Array, counts: Counts): { least: number; covered: number } {
  let least = Infinity
  let covered = 0
  mu.forEach((mass, pair) => {
    if (!counts(pair)) return
    least = Math.min(least, mass)
    if (mass > 0) covered++
  })
  return { least, covered }
}

const REASONS = { cap: 'longer than the cap', work: 'too large to compute' } as const

function mixingOf(structure: Structure, exact: () => Mixing): Pick<AgentCoverage, 'mixingTime' | 'noMixing'> {
  if (structure.classes.length > 1) return { mixingTime: null, noMixing: 'several recurrent classes' }
  if ((structure.periods[0] as number) > 1) return { mixingTime: null, noMixing: 'periodic' }
  const found = exact()
  return found.time === null
    ? { mixingTime: null, noMixing: REASONS[found.reason] }
    : { mixingTime: found.time }
}

/** What an agent sees that follows `policy` from the start law `start`, both [..] as in a {@link PolicySet}. */
function agentCoverage(
  mdp: Mdp,
  policy: Float64Array,
  start: Float64Array,
  cap: number,
  work: number,
): AgentCoverage {
  const chain = chainOf(mdp, policy, start)
  const structure = structureOf(chain)
  const { law, error } = longRun(chain, structure)
  const mu = new Float64Array(mdp.states * mdp.actions)
  chain.states.forEach((state, node) => {
    for (let pair = state * mdp.actions; pair < (state + 1) * mdp.actions; pair++) {
      const mass = (law[node] as number) * (policy[pair] as number)
      // A pair that is taken again and again, however rarely, must not round to 0.
      const seen = structure.classOf[node] !== -1 && (policy[pair] as number) > 0
      mu[pair] = seen ? Math.max(mass, Number.MIN_VALUE) : 0
    }
  })
  const { least, covered } = leastAndCovered(mu, countsOf(mdp.actions, mdp.terminal))
  return {
    mu,
    muMin: least,
    ...mixingOf(structure, () => mixingTime(chain, law, cap, work)),
    coveredPairs: covered,
    classes: structure.classes.length,
    period: largest(structure.periods),
    dependsOnStart: structure.classes.length > 1,
    error,
  }
}

/** What agents see together; `of[k]` names the entry of `kinds` that agent k is. */
function together(
  kinds: readonly AgentCoverage[],
  of: ArrayLike<number>,
  actions: number,
  counts: Counts,
  rest: Pick<Coverage, 'mixingTimeCap' | 'empirical'>,
): Coverage {
  const followers = new Float64Array(kinds.length)
  for (let agent = 0; agent < of.length; agent++) {
    const kind = of[agent] as number
    followers[kind] = (followers[kind] as number) + 1
  }
  const present = kinds.filter((_, kind) => (followers[kind] as number) > 0)
  const average = new Float64Array(kinds[0]?.mu.length ?? 0)
  kinds.forEach(({ mu }, kind) => {
    const share = (followers[kind] as number) / of.length
    mu.forEach((mass, pair) => (average[pair] = (average[pair] as number) + share * mass))
  })
  const unmixed = present.find(({ mixingTime: time }) => time === null)
  return {
    muMin: -largest(present.map(({ muMin }) => -muMin)),
    ...summary(average, actions, counts),
    cHet: largest(present.map(({ mu }) => largestRatio(mu, average, counts))),
    mixingTime: unmixed === undefined ? largest(present.map(({ mixingTime: time }) => time ?? 0)) : null,
    ...(unmixed?.noMixing === undefined ? {} : { noMixing: unmixed.noMixing }),
    dependsOnStart: present.some((agent) => agent.dependsOnStart),
    periodic: present.some(({ period }) => (period ?? 1) > 1),
    average,
    ...rest,
    agents: Array.from(of, (kind) => kinds[kind] as AgentCoverage),
  }
}

function summary(average: Float64Array, actions: number, counts: Counts) {
  const { least, covered } = leastAndCovered(average, counts)
  const uncovered: [number, number][] = []
  let uncoveredTotal = 0
  average.forEach((mass, pair) => {
    if (!counts(pair) || mass > 0) return
    if (uncoveredTotal++ < LISTED) uncovered.push([Math.floor(pair / actions), pair % actions])
  })
  const pairs = covered + uncoveredTotal
  return { muAvg: least, pairs, coveredFraction: covered / pairs, uncovered, uncoveredTotal }
}

/** max mu / average over the pairs with an average above 0. */
function largestRatio(mu: Float64Array, average: Float64Array, counts: Counts): number {
  let ratio = 0
  mu.forEach((mass, pair) => {
    if (counts(pair) && mass > 0) ratio = Math.max(ratio, mass / (average[pair] as number))
  })
  return ratio
}

/**
 * Coverage of `policies` in `mdp`, for the chains that the agents really run: each starts by its start law, and a step that enters a
 * terminal state continues from that law. mu^k is the long-run average share of steps (the Cesaro limit), which exists for periodic and
 * multi-chain behaviours too. Every distinct policy is worked out once.
 * @param options.mixingTimeCap longest mixing time looked for, agent steps
 * @param options.mixingWork most multiplications spent on mixing times, 4e9 by default: about a minute
 * @throws RangeError when an agent can start in no state
 */
export function coverage(
  mdp: Mdp,
  policies: PolicySet,
  options: { readonly mixingTimeCap: number; readonly mixingWork?: number },
): Coverage {
  const { mixingTimeCap, mixingWork = MIXING_WORK } = options
  const work = mixingWork / policies.tables.length
  const kinds = policies.tables.map((policy, i) =>
    agentCoverage(mdp, policy, startLaw(policies, i, mdp.initial), mixingTimeCap, work),
  )
  return together(kinds, policies.of, mdp.actions, countsOf(mdp.actions, mdp.terminal), {
    mixingTimeCap,
    empirical: false,
  })
}

/** [S] 1 for the states that terminated steps lead to and nothing else leads to or begins in: no step can be taken in them. */
function onlyEndedIn(logs: readonly Log[], states: number): Uint8Array {
  const ended = new Uint8Array(states)
  for (const { next, terminated } of logs)
    next.forEach((state, i) => (ended[state] = terminated[i] === 1 ? 1 : (ended[state] as number)))
  for (const { state, next, terminated } of logs)
    state.forEach((from, i) => {
      ended[from] = 0
      if (terminated[i] !== 1) ended[next[i] as number] = 0
    })
  return ended
}

/**
 * Coverage of recorded logs, one agent each: mu^k(s, a) is the share of the log's steps at the pair. Mixing times and classes are not
 * known without a model.
 * @param terminal [S], where it is known; by default the states that the logs only ever end in
 */
export function logCoverage(
  logs: readonly Log[],
  states: number,
  actions: number,
  terminal?: Uint8Array,
): Coverage {
  const counts = countsOf(actions, terminal ?? onlyEndedIn(logs, states))
  const kinds = logs.map(({ state, action }): AgentCoverage => {
    const mu = new Float64Array(states * actions)
    state.forEach(
      (s, i) =>
        (mu[s * actions + (action[i] as number)] = (mu[s * actions + (action[i] as number)] as number) + 1),
    )
    for (let pair = 0; pair < mu.length; pair++) mu[pair] = (mu[pair] as number) / state.length
    const { least, covered } = leastAndCovered(mu, counts)
    return {
      mu,
      muMin: least,
      mixingTime: null,
      noMixing: 'no model',
      coveredPairs: covered,
      classes: null,
      period: null,
      dependsOnStart: false,
      error: 0,
    }
  })
  return together(kinds, Array.from(kinds.keys()), actions, counts, { mixingTimeCap: 0, empirical: true })
}
