/** What must come out the same on every engine, as digests of the bytes. Runs in Node and in a page. */
import { dirichletBehavior } from '../../src/agent/behavior.ts'
import { acrobot } from '../../src/agent/environment/acrobot.ts'
import { cartPole } from '../../src/agent/environment/cart-pole.ts'
import { mountainCar } from '../../src/agent/environment/mountain-car.ts'
import { pendulum } from '../../src/agent/environment/pendulum.ts'
import type { Environment } from '../../src/agent/environment.ts'
import { exactOracle } from '../../src/agent/gradient-oracle/exact.ts'
import { rolloutOracle } from '../../src/agent/gradient-oracle/rollouts.ts'
import { sampledOracle } from '../../src/agent/gradient-oracle/sampled.ts'
import { compiledWalker } from '../../src/agent/gradient-oracle/sampled/compiled.ts'
import { plainWalker } from '../../src/agent/gradient-oracle/sampled/plain.ts'
import { categoricalPolicy } from '../../src/agent/parametric-policy/categorical.ts'
import { gaussianPolicy } from '../../src/agent/parametric-policy/gaussian.ts'
import { perceptron } from '../../src/agent/parametric-policy/perceptron.ts'
import { policyGradient } from '../../src/algorithm/policy-gradient.ts'
import { localCohort } from '../../src/federation/cohort/local.ts'
import { federate } from '../../src/federation/loop.ts'
import type { KernelProblem, KernelRun } from '../../src/kernel.ts'
import { startCompiled } from '../../src/kernel/compiled.ts'
import { startPlain } from '../../src/kernel/plain.ts'
import { garnet, twoState } from '../../src/mdp/families.ts'
import { solveOptimal } from '../../src/mdp/solve.ts'
import { ACTION_BITS, aliasTables, pick } from '../../src/numeric/alias.ts'
import { dirichlet } from '../../src/numeric/draw.ts'
import { exp, expm1, log, log1p, pow } from '../../src/numeric/elementary.ts'
import { bootstrapInterval } from '../../src/numeric/statistics.ts'
import { tanh } from '../../src/numeric/tanh.ts'
import { cos, sin } from '../../src/numeric/trigonometric.ts'
import { NOBODY, Purpose, nextWord, streamOf, uniform } from '../../src/numeric/stream.ts'

/** FNV-1a over the bytes, 32 bits, hexadecimal. */
function digest(values: Float64Array): string {
  let hash = 0x811c9dc5
  for (const byte of new Uint8Array(values.buffer, values.byteOffset, values.byteLength)) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return (hash >>> 0).toString(16)
}

const COUNT = 50_000

const many = (draw: (i: number) => number): string =>
  digest(Float64Array.from({ length: COUNT }, (_, i) => draw(i)))

/** Doubles of every magnitude and sign, subnormal and infinite ones included; NaN, whose bits an engine may choose, left out. */
function anyDoubles(): Float64Array {
  const stream = streamOf(1, NOBODY, Purpose.model)
  const words = Uint32Array.from({ length: 2 * COUNT }, () => nextWord(stream))
  return new Float64Array(words.buffer).map((value) => (Number.isNaN(value) ? 1 : value))
}

/** Doubles in [-32, 32). */
function usualDoubles(): Float64Array {
  const stream = streamOf(2, NOBODY, Purpose.model)
  return Float64Array.from({ length: COUNT }, () => 64 * uniform(stream) - 32)
}

function elementary(): Record<string, string> {
  const [wild, usual] = [anyDoubles(), usualDoubles()]
  const of = (f: (x: number) => number): string =>
    [wild, usual].map((inputs) => many((i) => known(f(inputs[i] as number)))).join(' ')
  return {
    exp: of(exp),
    expm1: of(expm1),
    log: of(log),
    log1p: of(log1p),
    sin: of(sin),
    cos: of(cos),
    tanh: of(tanh),
    'pow of a usual base': many((i) =>
      known(pow(Math.abs(usual[i] as number), usual[COUNT - 1 - i] as number)),
    ),
    'pow of any base': many((i) => known(pow(Math.abs(wild[i] as number), usual[i] as number))),
  }
}

const known = (value: number): number => (Number.isNaN(value) ? 1 : value)

function draws(): Record<string, string> {
  const walk = streamOf(12345678901234, 7, Purpose.walk)
  const behavior = streamOf(3, 0, Purpose.behavior)
  const start = Uint32Array.from({ length: 101 }, (_, row) => 7 * row)
  const rows = new Float64Array(700)
  for (let row = 0; row < 100; row++) rows.set(dirichlet(behavior, 0.3, 7), 7 * row)
  const tables = aliasTables(rows, start, ACTION_BITS)
  const sample = Float64Array.from({ length: 100 }, () => uniform(walk))
  const { low, high } = bootstrapInterval(sample, { resamples: 500, seed: 5 })
  return {
    words: many(() => nextWord(walk)),
    dirichlet: digest(rows),
    picks: many((i) => pick(tables, i % 100, nextWord(walk))),
    interval: digest(Float64Array.of(low, high)),
  }
}

const model = (seed: number) => streamOf(seed, NOBODY, Purpose.model)

/** A small run: random behaviours, both averagings on shared draws, a schedule of step sizes, a shorter last round. */
function tables(run: KernelRun): string {
  for (let round = 0; round < 50; round++) run.advance(1, 40, [pow(round + 2, -0.6), pow(round + 2, -0.7)])
  run.advance(1, 7, [0.05, 0.1])
  return [0, 1].map((lane) => digest(run.table(0, lane))).join(' ')
}

