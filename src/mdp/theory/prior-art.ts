/**
 * Sample complexities of Q-learning before and beside federated Q-learning: samples of every agent until ||Q - Q*|| <= epsilon, with
 * constants, logarithms and burn-in left out. Table 1 of Woo, Joshi, Chi (JMLR 26, 2025), and the rows that only their slides show,
 * which are those of the table of Li et al. 2021b.
 */
import { log, pow } from '../../numeric/elementary.ts'
import type { CoverageInput, TheoryInput } from '../theory.ts'

/** One published bound. */
export interface PriorArt {
  readonly reference: string
  /** sync: every iteration samples all pairs; async: one trajectory an agent */
  readonly sampling: 'sync' | 'async'
  readonly agents: '1' | 'K'
  /** full: every agent visits every pair; partial: all agents together do */
  readonly coverage: 'full' | 'partial'
  /** as printed */
  readonly formula: string
  /** shown on the slides only */
  readonly slidesOnly: boolean
  /** samples of every agent; Infinity when a pair is never visited, null when an input is not known */
  readonly samples: (input: TheoryInput) => number | null
}

/** 1 / ((1 - gamma)^power epsilon^2) */
const horizon = ({ discount, epsilon }: TheoryInput, power: number): number =>
  1 / (pow(1 - discount, power) * epsilon * epsilon)

const covered =
  (samples: (coverage: CoverageInput, input: TheoryInput) => number | null) =>
  (input: TheoryInput): number | null =>
    input.coverage === null ? null : samples(input.coverage, input)

/**
 * An upper bound on the cover time of one agent, steps: blocks of t_mix ceil(log2(2 / mu_min)) steps come within mu_min / 2 of mu, so each
 * visits any pair with probability at least mu_min / 2, and (2 / mu_min) log(2 S A) blocks miss some pair with probability at most 1/2.
 * @returns Infinity where mu_min is 0, null where the mixing time is not known
 */
export function coverTimeBound(
  { muMin, mixingTime }: CoverageInput,
  states: number,
  actions: number,
): number | null {
  if (muMin === 0) return Infinity
  if (mixingTime === null) return null
  return mixingTime * Math.ceil(log(2 / muMin) / log(2)) * Math.ceil((2 / muMin) * log(2 * states * actions))
}

/** The cover time given, or its bound. */
const coverTime = (coverage: CoverageInput, { states, actions }: TheoryInput): number | null =>
  coverage.coverTime ?? coverTimeBound(coverage, states, actions)

const coverRow = (samples: (time: number, input: TheoryInput) => number) =>
  covered((coverage, input) => {
    const time = coverTime(coverage, input)
    return time === null ? null : samples(time, input)
  })

/** omega of the polynomial step sizes of Even-Dar and Mansour: their bound holds for every value in (1/2, 1), this one is taken here. */
const OMEGA = 0.8

