import { describe, expect, it } from 'vitest'
import { randomMdp } from '../../../test/random-problems.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { drawStart, outcomeSampler, startSampler } from '../../mdp/sampler.ts'
import { pick } from '../../numeric/alias.ts'
import { choose } from '../../numeric/choose.ts'
import { Purpose, nextWord, streamOf } from '../../numeric/stream.ts'
import { checkGradientOracle } from '../gradient-oracle.contract.ts'
import { sampledOracle } from './sampled.ts'
import type { SampledSettings, SampledState } from './sampled.ts'
import { plainWalker } from './sampled/plain.ts'
import { fillImportance, fillVisited } from './sampled/score.ts'

const mdp = randomMdp(5, 5, 3, 0.9, 1)
const SIZE = 15
const HORIZON = 8
const theta = Float64Array.from({ length: SIZE }, (_, z) => ((z * 0.618) % 1) - 0.5)
const reference = Float64Array.from({ length: SIZE }, (_, z) => ((z * 0.618) % 1) - 0.5 + 0.3 * ((z % 3) - 1))

const BASIS: SampledSettings = {
  estimator: 'gpomdp',
  rollouts: 3,
  horizon: HORIZON,
  baseline: 'none',
  entropy: 0,
}
const ESTIMATORS = ['gpomdp', 'reinforce'] as const
const BASELINES = ['none', 'value', 'leave-one-out'] as const
const VARIETIES: readonly SampledSettings[] = ESTIMATORS.flatMap((estimator) =>
  BASELINES.flatMap((baseline) => [0, 0.2].map((entropy) => ({ ...BASIS, estimator, baseline, entropy }))),
)
const named = VARIETIES.map(
  (settings) => [`${settings.estimator}, ${settings.baseline}, tau ${settings.entropy}`, settings] as const,
)

describe.each(named)('%s', (name, settings) => {
  checkGradientOracle(name, sampledOracle(mdp, settings, 1, 0))
})

// ---- the slow twin: plain arrays, one loop for each sum of the formula

interface Step {
  readonly state: number
  readonly action: number
  readonly reward: number
}

const softmax = (logits: readonly number[]): number[] => {
  const weights = logits.map((x) => Math.exp(x - Math.max(...logits)))
  return weights.map((weight) => weight / weights.reduce((a, b) => a + b))
}
const tableOf = ({ states, actions }: Mdp, at: Float64Array): number[][] =>
  Array.from({ length: states }, (_, s) => softmax([...at.subarray(s * actions, (s + 1) * actions)]))

function twinRollouts(problem: Mdp, pi: number[][], count: number, state: SampledState): Step[][] {
  const [walk, start] = [state.walk.slice(), state.start.slice()]
  const [outcomes, starts] = [outcomeSampler(problem), startSampler(problem.initial)]
  return Array.from({ length: count }, () => {
    const steps: Step[] = []
    let s = drawStart(starts, start)
    while (steps.length < HORIZON && problem.terminal[s] === 0) {
      const a = choose(Float64Array.from(pi[s] as number[]), nextWord(walk))
      const pair = s * problem.actions + a
      const outcome = (problem.start[pair] as number) + pick(outcomes, pair, nextWord(walk))
      steps.push({ state: s, action: a, reward: problem.reward[outcome] as number })
      s = problem.next[outcome] as number
    }
    return steps
  })
}

/** What each step is weighted by before any baseline; the return of GPOMDP counted from the step on. */
function twinReturns(rollout: Step[], pi: number[][], settings: SampledSettings): number[] {
  const rewards = rollout.map(
    ({ state, action, reward }) => reward - settings.entropy * Math.log(pi[state]?.[action] as number),
  )
  return rollout.map((_, k) =>
    rewards
      .map((reward, t) => ({ reward, delay: settings.estimator === 'gpomdp' ? t - k : t }))
      .filter(({ delay }) => delay >= 0)
      .reduce((sum, { reward, delay }) => sum + mdp.discount ** delay * reward, 0),
  )
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b) / values.length

function twinGradient(
  rollouts: Step[][],
  pi: number[][],
  settings: SampledSettings,
  earlier: readonly number[][],
  importance: readonly number[],
): number[] {
  const returns = rollouts.map((rollout) => twinReturns(rollout, pi, settings))
  const gradient = Array.from({ length: SIZE }, () => 0)
  rollouts.forEach((rollout, m) =>
    rollout.forEach(({ state, action }, k) => {
      const others = returns.filter((list, other) => other !== m && list.length > k)
      const baseline = {
        none: 0,
        value: mean(earlier[state] ?? []),
        'leave-one-out': mean(others.map((list) => list[k] as number)),
      }[settings.baseline]
      const factor = settings.estimator === 'gpomdp' ? mdp.discount ** k : 1
      const weight = (importance[m] as number) * factor * ((returns[m]?.[k] as number) - baseline)
      for (let b = 0; b < 3; b++) {
        const score = (b === action ? 1 : 0) - (pi[state]?.[b] as number)
        gradient[3 * state + b] = (gradient[3 * state + b] as number) + (weight * score) / rollouts.length
      }
    }),
  )
  return gradient
}