function simulation(initial: 'shared' | 'perAgent'): KernelProblem {
  const { mdp } = garnet({ states: 30, actions: 4, branching: 3, discount: 0.95 }, model(11))
  const behaviors = dirichletBehavior(mdp.states, mdp.actions, 6, 0.2, 11)
  return {
    states: mdp.states,
    actions: mdp.actions,
    agents: 6,
    syncPeriod: 40,
    initial,
    terminal: mdp.terminal,
    lanes: [
      { discount: mdp.discount, averaging: 'importance' },
      { discount: mdp.discount, averaging: 'equal' },
    ],
    members: [
      { seed: 11, initialSeed: 11, rewardRange: [0, 1], experience: { kind: 'walk', mdp, behaviors } },
    ],
  }
}

async function problems(): Promise<Record<string, string>> {
  const { mdp } = twoState({ actions: 20, range: [0.4, 0.6], discount: 0.9 }, model(12))
  return {
    'the two-state problem': digest(mdp.probability),
    'its optimum': digest(solveOptimal(mdp).q),
    'plain, from one table': tables(startPlain(simulation('shared'))),
    'plain, from a table an agent': tables(startPlain(simulation('perAgent'))),
    'compiled, from one table': tables(await startCompiled(simulation('shared'))),
    'compiled, from a table an agent': tables(await startCompiled(simulation('perAgent'))),
  }
}

/** Gradients along an ascent, at theta and at the point before, from compiled or plain rollouts. */
function ascent(walkerOf: typeof compiledWalker | typeof plainWalker): string {
  const { mdp } = garnet({ states: 30, actions: 5, branching: 3, discount: 0.95 }, model(13))
  const settings = {
    estimator: 'gpomdp',
    rollouts: 4,
    horizon: 50,
    baseline: 'value',
    entropy: 0.01,
  } as const
  const oracle = sampledOracle(mdp, settings, 13, 2, walkerOf)
  let [theta, before] = [new Float64Array(oracle.size), new Float64Array(oracle.size)]
  let state = oracle.start()
  const seen: string[] = []
  for (let step = 0; step < 200; step++) {
    const answer = oracle.gradients(theta, before, state)
    seen.push(digest(answer.gradient), digest(answer.atReference))
    before = theta
    theta = theta.map((value, z) => value + (answer.gradient[z] as number))
    state = answer.state
  }
  return `${digest(theta)} ${digest(Float64Array.from(seen, (one) => Number.parseInt(one, 16)))}`
}

/** theta after ten steps of a perceptron in a program: what it sees, does and learns. */
function program(environment: Environment): string {
  const { observationSpace, actionSpace } = environment
  const outputs = actionSpace.kind === 'discrete' ? actionSpace.n : actionSpace.low.length
  const map = perceptron(observationSpace, [8, 8], outputs)
  const policy = actionSpace.kind === 'discrete' ? categoricalPolicy(map) : gaussianPolicy(map)
  const settings = {
    estimator: 'gpomdp',
    rollouts: 3,
    horizon: 60,
    baseline: 'leave-one-out',
    entropy: 0.01,
    discount: 0.99,
  } as const
  const oracle = rolloutOracle(environment, policy, settings, 14, 1)
  let theta = policy.initial(streamOf(14, NOBODY, Purpose.policy))
  let state = oracle.start()
  for (let step = 0; step < 10; step++) {
    const answer = oracle.gradient(theta, state)
    theta = theta.map((value, i) => value + 1e-3 * (answer.gradient[i] as number))
    state = answer.state
  }
  return digest(theta)
}

/** theta of Fast-FedPG after ten rounds of three agents with exact gradients. */
async function exact(): Promise<string> {
  const { mdp } = garnet({ states: 8, actions: 3, branching: 3, discount: 0.9 }, model(15))
  const contract = {
    algorithm: 'fast-fedpg',
    agents: 3,
    size: 24,
    shared: 24,
    localSteps: 5,
    stepSize: 0.2,
    serverStepSize: 1.5,
    rounds: 10,
    initial: new Float64Array(24),
    clusters: 1,
    momentum: 1,
    reuseMemorySampleAtStep0: true,
  } as const
  const own = (agent: number) => ({
    ...mdp,
    reward: mdp.reward.map((reward, i) => reward * ((i + agent) % 3)),
  })
  const { rule, learner } = policyGradient(contract, (agent) => exactOracle(own(agent), 0.05))
  const state = await federate(rule, localCohort([0, 1, 2].map((agent) => learner(agent))))
  return digest(state.theta)
}

const policyGradients = async (): Promise<Record<string, string>> => ({
  'exact gradients, federated': await exact(),
  'a perceptron in CartPole': program(cartPole()),
  'a perceptron in Acrobot': program(acrobot()),
  'a perceptron in MountainCar': program(mountainCar()),
  'a perceptron in Pendulum': program(pendulum()),
  'sampled gradients, compiled': ascent(compiledWalker),
  'sampled gradients, plain': ascent(plainWalker),
})

/** Name of a computation -> digest of its result. */
export async function digests(): Promise<Record<string, string>> {
  return { ...elementary(), ...draws(), ...(await policyGradients()), ...(await problems()) }
}
