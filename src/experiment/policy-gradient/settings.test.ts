import fc from 'fast-check'
import { describe as suite, expect, it } from 'vitest'
import { parse as parseYaml, stringify } from 'yaml'
import { describe } from '../errors.ts'
import type { Settings } from '../experiment.ts'
import { pgNotesOf } from '../notes.ts'
import { parseExperiment } from '../parse.ts'
import type { PgSettings } from './spec.ts'

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const GRID = { family: 'grid-world', discount: 0.9, map: ['S.#', 'H.G'] }
const CART_POLE = { family: 'CartPole-v1', discount: 0.99 }
const GARNET = { family: 'garnet', states: 4, actions: 2, branching: 2, discount: 0.9 }
const EXACT = {
  name: 'fedpg',
  policy: 'softmax',
  gradient: 'exact',
  localSteps: 5,
  stepSize: 0.1,
  rounds: 400,
}
const SAMPLED = { rollouts: 4, horizon: 60 }
const LEARNS_CART_POLE = { ...EXACT, policy: { mlp: [8] }, gradient: SAMPLED }

/** A file that is right but for what is put in. */
const file = (change: Sections & { vary?: unknown } = {}): string =>
  stringify({
    name: 'pg',
    environment: change['environment'] ?? GARNET,
    agents: change['agents'] ?? { count: 4 },
    algorithm: { ...EXACT, ...change['algorithm'] },
    ...(change['evaluate'] === undefined ? {} : { evaluate: change['evaluate'] }),
    ...(change.vary === undefined ? {} : { vary: change.vary }),
  })

const parse = (text: string, folder = '/lab') => parseExperiment(text, { folder })

function parsed(text: string): readonly Settings[] {
  const result = parse(text)
  if (!result.ok) throw new Error(result.issues.map((issue) => describe('e.yaml', issue)).join('\n'))
  return result.value.variants.map(({ settings }) => settings)
}

const one = (text: string): PgSettings => parsed(text)[0] as PgSettings