const expectClose = (got: Float64Array, expected: readonly number[]): void =>
  expected.forEach((value, i) => expect(Math.abs((got[i] as number) - value)).toBeLessThan(1e-12))

describe('sampledOracle', () => {
  it.each(named)('gives what plain loops over the same draws give: %s', (_, settings) => {
    const oracle = sampledOracle(mdp, settings, 7, 2)
    const [pi, other] = [tableOf(mdp, theta), tableOf(mdp, reference)]
    const earlier = Array.from({ length: 5 }, () => [] as number[])
    let state = oracle.start()
    for (let call = 0; call < 6; call++) {
      const rollouts = twinRollouts(mdp, pi, settings.rollouts, state)
      const ratios = rollouts.map((rollout) =>
        rollout.reduce(
          (w, { state: s, action: a }) => (w * (other[s]?.[a] as number)) / (pi[s]?.[a] as number),
          1,
        ),
      )
      const ones = rollouts.map(() => 1)
      const answer = oracle.gradients(theta, reference, state)
      expectClose(answer.gradient, twinGradient(rollouts, pi, settings, earlier, ones))
      expectClose(answer.atReference, twinGradient(rollouts, other, settings, earlier, ratios))
      const whole = rollouts.map(
        (rollout) => twinReturns(rollout, pi, { ...settings, estimator: 'gpomdp' })[0],
      )
      expect(oracle.value(theta, state).value).toBeCloseTo(mean(whole as number[]), 12)
      expect(oracle.samples(answer.state) - oracle.samples(state)).toBe(rollouts.flat().length)
      for (const rollout of rollouts) {
        const returns = twinReturns(rollout, pi, settings)
        rollout.forEach(({ state: s }, k) => earlier[s]?.push(returns[k] as number))
      }
      state = answer.state
    }
  })

  it('writes to the vector that it is given what it gives without one', () => {
    const oracle = sampledOracle(mdp, BASIS, 3, 1)
    const into = new Float64Array(SIZE).fill(NaN)
    const { gradient } = oracle.gradient(theta, oracle.start(), into)
    expect(gradient).toBe(into)
    expect(gradient).toEqual(oracle.gradient(theta, oracle.start()).gradient)
  })

  it('takes two words of the walk for a step and one of the start for a rollout', () => {
    const oracle = sampledOracle(mdp, BASIS, 3, 1)
    const { state } = oracle.gradient(theta, oracle.start())
    const [walk, start] = [streamOf(3, 1, Purpose.walk), streamOf(3, 1, Purpose.start)]
    for (let word = 0; word < 2 * oracle.samples(state); word++) nextWord(walk)
    for (let rollout = 0; rollout < 3; rollout++) nextWord(start)
    expect([state.walk, state.start]).toEqual([walk, start])
  })
})

// ---- the exact truncated objective: V_h, the value with h steps to go, by recursion

/** J_K and its gradient, r - tau log pi being the reward. */
function exact(problem: Mdp, at: Float64Array, entropy: number): { value: number; gradient: number[] } {
  const pi = tableOf(problem, at)
  const { states, actions, discount } = problem
  const live = [...problem.terminal.keys()].filter((s) => problem.terminal[s] === 0)
  const over = (s: number, a: number, f: (outcome: number) => number): number => {
    let sum = 0
    const pair = s * actions + a
    for (let i = problem.start[pair] as number; i < (problem.start[pair + 1] as number); i++)
      sum += (problem.probability[i] as number) * f(i)
    return sum
  }
  const nextOf = (i: number): number => problem.next[i] as number
  let v = Array.from({ length: states }, () => 0)
  const q: number[][][] = [] // [h - 1][s][a], the bonus of the pair itself included
  for (let h = 1; h <= HORIZON; h++) {
    const later = v
    const table = Array.from({ length: states }, (_, s) =>
      Array.from({ length: actions }, (__, a) => {
        const backup = over(
          s,
          a,
          (i) => (problem.reward[i] as number) + discount * (later[nextOf(i)] as number),
        )
        return backup - entropy * Math.log(pi[s]?.[a] as number)
      }),
    )
    q.push(table)
    v = v.map((_, s) =>
      live.includes(s)
        ? (table[s] as number[]).reduce((sum, value, a) => sum + (pi[s]?.[a] as number) * value, 0)
        : 0,
    )
  }
  const gradient = Array.from({ length: states * actions }, () => 0)
  let law = [...problem.initial]
  for (let k = 0; k < HORIZON; k++) {
    const table = q[HORIZON - k - 1] as number[][]
    const after = Array.from({ length: states }, () => 0)
    for (const s of live) {
      const row = table[s] as number[]
      const average = row.reduce((sum, value, a) => sum + (pi[s]?.[a] as number) * value, 0)
      row.forEach((value, a) => {
        const weight = (law[s] as number) * (pi[s]?.[a] as number)
        gradient[s * actions + a] =
          (gradient[s * actions + a] as number) + discount ** k * weight * (value - average)
        over(s, a, (i) => {
          after[nextOf(i)] = (after[nextOf(i)] as number) + weight * (problem.probability[i] as number)
          return 0
        })
      })
    }
    law = after
  }
  return { value: v.reduce((sum, value, s) => sum + (problem.initial[s] as number) * value, 0), gradient }
}