/** All rows, in the order of the published tables. */
export const PRIOR_ART: readonly PriorArt[] = [
  {
    reference: 'Wainwright 2019a; Chen et al. 2020',
    sampling: 'sync',
    agents: '1',
    coverage: 'full',
    formula: 'S A / ((1-γ)^5 ε²)',
    slidesOnly: false,
    samples: (input) => input.states * input.actions * horizon(input, 5),
  },
  {
    reference: 'Li et al. 2023',
    sampling: 'sync',
    agents: '1',
    coverage: 'full',
    formula: 'S A / ((1-γ)^4 ε²)',
    slidesOnly: false,
    samples: (input) => input.states * input.actions * horizon(input, 4),
  },
  {
    reference: 'FedSynQ (Theorem 1)',
    sampling: 'sync',
    agents: 'K',
    coverage: 'full',
    formula: 'S A / (K (1-γ)^5 ε²)',
    slidesOnly: false,
    samples: (input) => (input.states * input.actions * horizon(input, 5)) / input.agents,
  },
  {
    reference: 'Even-Dar and Mansour 2003, linear step size',
    sampling: 'async',
    agents: '1',
    coverage: 'full',
    formula: 't_cover^(1/(1-γ)) / ((1-γ)^4 ε²)',
    slidesOnly: true,
    samples: coverRow((time, input) => pow(time, 1 / (1 - input.discount)) * horizon(input, 4)),
  },
  {
    reference: `Even-Dar and Mansour 2003, polynomial step size, ω = ${OMEGA}`,
    sampling: 'async',
    agents: '1',
    coverage: 'full',
    formula: '(t_cover^(1+3ω) / ((1-γ)^4 ε²))^(1/ω) + (t_cover/(1-γ))^(1/(1-ω))',
    slidesOnly: true,
    samples: coverRow(
      (time, input) =>
        pow(pow(time, 1 + 3 * OMEGA) * horizon(input, 4), 1 / OMEGA) +
        pow(time / (1 - input.discount), 1 / (1 - OMEGA)),
    ),
  },
  {
    reference: 'Beck and Srikant 2012',
    sampling: 'async',
    agents: '1',
    coverage: 'full',
    formula: 't_cover³ S A / ((1-γ)^5 ε²)',
    slidesOnly: true,
    samples: coverRow((time, input) => time * time * time * input.states * input.actions * horizon(input, 5)),
  },
  {
    reference: 'Qu and Wierman 2020',
    sampling: 'async',
    agents: '1',
    coverage: 'full',
    formula: 't_mix / (μ_min² (1-γ)^5 ε²)',
    slidesOnly: false,
    samples: covered(({ muMin, mixingTime }, input) => {
      if (muMin === 0) return Infinity
      return mixingTime === null ? null : (mixingTime / (muMin * muMin)) * horizon(input, 5)
    }),
  },
  {
    reference: 'Li et al. 2021b',
    sampling: 'async',
    agents: '1',
    coverage: 'full',
    formula: '1 / (μ_min (1-γ)^5 ε²)',
    slidesOnly: false,
    samples: covered(({ muMin }, input) => horizon(input, 5) / muMin),
  },
  {
    reference: 'Chen, Maguluri et al. 2021b',
    sampling: 'async',
    agents: '1',
    coverage: 'full',
    formula: '1 / (μ_min³ (1-γ)^5 ε²)',
    slidesOnly: true,
    samples: covered(({ muMin }, input) => horizon(input, 5) / (muMin * muMin * muMin)),
  },
  {
    reference: 'Li et al. 2023',
    sampling: 'async',
    agents: '1',
    coverage: 'full',
    formula: '1 / (μ_min (1-γ)^4 ε²)',
    slidesOnly: false,
    samples: covered(({ muMin }, input) => horizon(input, 4) / muMin),
  },
  {
    reference: 'FedAsynQ, equal averaging (Khodadadian et al. 2022)',
    sampling: 'async',
    agents: 'K',
    coverage: 'full',
    formula: 'S² / (K μ_min^5 (1-γ)^9 ε²)',
    slidesOnly: false,
    samples: covered(
      ({ muMin }, input) =>
        (input.states * input.states * horizon(input, 9)) / (input.agents * pow(muMin, 5)),
    ),
  },
  {
    reference: 'FedAsynQ, equal averaging (ICML version)',
    sampling: 'async',
    agents: 'K',
    coverage: 'full',
    formula: 'C_het / (K μ_min (1-γ)^5 ε²)',
    slidesOnly: true,
    samples: covered(({ muMin, cHet }, input) => (cHet * horizon(input, 5)) / (input.agents * muMin)),
  },
  {
    reference: 'FedAsynQ, equal averaging (Theorem 2)',
    sampling: 'async',
    agents: 'K',
    coverage: 'partial',
    formula: 'C_het / (K μ_avg (1-γ)^5 ε²)',
    slidesOnly: false,
    samples: covered(({ muAvg, cHet }, input) => (cHet * horizon(input, 5)) / (input.agents * muAvg)),
  },
  {
    reference: 'FedAsynQ, importance averaging (Theorem 3)',
    sampling: 'async',
    agents: 'K',
    coverage: 'partial',
    formula: '1 / (K μ_avg (1-γ)^5 ε²)',
    slidesOnly: false,
    samples: covered(({ muAvg }, input) => horizon(input, 5) / (input.agents * muAvg)),
  },
]