/** What is told, without the places in the text. */
function told(text: string): string[] {
  const result = parse(text)
  if (result.ok) throw new Error('was accepted')
  return result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

suite('settings of policy gradients', () => {
  it('reads a whole file', () => {
    const text = `name: fast
environment: { mdp: ./shared.mdp.json }
agents: { count: 4, rewards: ./rewards.json } # [agent][state][action]
algorithm: { name: fast-fedpg, policy: softmax, gradient: exact, localSteps: 10, stepSize: 0.1, serverStepSize: 1, rounds: 50 }
seeds: [1]
evaluate: { every: 1, metrics: [J, gap, gradientNorm] }
`
    expect(one(text)).toEqual({
      environment: { mdp: '/lab/shared.mdp.json' },
      agents: { count: 4, rewards: '/lab/rewards.json', costs: false },
      algorithm: {
        name: 'fast-fedpg',
        policy: 'softmax',
        gradient: 'exact',
        entropy: 0,
        localSteps: 10,
        stepSize: 0.1,
        serverStepSize: 1,
        rounds: 50,
        initial: 'policy',
        reuseMemorySampleAtStep0: true,
      },
      evaluate: { every: 1, metrics: ['J', 'gap', 'gradientNorm'], episodes: 10 },
    })
  })

  it('fills in defaults', () => {
    const { agents, algorithm, evaluate } = one(file({ agents: {}, algorithm: { gradient: SAMPLED } }))
    expect(agents).toEqual({ count: 1, costs: false })
    expect(algorithm.gradient).toEqual({ ...SAMPLED, estimator: 'gpomdp', baseline: 'none' })
    expect(evaluate).toEqual({ every: 2, metrics: ['J', 'gap', 'gradientNorm'], episodes: 10 })
    expect(one(file({ agents: { count: 2, dynamics: { heterogeneity: 0.5 } } })).evaluate.metrics).toEqual([
      'J',
      'gradientNorm',
    ])
    const cartPole = one(file({ environment: CART_POLE, algorithm: LEARNS_CART_POLE }))
    expect(cartPole.environment).toEqual({ ...CART_POLE, parameters: {} })
    expect(cartPole.algorithm.policy).toEqual({ mlp: [8], activation: 'tanh', ownHead: false })
    expect(cartPole.evaluate.metrics).toEqual(['episodeReturn'])
    expect(one(file({ algorithm: { rounds: 1 } })).evaluate.every).toBe(1)
    expect(one(file({ algorithm: { rounds: 201 } })).evaluate.every).toBe(2)
  })

  it('makes paths of files absolute', () => {
    const sections = {
      environment: { module: './env.ts', discount: 0.9 },
      algorithm: LEARNS_CART_POLE,
    }
    expect(one(file(sections)).environment).toMatchObject({ module: '/lab/env.ts' })
    const { agents, algorithm } = one(
      file({
        agents: { count: 2, rewards: '../r.json', dynamics: { mdps: ['a.mdp.json', '/b.mdp.json'] } },
        algorithm: { policy: { linear: { matrix: './phi.npy' } } },
      }),
    )
    expect(agents).toMatchObject({
      rewards: '/r.json',
      dynamics: { mdps: ['/lab/a.mdp.json', '/b.mdp.json'] },
    })
    expect(algorithm.policy).toEqual({ linear: { matrix: '/lab/phi.npy' } })
  })

  it('takes Q-learning and policy gradients in one grid', () => {
    const { name: _, ...settings } = EXACT
    const vary = {
      algorithm: [
        { name: 'fedpg', ...settings },
        { name: 'q-learning', stepSize: 0.1, steps: 2000 },
      ],
    }
    const { algorithm: __, ...mixed } = parseYaml(file({ vary })) as Record<string, unknown>
    expect(
      parsed(stringify(mixed)).map(({ algorithm, evaluate }) => [algorithm.name, evaluate.metrics]),
    ).toEqual([
      ['fedpg', ['J', 'gap', 'gradientNorm']],
      ['q-learning', ['error']],
    ])
    const first = parse(stringify(mixed))
    expect(first.ok ? parse(stringify(first.value.document)) : first).toEqual(first)
  })
})

suite('what is wrong with policy gradients is told, once, with its place', () => {
  const algorithm = (change: Readonly<Record<string, unknown>>) => ({ algorithm: change })
  const agents = (change: Readonly<Record<string, unknown>>) => ({ agents: { count: 4, ...change } })
  const cartPole = (change: Sections = {}) => ({
    environment: CART_POLE,
    ...change,
    algorithm: { ...LEARNS_CART_POLE, ...change['algorithm'] },
  })
  const metrics = (...names: string[]) => ({ evaluate: { metrics: names } })
  const PENDULUM = { family: 'Pendulum-v1', discount: 0.9 }

  it.each<[string, Sections, string]>([
    ['a mistyped name', algorithm({ name: 'fastfedpgg' }), 'algorithm.name: expected one of q-learning, fed-syn-q, fed-asyn-q, local, central, fedpg, fast-fedpg, scaffold, fedsvrpg-m, softpavg, projpavg, qavg, ifca, got "fastfedpgg", did you mean "fast-fedpg"?'], // prettier-ignore
    ['no policy', algorithm({ policy: null }), 'algorithm.policy: expected softmax (finite problems), a mapping with linear, or a mapping with mlp, got nothing'], // prettier-ignore
    ['no gradient', algorithm({ gradient: null }), 'algorithm.gradient: expected exact (finite problems) or a mapping with rollouts and horizon, got nothing'], // prettier-ignore
    ['horizon 0', algorithm({ gradient: { rollouts: 1, horizon: 0 } }), 'algorithm.gradient.horizon: expected an integer in [1, 1000000], got 0'], // prettier-ignore
    ['step size 0', algorithm({ stepSize: 0 }), 'algorithm.stepSize: expected a number in (0, infinity), got 0: nothing would be learned'], // prettier-ignore
    ['a step size as text', algorithm({ stepSize: '0.1' }), 'algorithm.stepSize: expected a number in (0, infinity), got "0.1"'], // prettier-ignore
    ['a mistyped step size', algorithm({ stepSize: 'atuo' }), 'algorithm.stepSize: expected auto, got "atuo", did you mean "auto"?'], // prettier-ignore
    ['a horizon as text', algorithm({ gradient: { rollouts: 1, horizon: '60' } }), 'algorithm.gradient.horizon: expected an integer in [1, 1000000], got "60"'], // prettier-ignore
    ['a start as text', algorithm({ initial: '0' }), 'algorithm.initial: expected a number in [-100000000, 100000000], got "0"'], // prettier-ignore
    ['more parameters than anybody needs', cartPole(algorithm({ policy: { mlp: Array.from({ length: 9 }, () => 4096) } })), 'algorithm.policy: expected at most 100000000 parameters, got 134279170'], // prettier-ignore
    ['step size NaN', algorithm({ stepSize: NaN }), 'algorithm.stepSize: expected a number in (0, infinity), got NaN'], // prettier-ignore
    ['step size -1', algorithm({ stepSize: -1 }), 'algorithm.stepSize: expected a number in (0, infinity), got -1'], // prettier-ignore
    ['server step size 0', algorithm({ serverStepSize: 0 }), 'algorithm.serverStepSize: expected a number in (0, infinity), got 0: nothing would be learned'], // prettier-ignore
    ['a mistyped feature', algorithm({ policy: { linear: { tile: 3 } } }), 'algorithm.policy.linear.tile: unknown key "tile", did you mean "tiles"?'], // prettier-ignore
    ['clusters elsewhere', algorithm({ clusters: 2 }), 'algorithm.clusters: belongs to ifca'],
    ['momentum elsewhere', algorithm({ momentum: 0.2 }), 'algorithm.momentum: belongs to fedsvrpg-m'],
    ['no momentum', algorithm({ name: 'fedsvrpg-m' }), 'algorithm.momentum: missing, expected a number in (0, 1]'], // prettier-ignore
    ['the memory elsewhere', algorithm({ reuseMemorySampleAtStep0: true }), 'algorithm.reuseMemorySampleAtStep0: belongs to fast-fedpg'], // prettier-ignore
    ['steps of Q-learning', algorithm({ syncPeriod: 5 }), 'algorithm.syncPeriod: belongs to Q-learning: local steps between two averagings are localSteps here'], // prettier-ignore
    ['tables of what is no table', algorithm({ name: 'softpavg', policy: { linear: 'one-hot' } }), 'algorithm.policy: expected softmax, got linear: softpavg steps along the exact advantages'], // prettier-ignore
    ['tables without a model', algorithm({ name: 'qavg', gradient: SAMPLED }), 'algorithm.gradient: expected exact, got rollouts: qavg averages tables of Q, swept with the exact model'], // prettier-ignore
    ['a safe region of none', algorithm({ name: 'projpavg', stepSize: 'auto' }), 'algorithm.stepSize: expected a number, got "auto": the safe region is not one of projpavg, which projects tables of probabilities, moved along exact gradients'], // prettier-ignore
    ['clusters that stay equal', algorithm({ name: 'ifca', clusters: 2 }), 'algorithm.initial: expected a mapping with normal: clusters that begin with equal policies stay equal'], // prettier-ignore
    ['perceptrons that stay equal', algorithm({ name: 'ifca', clusters: 2, policy: { mlp: [4] }, initial: 0.5 }), 'algorithm.initial: expected a mapping with normal: clusters that begin with equal policies stay equal'], // prettier-ignore
    ['a bonus where there is none', algorithm({ name: 'projpavg', entropy: 0.1 }), 'algorithm.entropy: expected 0, got 0.1: projected policies have entries 0, where the bonus has no gradient'], // prettier-ignore
    ['own steps without a gradient', algorithm({ name: 'qavg', personalize: { steps: 1, stepSize: 1 } }), 'algorithm.personalize: begins at the policy that is greedy for the common Q, where no gradient is left: give qavg an entropy above 0'], // prettier-ignore
    ['more clusters than agents', algorithm({ name: 'ifca', clusters: 5, initial: { normal: 1 } }), 'algorithm.clusters: expected at most one cluster for each of the 4 agents, got 5'], // prettier-ignore
    ['a head of nobody', algorithm({ name: 'central', policy: { mlp: [4], ownHead: true } }), 'algorithm.policy.ownHead: needs a common policy and agents that keep a part of it (fedpg, fast-fedpg, scaffold, fedsvrpg-m), got central'], // prettier-ignore
    ['a head without a body', algorithm({ policy: { mlp: [], ownHead: true } }), 'algorithm.policy.mlp: expected at least one layer beside the own head, got an empty list'], // prettier-ignore
    ['a head of linear', algorithm({ policy: { linear: 'one-hot', ownHead: true } }), 'algorithm.policy.ownHead: does not belong to linear, whose features are fixed: heads of their own belong to mlp'], // prettier-ignore
    ['own steps of independent agents', algorithm({ name: 'local', personalize: { steps: 1, stepSize: 1 } }), 'algorithm.personalize: begins at the common policy, and agents of local have none'], // prettier-ignore
    ['one rollout left out', algorithm({ gradient: { rollouts: 1, horizon: 9, baseline: 'leave-one-out' } }), 'algorithm.gradient.baseline: leave-one-out is the mean of the other rollouts: expected at least 2 rollouts, got 1'], // prettier-ignore
    ['values without states', algorithm({ policy: { mlp: [4] }, gradient: { ...SAMPLED, baseline: 'value' } }), 'algorithm.gradient.baseline: value keeps a mean for every state, which belongs to policy softmax: expected none or leave-one-out'], // prettier-ignore
    ['tiles of states', algorithm({ policy: { linear: { tiles: 4 } } }), 'algorithm.policy: linear (tiles) needs observations that are vectors, garnet has numbered states: softmax, linear (one-hot, matrix) and mlp fit'], // prettier-ignore

    ['behaviour', agents({ behavior: 'uniform' }), 'agents.behavior: belongs to Q-learning: agents of policy gradients act by the policy that is learned'], // prettier-ignore
    ['logs', agents({ logs: ['a.csv'] }), 'agents.logs: belongs to Q-learning: what another policy would have done cannot be read from a log'], // prettier-ignore
    ['pairs of three', agents({ count: 3, rewards: { heterogeneity: 1, pairs: true } }), 'agents.rewards.pairs: expected an even number of agents, got agents.count 3'], // prettier-ignore
    ['heterogeneity 2', agents({ rewards: { heterogeneity: 2 } }), 'agents.rewards.heterogeneity: expected a number in [0, 1], got 2'], // prettier-ignore
    ['goals of a garnet', agents({ rewards: { goals: [[0, 0]] } }), 'agents.rewards.goals: needs the cells of a grid-world, got garnet'], // prettier-ignore
    ['a goal in a hole', { environment: GRID, ...agents({ rewards: { goals: [[0, 0], [1, 0]] } }) }, 'agents.rewards.goals.1: expected a plain cell ("S" or "."), for all agents share the dynamics, got "H" at [1, 0]'], // prettier-ignore
    ['a goal outside', { environment: GRID, ...agents({ rewards: { goals: [[2, 0]] } }) }, 'agents.rewards.goals.0: expected a plain cell ("S" or "."), for all agents share the dynamics, got a map of 2 rows and 3 columns at [2, 0]'], // prettier-ignore
    ['a cell of three', { environment: GRID, ...agents({ rewards: { goals: [[2, 0, 1]] } }) }, 'agents.rewards.goals.0: expected a cell [row, column], counted from 0, got a list'], // prettier-ignore
    ['more goals than agents', { environment: GRID, agents: { rewards: { goals: [[0, 0], [0, 1]] } } }, 'agents.rewards.goals: expected at most one goal for each of the 1 agents, got 2'], // prettier-ignore
    ['an Mdp too few', agents({ dynamics: { mdps: ['a.mdp.json'] } }), 'agents.dynamics.mdps: expected one Mdp file for each of the 4 agents, got 1'], // prettier-ignore
    ['parameters of a garnet', agents({ parameters: { length: [1] } }), 'agents.parameters: belongs to environments such as CartPole-v1, got garnet: agents of a finite problem differ by rewards and dynamics'], // prettier-ignore
    ['sizes alone', { environment: { states: 2, actions: 2, discount: 0.9, rewardRange: [0, 1] } }, 'environment.states: policy gradients need something to act in: give family, mdp or module in place of bare sizes'], // prettier-ignore

    ['softmax on vectors', cartPole(algorithm({ policy: 'softmax' })), 'algorithm.policy: softmax needs finitely many states, CartPole-v1 has observations of 4 numbers: linear (tiles, radialBasis, fourier) and mlp fit'], // prettier-ignore
    ['a matrix of vectors', cartPole(algorithm({ policy: { linear: { matrix: 'm.npy' } } })), 'algorithm.policy: linear (matrix) needs finitely many states, CartPole-v1 has observations of 4 numbers: linear (tiles, radialBasis, fourier) and mlp fit'], // prettier-ignore
    ['tiles without end', cartPole(algorithm({ policy: { linear: { tiles: 60 } } })), 'algorithm.policy: tiles: expected at most 100000 features, got 110766728 for 4 dimensions; take fewer of them, or mlp'], // prettier-ignore
    ['softmax of vectors', cartPole({ environment: PENDULUM, ...algorithm({ policy: { linear: { tiles: 4 } } }) }), 'algorithm.policy: linear (tiles) needs finitely many actions, Pendulum-v1 has actions of 1 numbers: mlp fits'], // prettier-ignore
    ['exact without a model', cartPole(algorithm({ gradient: 'exact' })), 'algorithm.gradient: exact needs the model of a finite problem, got CartPole-v1: expected a mapping with rollouts and horizon'], // prettier-ignore
    ['auto without a model', cartPole(algorithm({ stepSize: 'auto' })), 'algorithm.stepSize: auto needs the model of a finite problem, got CartPole-v1: expected a step size above 0'], // prettier-ignore
    ['rewards of a program', cartPole(agents({ rewards: './r.json' })), 'agents.rewards: needs a finite problem, got CartPole-v1: agents of a program differ by their parameters'], // prettier-ignore
    ['dynamics of a program', cartPole(agents({ dynamics: { heterogeneity: 1 } })), 'agents.dynamics: needs a finite problem, got CartPole-v1: agents of a program differ by their parameters'], // prettier-ignore
    ['costs of a program', cartPole(agents({ costs: true })), 'agents.costs: needs a finite problem, got CartPole-v1: a program gives its rewards itself, with their sign'], // prettier-ignore
    ['an unknown parameter', cartPole({ environment: { ...CART_POLE, parameters: { lenght: 1 } } }), 'environment.parameters.lenght: unknown key "lenght", did you mean "length"?'], // prettier-ignore
    ['a parameter out of range', cartPole({ environment: { ...CART_POLE, parameters: { length: 0 } } }), 'environment.parameters.length: expected a number in (0, infinity), got 0'], // prettier-ignore
    ['an unknown parameter of agents', cartPole(agents({ parameters: { lenght: [1, 2] } })), 'agents.parameters.lenght: unknown parameter "lenght", did you mean "length"?'], // prettier-ignore
    ['a parameter of agents out of range', cartPole(agents({ parameters: { length: { from: 1, to: -1 } } })), 'agents.parameters.length.to: expected a number in (0, infinity), got -1'], // prettier-ignore
    ['a parameter given twice', cartPole({ environment: { ...CART_POLE, parameters: { length: 1 } }, ...agents({ parameters: { length: [1] } }) }), 'agents.parameters.length: is set for all agents by environment.parameters too: expected it once'], // prettier-ignore
    ['more values than agents', cartPole({ agents: { parameters: { length: [1, 2] } } }), 'agents.parameters.length: expected at most one value for each of the 1 agents, got 2'], // prettier-ignore

    ['J without a model', cartPole(metrics('J')), 'evaluate.metrics.0: J needs the model of a finite problem, got CartPole-v1: expected episodeReturn, worstEpisodeReturn, drift, samples, rounds or bytes'], // prettier-ignore
    ['episodes of a finite problem', metrics('J', 'episodeReturn'), 'evaluate.metrics.1: episodeReturn is for environments without a model: expected J, which is exact here'], // prettier-ignore
    ['the best of different dynamics', { ...agents({ dynamics: { heterogeneity: 1 } }), ...metrics('gap') }, 'evaluate.metrics.0: gap compares with the best common policy, which is not known where dynamics differ'], // prettier-ignore
    ['no personal policies', metrics('personalJ'), 'evaluate.metrics.0: personalJ is measured after own steps of the agents: give algorithm.personalize'], // prettier-ignore
    ['no clusters to find', metrics('assignment'), 'evaluate.metrics.0: assignment compares found clusters with planted ones: give agents.rewards with clusters, and ifca as algorithm'], // prettier-ignore
    ['a metric of Q-learning', metrics('error'), 'evaluate.metrics.0: expected one of J, gap, gradientNorm, squaredGradientNorm, agentJ, worstJ, drift, personalJ, assignment, episodeReturn, worstEpisodeReturn, samples, rounds, bytes, got "error"'], // prettier-ignore
  ])('%s', (_, change, line) => expect(told(file(change))).toEqual([line]))

  it('agents may share a file of dynamics', () => {
    const mdps = ['a.mdp.json', 'b.mdp.json', 'a.mdp.json', 'b.mdp.json']
    expect(parse(file(agents({ dynamics: { mdps } }))).ok).toBe(true)
  })

  it('keys and environments of policy gradients beside Q-learning', () => {
    const q = (change: Sections = {}): string =>
      stringify({
        name: 'q',
        environment: GARNET,
        algorithm: { name: 'q-learning', stepSize: 0.1, steps: 5 },
        ...change,
      })
    expect(told(q({ agents: { count: 2, rewards: './r.json' } }))).toEqual([
      'agents.rewards: belongs to policy gradients: agents of Q-learning learn one common problem, without rewards of their own',
    ])
    expect(told(q({ environment: CART_POLE }))).toEqual([
      'environment.family: CartPole-v1 has no table of states, which Q-learning needs: expected one of the families two-state, garnet, grid-world, frozen-lake, cliff-walking, taxi, river-swim, chain, an mdp, or states; or policy gradients (local, central, fedpg, fast-fedpg, scaffold, fedsvrpg-m, softpavg, projpavg, qavg, ifca) as algorithm',
    ])
    expect(told(q({ algorithm: { name: 'q-learning', stepSize: 0.1, steps: 5, rounds: 5 } }))).toEqual([
      'algorithm.rounds: belongs to policy gradients: the length of a run is steps here',
    ])
  })
})

suite('the resolved document of policy gradients', () => {
  const maybe = (values: Readonly<Record<string, readonly unknown[]>>) =>
    fc.record(
      Object.fromEntries(Object.entries(values).map(([key, list]) => [key, fc.constantFrom(...list)])),
      { requiredKeys: [] },
    )
  const settings = {
    stepSize: [2, 0.1],
    initial: [1, { normal: 1 }, 'policy'],
    entropy: [0.1],
    personalize: [{ steps: 2, stepSize: 1 }],
  }
  const evaluate = maybe({ every: [1, 7], metrics: [['drift', 'bytes']], episodes: [3] })
  const named = (record: fc.Arbitrary<Record<string, unknown>>) =>
    fc
      .tuple(
        record,
        fc.constantFrom<object>(
          {},
          { name: 'fast-fedpg' },
          { name: 'fedsvrpg-m', momentum: 0.2 },
          { name: 'ifca', clusters: 2, initial: { normal: 1 } },
        ),
      )
      .map(([algorithm, name]) => ({ ...algorithm, ...name }))
  const finite = fc.record({
    environment: fc.constantFrom<unknown>(GARNET, GRID, { mdp: './x.mdp.json' }),
    agents: maybe({
      rewards: ['./r.json', { heterogeneity: 0.5 }, { dirichlet: 1 }, { clusters: 2, spread: 0.1 }],
      dynamics: [{ heterogeneity: 0.5 }, { mdps: ['a.json', './b.json'] }],
      costs: [true, false],
    }).map((own) => ({ count: 2, ...own })),
    algorithm: named(
      maybe({
        ...settings,
        policy: [{ linear: 'one-hot' }, { linear: { matrix: './m.npy' } }, { mlp: [3, 3] }],
        gradient: [SAMPLED, { ...SAMPLED, horizon: 'auto', baseline: 'leave-one-out' }],
      }),
    ).map((own) => ({ ...EXACT, ...own })),
    evaluate,
  })
  const programs = fc.record({
    environment: fc.constantFrom<unknown>(
      CART_POLE,
      { ...CART_POLE, parameters: { gravity: 5 } },
      { module: '../env.ts', discount: 0.5, parameters: { a: 1 } },
    ),
    agents: maybe({ parameters: [{ length: [1, 2] }, { length: { from: 1, to: 2 } }] }).map((own) => ({
      count: 2,
      ...own,
    })),
    algorithm: named(maybe({ ...settings, policy: [{ linear: { tiles: 3 } }] })).map((own) => ({
      ...LEARNS_CART_POLE,
      ...own,
    })),
    evaluate,
  })
  const sections = fc.oneof(finite, programs)
  const vary = maybe({
    'algorithm.localSteps': [[1, 5]],
    'algorithm.rounds': [[100, 1000]],
    'evaluate.metrics': [[['rounds'], ['drift', 'samples']]],
    agents: [[{ count: 2 }, { count: 4 }]],
    algorithm: [[{ stepSize: 3 }, { gradient: { rollouts: 2, horizon: 5 } }]],
  })

  it('gives the same experiment again, from any folder', () => {
    let accepted = 0
    fc.assert(
      fc.property(sections, vary, (data, grid) => {
        const first = parse(stringify({ name: 'p', ...data, vary: grid }))
        if (!first.ok) return
        accepted++
        const again = parse(stringify(first.value.document), '/elsewhere')
        expect(again).toEqual({ ok: true, value: { ...first.value, folder: '/elsewhere' } })
      }),
      { seed: 4, numRuns: 150 },
    )
    expect(accepted).toBeGreaterThan(75)
  })
})

suite('notes on policy gradients', () => {
  const notes = (change: Sections): string => pgNotesOf(one(file(change))).join(' ')

  it('say what Updates give away', () => {
    expect(notes({})).toBe('')
    expect(notes({ algorithm: { localSteps: 1 } })).toContain('work out the agent')
    expect(notes({ algorithm: { name: 'fast-fedpg' } })).toContain('work out the agent')
    expect(notes({ algorithm: { name: 'local', localSteps: 1 }, evaluate: { metrics: ['J'] } })).toBe('')
    expect(notes({ algorithm: { name: 'qavg', localSteps: 1 } })).toBe('')
    expect(notes({ algorithm: { gradient: SAMPLED } })).toContain('which states it visited')
    expect(notes({ algorithm: { gradient: SAMPLED } })).not.toContain('single trajectory')
    expect(notes({ algorithm: { name: 'fast-fedpg', gradient: { rollouts: 1, horizon: 5 } } })).toContain(
      'single trajectory',
    )
    expect(notes({ algorithm: { name: 'ifca', clusters: 2, initial: { normal: 1 } } })).toContain('cluster')
  })

  it('say where gap can be negative', () => {
    expect(notes({ algorithm: { name: 'local' } })).toContain('can be negative')
    expect(notes({ algorithm: { name: 'local' }, evaluate: { metrics: ['J'] } })).toBe('')
  })
})