it('the truth of these tests is the gradient of its own value', () => {
  for (const entropy of [0, 0.2]) {
    const { gradient } = exact(mdp, theta, entropy)
    const differences = gradient.map((_, z) => {
      const [up, down] = [theta.slice(), theta.slice()]
      up[z] = (up[z] as number) + 1e-5
      down[z] = (down[z] as number) - 1e-5
      return (exact(mdp, up, entropy).value - exact(mdp, down, entropy).value) / 2e-5
    })
    gradient.forEach((value, z) => expect(value).toBeCloseTo(differences[z] as number, 8))
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.05)
  }
})

/** Mean, and standard error, of the samples' entries. */
function moments(samples: readonly Float64Array[]): { mean: number[]; error: number[]; variance: number } {
  const entries = [...(samples[0] as Float64Array).keys()]
  const means = entries.map((z) => mean(samples.map((one) => one[z] as number)))
  const variances = entries.map((z) =>
    mean(samples.map((one) => ((one[z] as number) - (means[z] as number)) ** 2)),
  )
  return {
    mean: means,
    error: variances.map((variance) => Math.sqrt(variance / (samples.length - 1))),
    variance: variances.reduce((a, b) => a + b),
  }
}

/** |z| beyond this has probability 5.7e-7: with some 800 means in all, a false alarm of the set below 5e-4; the seed is fixed. */
const MOST_ERRORS = 5

function expectUnbiased(samples: readonly Float64Array[], truth: readonly number[]): void {
  const { mean: means, error } = moments(samples)
  truth.forEach((value, z) =>
    expect(Math.abs((means[z] as number) - value)).toBeLessThanOrEqual(
      MOST_ERRORS * (error[z] as number) + 1e-14,
    ),
  )
}

describe('estimates are unbiased', () => {
  const CALLS = 8000

  it.each(named)('at theta, at the reference and of J, call after call: %s', (_, settings) => {
    const oracle = sampledOracle(mdp, settings, 11, 0)
    const [own, other, values] = [[], [], []] as [Float64Array[], Float64Array[], Float64Array[]]
    let state = oracle.start()
    for (let call = 0; call < CALLS; call++) {
      const answer = oracle.gradients(theta, reference, state)
      own.push(answer.gradient)
      other.push(answer.atReference)
      values.push(Float64Array.of(oracle.value(theta, state).value))
      state = answer.state
    }
    const truth = exact(mdp, theta, settings.entropy)
    expectUnbiased(own, truth.gradient)
    expectUnbiased(other, exact(mdp, reference, settings.entropy).gradient)
    expectUnbiased(values, [truth.value])
  })

  // a baseline that let the batch's own returns in would be far off in an early call, and hardly in a late one
  it.each(ESTIMATORS)('with the mean of few earlier returns, %s', (estimator) => {
    const oracle = sampledOracle(mdp, { ...BASIS, estimator, rollouts: 1, baseline: 'value' }, 12, 0)
    const samples = Array.from({ length: 3 * CALLS }, (_, agent) => {
      const [walk, start] = [streamOf(12, agent, Purpose.walk), streamOf(12, agent, Purpose.start)]
      const { state } = oracle.gradient(theta, { ...oracle.start(), walk, start })
      return oracle.gradient(theta, state).gradient
    })
    expectUnbiased(samples, exact(mdp, theta, 0).gradient)
  })

  it('the importance weight of a rollout has mean 1', () => {
    const rollouts = 200
    const walker = plainWalker(mdp, rollouts, HORIZON)
    const [policy, logPolicy, logReference] = [
      new Float64Array(SIZE),
      new Float64Array(SIZE),
      new Float64Array(SIZE),
    ]
    const stream = streamOf(13, 0, Purpose.walk)
    const samples = Array.from({ length: 200 }, () => {
      const visits = walker.walk(theta, stream)
      const importance = new Float64Array(rollouts)
      fillVisited(walker.rollouts, visits, theta, policy, logPolicy)
      fillVisited(walker.rollouts, visits, reference, policy, logReference)
      fillImportance(walker.rollouts, logPolicy, logReference, importance)
      return importance
    }).flatMap((importance) => [...importance].map((one) => Float64Array.of(one)))
    expectUnbiased(samples, [1])
    expect(moments(samples).variance).toBeGreaterThan(0.05)
  })
})

