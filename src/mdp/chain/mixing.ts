/** The mixing time of a chain with one recurrent class and period 1. */
import type { Chain } from '../chain.ts'

/** Total variation at which a chain counts as mixed (Woo, Joshi, Chi 2025, eq. 16). */
const MIXED = 0.25
/** Rounding must not decide a tie. */
const SLACK = 1e-12
/** Powers of the transition matrix are squared only up to this many states, and all of them kept. */
const SQUARED = 500
/** Most states whose transition matrix is kept at all. */
const LARGEST = 3000

/** Laws of the state after some number of steps, row i from node i, the last row from the restart: [(n + 1) * n]. */
type Laws = Float64Array

/** The mixing time in steps, or why there is none: longer than the cap, or too much work. */
export type Mixing = { readonly time: number } | { readonly time: null; readonly reason: 'cap' | 'work' }

/** into += factor * laws[row], rows of n numbers. */
function addRow(into: Float64Array, at: number, laws: Laws, row: number, n: number, factor: number): void {
  const from = row * n
  for (let i = 0; i < n; i++) into[at + i] = (into[at + i] as number) + factor * (laws[from + i] as number)
}

/** One step more: laws after t + 1 steps from those after t. */
function stepped(chain: Chain, laws: Laws): Laws {
  const n = chain.states.length
  const after = new Float64Array(laws.length)
  for (let node = 0; node <= n; node++) {
    // The restart takes no time: it mixes laws of the same age, which the loop has just written.
    const source = node === n ? after : laws
    for (let edge = chain.offset[node] as number; edge < (chain.offset[node + 1] as number); edge++) {
      const next = chain.next[edge] as number
      addRow(after, node * n, source, next, n, chain.probability[edge] as number)
    }
  }
  return after
}

function initialLaws(chain: Chain): Laws {
  const n = chain.states.length
  const laws = new Float64Array((n + 1) * n)
  for (let node = 0; node < n; node++) laws[node * n + node] = 1
  for (let edge = chain.offset[n] as number; edge < (chain.offset[n + 1] as number); edge++) {
    laws[n * n + (chain.next[edge] as number)] = chain.probability[edge] as number
  }
  return laws
}

/** Laws after a + b steps from those after a and after b. */
function product(a: Laws, b: Laws, n: number): Laws {
  const result = new Float64Array(a.length)
  for (let row = 0; row <= n; row++) {
    for (let i = 0; i < n; i++) {
      const mass = a[row * n + i] as number
      if (mass !== 0) addRow(result, row * n, b, i, n, mass)
    }
  }
  return result
}

/** Tells whether the state's law is far from `mu` after some pair and then the steps of `laws`; the pair that was far is asked first. */
function farTest(chain: Chain, mu: Float64Array): (laws: Laws) => boolean {
  const n = chain.states.length
  const { offset, next, probability } = chain.pairs
  const pairs = offset.length - 1
  const law = new Float64Array(n)
  let last = 0
  return (laws) => {
    const first = last
    for (let tried = 0; tried < pairs; tried++) {
      const pair = (first + tried) % pairs
      law.fill(0)
      for (let edge = offset[pair] as number; edge < (offset[pair + 1] as number); edge++) {
        addRow(law, 0, laws, next[edge] as number, n, probability[edge] as number)
      }
      let distance = 0
      for (let i = 0; i < n; i++) distance += Math.abs((law[i] as number) - (mu[i] as number)) / 2
      last = pair
      if (distance > MIXED + SLACK) return true
    }
    return false
  }
}

/** The mixing time by squaring with about `products` matrix products, where one step is known not to be enough. */
function search(chain: Chain, far: (laws: Laws) => boolean, cap: number, products: number): Mixing {
  const n = chain.states.length
  const powers = [stepped(chain, initialLaws(chain))]
  let jump = 1
  for (; far(powers.at(-1) as Laws); jump *= 2) {
    if (jump + 1 >= cap) return { time: null, reason: 'cap' }
    // Each doubling costs one product on the way up and one on the way down.
    if (2 * powers.length > products) return { time: null, reason: 'work' }
    powers.push(product(powers.at(-1) as Laws, powers.at(-1) as Laws, n))
  }
  let laws = initialLaws(chain)
  let steps = 0
  for (let power = powers.length - 2; power >= 0; power--) {
    jump /= 2
    const later = product(laws, powers[power] as Laws, n)
    if (!far(later)) continue
    laws = later
    steps += jump
  }
  // After `steps` further steps a pair is still far, after one more none is; the pair's own step comes on top.
  return steps + 2 <= cap ? { time: steps + 2 } : { time: null, reason: 'cap' }
}

/**
 * t_mix = min { t >= 1 : max over the pairs z0 that the agent can take of TV(P_t(. | z0), mu) <= 1/4 } (eq. 16), exact. Pairs that the
 * agent never takes, from its start law on, are left out. Since the action is drawn from the state alone, the distance between laws of
 * pairs is that between laws of states. The distance from any one z0 never grows, so the search may stop at the first t.
 * @param mu [n] stationary law of the state
 * @param cap longest time looked for, steps
 * @param work most multiplications
 */
export function mixingTime(chain: Chain, mu: Float64Array, cap: number, work: number): Mixing {
  const n = chain.states.length
  if (n > LARGEST) return { time: null, reason: 'work' }
  const far = farTest(chain, mu)
  const step = chain.next.length * n
  const squaring = n * n * n
  const patience = n <= SQUARED ? Math.min(work / 2, 4 * squaring) : work
  let laws = initialLaws(chain)
  let spent = 0
  for (let time = 1; spent <= patience; time++, spent += step) {
    if (time > cap) return { time: null, reason: 'cap' }
    if (!far(laws)) return { time }
    laws = stepped(chain, laws)
  }
  return n <= SQUARED ? search(chain, far, cap, (work - spent) / squaring) : { time: null, reason: 'work' }
}