describe('a baseline', () => {
  /** Rewards far from 0, which is what baselines are for. */
  const offset: Mdp = { ...mdp, reward: mdp.reward.map((reward) => reward + 2) }

  const varianceOf = (settings: SampledSettings): number => {
    const oracle = sampledOracle(offset, { ...settings, rollouts: 4 }, 14, 0)
    let state = oracle.start()
    const samples = Array.from({ length: 1500 }, () => {
      const answer = oracle.gradient(theta, state)
      state = answer.state
      return answer.gradient
    })
    return moments(samples.slice(100)).variance
  }

  it.each(ESTIMATORS)(
    'lowers the variance of %s by half at least where rewards are far from 0',
    (estimator) => {
      const none = varianceOf({ ...BASIS, estimator })
      expect(varianceOf({ ...BASIS, estimator, baseline: 'value' })).toBeLessThan(none / 2)
      expect(varianceOf({ ...BASIS, estimator, baseline: 'leave-one-out' })).toBeLessThan(none / 2)
    },
  )
})

describe('rollouts', () => {
  /** States 0 -> 1 -> 2, where all ends; rewards 1 and 2; a second action that does the same. */
  const corridor: Mdp = {
    states: 3,
    actions: 2,
    discount: 0.5,
    initial: Float64Array.of(1, 0, 0),
    terminal: Uint8Array.of(0, 0, 1),
    start: Uint32Array.of(0, 1, 2, 3, 4, 4, 4),
    next: Uint32Array.of(1, 1, 2, 2),
    probability: Float64Array.of(1, 1, 1, 1),
    reward: Float64Array.of(1, 1, 2, 2),
  }
  const zero = new Float64Array(6)

  it('end at a terminal state, in which no step is taken', () => {
    const oracle = sampledOracle(corridor, { ...BASIS, rollouts: 10, horizon: 50 }, 1, 0)
    const { gradient, state } = oracle.gradient(zero, oracle.start())
    expect(oracle.samples(state)).toBe(20)
    expect(gradient.slice(4)).toEqual(new Float64Array(2))
    expect(oracle.value(zero, state).value).toBe(1 + 0.5 * 2)
  })

  it('end at the horizon', () => {
    const oracle = sampledOracle(corridor, { ...BASIS, rollouts: 10, horizon: 1 }, 1, 0)
    const { state, value } = oracle.value(zero, oracle.start())
    expect([oracle.samples(state), value]).toEqual([10, 1])
  })

  it('are paid tau log A a step for a uniform policy', () => {
    const oracle = sampledOracle(corridor, { ...BASIS, horizon: 50, entropy: 0.3 }, 1, 0)
    expect(oracle.value(zero, oracle.start()).value).toBeCloseTo(2 + 0.3 * Math.log(2) * 1.5, 14)
  })
})

describe('what is out of range is told', () => {
  it.each([
    [{ rollouts: 0 }, 'sampledOracle: rollouts must be an integer >= 1 with baseline none, got 0'],
    [
      { rollouts: 1, baseline: 'leave-one-out' },
      'sampledOracle: rollouts must be an integer >= 2 with baseline leave-one-out, got 1',
    ],
    [{ horizon: 1.5 }, 'sampledOracle: horizon must be an integer >= 1, got 1.5'],
    [{ entropy: -1 }, 'sampledOracle: entropy must be a finite number >= 0, got -1'],
    [{ entropy: NaN }, 'sampledOracle: entropy must be a finite number >= 0, got NaN'],
  ] as const)('%o', (wrong, message) => {
    expect(() => sampledOracle(mdp, { ...BASIS, ...wrong }, 1, 0)).toThrow(message)
  })

  it('a vector of the wrong size', () => {
    const oracle = sampledOracle(mdp, BASIS, 1, 0)
    const short = new Float64Array(14)
    expect(() => oracle.gradient(short, oracle.start())).toThrow(
      'sampledOracle: theta must have 15 entries, got 14',
    )
    expect(() => oracle.gradient(theta, oracle.start(), short)).toThrow(
      'sampledOracle: into must have 15 entries, got 14',
    )
    expect(() => oracle.gradients(theta, short, oracle.start())).toThrow(
      'sampledOracle: reference must have 15 entries, got 14',
    )
  })
})
