import fc from 'fast-check'
import { describe as suite, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { describe } from './errors.ts'
import type { Experiment } from './experiment.ts'
import { parseExperiment, type ParseOptions } from './parse.ts'

const example = `name: blessing-of-heterogeneity
environment: { family: two-state, actions: 20, discount: 0.9 } # range: [0.4, 0.6] is the default of this family
agents:
  count: 20
  behavior: one-action
algorithm:
  name: fed-asyn-q
  averaging: importance
  stepSize: 0.05
  syncPeriod: 50
  steps: 2000
  initial: perAgent
seeds: 100
evaluate: { every: 50, metrics: [normalizedError] }
vary:
  algorithm.averaging: [equal, importance]
`
const single = example.slice(0, example.indexOf('vary:'))
const learnsFromLogs = `name: logs
environment: { states: 3, actions: 2, discount: 0.5, rewardRange: [0, 1] }
agents: { logs: [./a.csv, ../b.csv] }
algorithm: { name: q-learning, stepSize: 0.1, steps: 80 }
`

const parse = (text: string, options: Partial<ParseOptions> = {}) =>
  parseExperiment(text, { folder: '/lab/one', ...options })

function parsed(text: string, options: Partial<ParseOptions> = {}): Experiment {
  const result = parse(text, options)
  if (!result.ok) throw new Error(result.issues.map((issue) => describe('e.yaml', issue)).join('\n'))
  return result.value
}

/** Every line that a person would read. */
function told(text: string, options: Partial<ParseOptions> = {}): string[] {
  const result = parse(text, options)
  if (result.ok) throw new Error('was accepted')
  return result.issues.map((issue) => describe('e.yaml', issue))
}

suite('parseExperiment', () => {
  it('reads the example', () => {
    const experiment = parsed(example)
    expect(experiment.seeds).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(experiment.variants.map((variant) => variant.name)).toEqual([
      'averaging=equal',
      'averaging=importance',
    ])
    expect(experiment.variants[0]).toEqual({
      name: 'averaging=equal',
      assignment: { 'algorithm.averaging': 'equal' },
      settings: {
        environment: { family: 'two-state', actions: 20, discount: 0.9, range: [0.4, 0.6] },
        agents: { count: 20, behavior: 'one-action' },
        algorithm: {
          name: 'fed-asyn-q',
          averaging: 'equal',
          stepSize: 0.05,
          syncPeriod: 50,
          steps: 2000,
          initial: 'perAgent',
        },
        evaluate: { every: 50, metrics: ['normalizedError'] },
      },
    })
  })

  it('fills in defaults', () => {
    const file =
      'name: least\nenvironment: { family: chain, discount: 0.9 }\nalgorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 10, steps: 4000 }'
    const { seeds, variants } = parsed(file)
    expect(seeds).toEqual([1])
    expect(variants.map((variant) => variant.name)).toEqual(['default'])
    expect(variants[0]?.settings).toEqual({
      environment: { family: 'chain', states: 5, slip: 0.2, discount: 0.9 },
      agents: { count: 1, behavior: 'uniform' },
      algorithm: {
        name: 'fed-asyn-q',
        averaging: 'equal',
        stepSize: 0.1,
        syncPeriod: 10,
        steps: 4000,
        initial: 'shared',
      },
      evaluate: { every: 100, metrics: ['error'] },
    })
    expect(
      parsed(file.replace('syncPeriod: 10', 'syncPeriod: 300')).variants[0]?.settings.evaluate.every,
    ).toBe(300)
    expect(parsed(learnsFromLogs).variants[0]?.settings.evaluate).toEqual({
      every: 2,
      metrics: ['samples', 'rounds'],
    })
  })

  it('names an experiment that states no name', () => {
    const nameless = single.replace(/^name.*\n/, '')
    expect(parsed(nameless).name).toBe('experiment')
    expect(parsed(nameless, { name: 'ward' })).toMatchObject({ name: 'ward', document: { name: 'ward' } })
    expect(parsed(single, { name: 'ward' }).name).toBe('blessing-of-heterogeneity')
  })

  it('makes paths absolute, in vary too', () => {
    const { variants } = parsed(learnsFromLogs)
    expect(variants[0]?.settings.agents).toEqual({ logs: ['/lab/one/a.csv', '/lab/b.csv'] })
    const ward = single
      .replace(/environment.*/, 'environment: { mdp: w.mdp.json }')
      .replace('one-action', '{ table: ./pi.json }')
    expect(
      parsed(`${ward}vary: { environment.mdp: [a.json, /b.json] }`).variants.map((v) => [
        v.settings.environment,
        v.settings.agents,
      ]),
    ).toEqual([
      [{ mdp: '/lab/one/a.json' }, { count: 20, behavior: { table: '/lab/one/pi.json' } }],
      [{ mdp: '/b.json' }, { count: 20, behavior: { table: '/lab/one/pi.json' } }],
    ])
  })

  it('reads maps as lists and as blocks', () => {
    const grid = (map: string): unknown =>
      parsed(
        single.replace(/environment.*/, `environment:\n  family: grid-world\n  discount: 0.9\n  map: ${map}`),
      ).variants[0]?.settings.environment
    expect(grid('|\n    S.#\n    ..G')).toEqual(grid('["S.#", "..G"]'))
  })

  it('completes an incomplete section from vary', () => {
    const file =
      'name: x\nenvironment: { family: taxi, discount: 0.9 }\nalgorithm: { stepSize: 0.1, steps: 100 }\nvary: { algorithm: [{ name: q-learning }, { name: fed-syn-q, syncPeriod: 5 }] }'
    expect(parsed(file).variants.map((variant) => variant.settings.algorithm)).toEqual([
      { name: 'q-learning', stepSize: 0.1, steps: 100, initial: 'shared' },
      { name: 'fed-syn-q', stepSize: 0.1, steps: 100, initial: 'shared', syncPeriod: 5 },
    ])
  })

  it('takes flags over the file', () => {
    const experiment = parsed(single, {
      set: ['algorithm.stepSize=0.5', 'agents.behavior={mixture: 0.25}', 'algorithm.initialSeed=9'],
      seeds: '3..5',
    })
    expect(experiment.seeds).toEqual([3, 4, 5])
    expect(experiment.variants[0]?.settings.algorithm).toMatchObject({ stepSize: 0.5, initialSeed: 9 })
    expect(experiment.variants[0]?.settings.agents).toMatchObject({ behavior: { mixture: 0.25 } })
    expect(parsed(example, { set: ['vary.algorithm.averaging=[equal]'] }).variants).toHaveLength(1)
    expect(parsed(example, { seeds: '1,2,7' }).seeds).toEqual([1, 2, 7])
  })
})

suite('what is wrong is told, once, with its place', () => {
  const eta = (value: string): string[] => told(example.replace('0.05', value))

  it.each([
    ['0', 'got 0: nothing would be learned'],
    [
      '1',
      'got 1: an entry would keep nothing of its past, and the importance weights (1 - eta)^-N would be infinite',
    ],
    ['-0.1', 'got -0.1'],
    ['.nan', 'got NaN'],
    ['.inf', 'got Infinity'],
    ['"0.1"', 'got "0.1"'],
    ['', 'got nothing'],
    ['[0.1]', 'got a list'],
  ])('step size %s', (value, end) => {
    expect(eta(value)).toEqual([`e.yaml:9:3: algorithm.stepSize: expected a number in (0, 1), ${end}`])
  })

  it.each([
    ['{ polynomial: 0 }', 'e.yaml:9:15: algorithm.stepSize.polynomial: expected a number in (0, 1], got 0'],
    ['{ rescaledLinear: false }', 'e.yaml:9:15: algorithm.stepSize.rescaledLinear: expected true, got false'],
    [
      '{ polynomal: 0.6 }',
      'e.yaml:9:15: algorithm.stepSize.polynomal: unknown key "polynomal", did you mean "polynomial"?',
    ],
    [
      '{ polynomial: 1.0e-17 }',
      'e.yaml:9:3: algorithm.stepSize: expected a schedule below 1, got 1 at the first step',
    ],
    [
      '{}',
      'e.yaml:9:3: algorithm.stepSize: expected a mapping with one of the keys rescaledLinear, polynomial, got none',
    ],
  ])('schedule %s', (value, line) => expect(eta(value)).toEqual([line]))

  it.each<[string, string | RegExp, string, string[]]>([
    [
      'a mistyped key',
      'stepSize',
      'stepsize',
      ['e.yaml:9:3: algorithm.stepsize: unknown key "stepsize", did you mean "stepSize"?'],
    ],
    [
      'a mistyped section',
      'environment',
      'enviroment',
      ['e.yaml:2:1: enviroment: unknown key "enviroment", did you mean "environment"?'],
    ],
    [
      'a missing key',
      /^.*syncPeriod.*\n/m,
      '',
      ['e.yaml:6:1: algorithm.syncPeriod: missing, expected an integer in [1, 4294967295]'],
    ],
    [
      'no agents',
      'count: 20',
      'count: 0',
      ['e.yaml:4:3: agents.count: expected an integer in [1, 4294967295], got 0'],
    ],
    [
      'half a step',
      'steps: 2000',
      'steps: 0.5',
      ['e.yaml:11:3: algorithm.steps: expected an integer in [1, 1000000000000000], got 0.5'],
    ],
    ['discount 1', '0.9', '1', ['e.yaml:2:48: environment.discount: expected a number in [0, 1), got 1']],
    [
      'a mistyped family',
      'two-state',
      'two-sate',
      [
        'e.yaml:2:16: environment.family: expected one of two-state, garnet, grid-world, frozen-lake, cliff-walking, taxi, river-swim, chain, got "two-sate", did you mean "two-state"?',
      ],
    ],
    [
      'another algorithm',
      'fed-asyn-q',
      'ddqn',
      [
        'e.yaml:7:3: algorithm.name: expected one of q-learning, fed-syn-q, fed-asyn-q, local, central, fedpg, fast-fedpg, scaffold, fedsvrpg-m, softpavg, projpavg, qavg, ifca, got "ddqn"',
      ],
    ],
    [
      'a module',
      'family: two-state, actions: 20, discount: 0.9',
      'module: ./env.ts',
      [
        'e.yaml:2:16: environment.module: a module has no table of states, which Q-learning needs: expected one of the families two-state, garnet, grid-world, frozen-lake, cliff-walking, taxi, river-swim, chain, an mdp, or states; or policy gradients (local, central, fedpg, fast-fedpg, scaffold, fedsvrpg-m, softpavg, projpavg, qavg, ifca) as algorithm',
      ],
    ],
    [
      'a mistyped metric',
      '[normalizedError]',
      '[error, normalisedError]',
      [
        'e.yaml:14:41: evaluate.metrics.1: expected one of error, normalizedError, rmse, return, gap, samples, rounds, bytes, got "normalisedError", did you mean "normalizedError"?',
      ],
    ],
    [
      'a metric twice',
      '[normalizedError]',
      '[error, error]',
      ['e.yaml:14:41: evaluate.metrics.1: "error" is listed twice'],
    ],
    [
      'behaviour beside logs',
      'count: 20',
      'logs: [a.csv]',
      [
        'e.yaml:5:3: agents.behavior: does not belong beside logs: agents that replay a log follow no behaviour policy',
      ],
    ],
    [
      'a mistyped behaviour',
      'one-action',
      'one-acton',
      [
        'e.yaml:5:3: agents.behavior: expected one of uniform, one-action, got "one-acton", did you mean "one-action"?',
      ],
    ],
    [
      'a range upside down',
      'actions: 20',
      'actions: 20, range: [0.6, 0.4]',
      [
        'e.yaml:2:48: environment.range: expected a list [low, high] of two probabilities, got the larger number first',
      ],
    ],
    [
      'a seed too large',
      'seeds: 100',
      'seeds: [9007199254740993]',
      ['e.yaml:13:9: seeds.0: expected an integer in [0, 9007199254740991], got 9007199254740992'],
    ],
    ['a seed twice', 'seeds: 100', 'seeds: [4, 4]', ['e.yaml:13:12: seeds.1: 4 is listed twice']],
    [
      'a bad name',
      'blessing-of-heterogeneity',
      '../up',
      [
        'e.yaml:1:1: name: expected a name of at most 100 letters, digits, dots, dashes and underscores that begins with a letter or digit, got "../up"',
      ],
    ],
    ['a list', /[^]*/, '- a', ['e.yaml:1:1: expected a mapping, got a list']],
    ['nothing', /[^]*/, '', ['e.yaml:1:1: expected a mapping, got nothing']],
    [
      'a syntax error',
      'every: 50',
      'every: 50: ]',
      ['e.yaml:14:20: not valid YAML: Block collections are not allowed within flow collections'],
    ],
  ])('%s', (_, from, to, lines) => expect(told(example.replace(from, to))).toEqual(lines))

  it('keys that do not belong to an algorithm', () => {
    expect(told(single.replace('fed-asyn-q', 'q-learning'))).toEqual([
      'e.yaml:8:3: algorithm.averaging: does not belong to q-learning: its agents learn alone and nothing is averaged',
      'e.yaml:10:3: algorithm.syncPeriod: does not belong to q-learning: its agents learn alone and never synchronise',
    ])
    expect(told(single.replace('fed-asyn-q', 'fed-syn-q'))[0]).toContain('does not belong to fed-syn-q')
    expect(told(single.replace('fed-asyn-q', 'fed-syn-q').replace(/ {2}averaging.*\n/, ''))).toEqual([
      'e.yaml:5:3: agents.behavior: fed-syn-q samples every pair at every step and follows no behaviour policy',
    ])
    expect(told(single.replace('perAgent', '3\n  initialSeed: 1'))).toEqual([
      'e.yaml:13:3: algorithm.initialSeed: does not belong beside a constant initial table, which is not random',
    ])
  })

  it('truth where no model is known', () => {
    expect(told(`${learnsFromLogs}evaluate: { metrics: [samples, error] }`)).toEqual([
      'e.yaml:5:32: evaluate.metrics.1: error compares with the truth, and no model is known: expected samples, rounds or bytes',
    ])
    expect(told(learnsFromLogs.replace(/logs:.*\]/, 'count: 2'))).toEqual([
      'e.yaml:3:1: agents: without a model the agents can only learn from logs, or from experience of their own: give agents.logs or agents.experience, or an environment with family or mdp',
    ])
  })

  it('files of problems', () => {
    const environment = (text: string): string[] =>
      told(single.replace(/environment.*/, `environment: ${text}`))
    expect(environment('{ mdp: a.txt }')).toEqual([
      'e.yaml:2:16: environment.mdp: expected a path that ends in .mdp.json or .npz, got "/lab/one/a.txt"',
    ])
    expect(environment('{ mdp: a.mdp.json, discount: 0.9 }')).toEqual([
      'e.yaml:2:33: environment.discount: does not belong beside an .mdp.json file, which states its own',
    ])
    expect(environment('{ mdp: a.npz, discount: 0.9 }')).toEqual([
      'e.yaml:2:1: environment.layout: missing, an .npz file does not state its layout',
    ])
    expect(
      environment('{ family: garnet, states: 1000000, actions: 1000, branching: 2, discount: 0.9 }'),
    ).toEqual([
      'e.yaml:2:1: environment: expected at most 100000000 pairs of state and action, got 1000000000',
    ])
    expect(environment('{ family: grid-world, discount: 0.9, map: ["S.", "..."] }')).toEqual([
      'e.yaml:2:63: environment.map.1: expected 2 cells as in the first row, got 3',
    ])
  })

  it('values of vary at their own place, combinations with the variant', () => {
    const vary = (text: string): string[] => told(`${single}vary:\n${text}`)
    expect(vary('  algorithm.averaging: [equal, importanc, 3]')).toEqual([
      'e.yaml:16:32: vary.algorithm.averaging.1: expected one of equal, importance, got "importanc", did you mean "importance"?',
      'e.yaml:16:43: vary.algorithm.averaging.2: expected one of equal, importance, got 3',
    ])
    expect(vary('  algorithm.averagin: [equal]')).toEqual([
      'e.yaml:16:3: vary.algorithm.averagin: unknown key "averagin", did you mean "averaging"?',
    ])
    expect(vary('  algorithm: [{ averaging: equal }, { stepSize: 1 }]')[0]).toMatch(
      /^e.yaml:16:39: vary.algorithm.1.stepSize: expected a number in \(0, 1\), got 1/,
    )
    expect(vary('  algorithm.name: [fed-asyn-q, q-learning]\n  algorithm.steps: [10, 20]')[0]).toBe(
      'e.yaml:8:3: algorithm.averaging: does not belong to q-learning: its agents learn alone and nothing is averaged (in variant name=q-learning_steps=10 and 1 more)',
    )
  })

  it('a grid of a million by its number, unless yes is said', () => {
    const many = JSON.stringify(Array.from({ length: 101 }, (_, i) => i + 1))
    const file = `${single}vary: { agents.count: ${many}, algorithm.steps: ${many} }`
    expect(told(file)).toEqual([
      'e.yaml:15:1: vary: makes 10201 variants, more than 10000: say --yes if this is what you want',
    ])
    expect(parsed(file, { yes: true }).variants).toHaveLength(10_201)
  })

  it('flags by their own text', () => {
    expect(told(single, { set: ['algorithm.stepSize=2'] })).toEqual([
      'e.yaml: algorithm.stepSize: expected a number in (0, 1), got 2 (from --set algorithm.stepSize=2)',
    ])
    expect(told(single, { set: ['algorithm.stepsize=0.2'] })).toEqual([
      'e.yaml: algorithm.stepsize: unknown key "stepsize", did you mean "stepSize"? (from --set algorithm.stepsize=0.2)',
    ])
    const mixture = 'agents.behavior={mixture:0.5}'
    expect(told(single, { set: [mixture] })).toEqual([
      `e.yaml: --set ${mixture}: the value is expected a space after the colon, got "mixture:0.5"`,
    ])
    expect(told(single, { set: ['environment.family=garnet', 'environment.seed=1'] })).toContain(
      'e.yaml:2:1: environment.states: missing, expected an integer in [1, 100000000]',
    )
    expect(told(single, { set: ['environment={family: chain}'] })).toEqual([
      'e.yaml: environment.discount: missing, expected a number in [0, 1) (from --set environment={family: chain})',
    ])
    expect(told(single, { set: ['__proto__.x=1'] })[0]).toContain('unknown key "__proto__"')
    expect(told(single, { set: ['stepSize'] })).toEqual([
      'e.yaml: --set: expected path=value, as in algorithm.stepSize=0.1, got "stepSize"',
    ])
    expect(told(example, { set: ['algorithm.averaging=equal'] })[0]).toContain(
      'without effect, because vary sets algorithm.averaging',
    )
    expect(told(single, { seeds: '5..3' })).toEqual([
      'e.yaml: --seeds: expected a count (5), a list (1,2,7) or a range (3..8), got "5..3"',
    ])
    expect(told(single, { seeds: '0' })).toEqual([
      'e.yaml: seeds: expected an integer in [1, 1000000], got 0 (from --seeds 0)',
    ])
  })

  it('at most ten faults, and how many more there are', () => {
    const lines = told(
      `${single}vary: { agents.count: ${JSON.stringify(Array.from({ length: 30 }, (_, i) => -i))} }`,
    )
    expect(lines).toHaveLength(11)
    expect(lines[10]).toBe('e.yaml: and 20 more')
  })
})

suite('document', () => {
  const environment = fc.constantFrom<unknown>(
    { family: 'two-state', actions: 3, discount: 0.9, seed: 5 },
    { family: 'frozen-lake', discount: 0.99, map: ['SF', 'HG'] },
    { family: 'grid-world', discount: 0, map: 'S.\n.G' },
    { mdp: '../data/x.npz', layout: 'ASS', discount: 0.5 },
    { mdp: './x.mdp.json' },
  )
  const behavior = fc.constantFrom<unknown>(
    'one-action',
    { dirichlet: 0.3 },
    { region: [[0, 1], [2]] },
    { table: './pi.json' },
  )
  const algorithm = fc.record(
    {
      name: fc.constant('fed-asyn-q'),
      stepSize: fc.oneof(fc.double({ min: 1e-6, max: 0.999, noNaN: true }), fc.constant({ polynomial: 0.7 })),
      syncPeriod: fc.integer({ min: 1, max: 1000 }),
      steps: fc.integer({ min: 1, max: 1e15 }),
      initial: fc.constantFrom<unknown>('shared', 'perAgent', -1.5),
      averaging: fc.constantFrom('equal', 'importance'),
    },
    { requiredKeys: ['name', 'stepSize', 'syncPeriod', 'steps'] },
  )
  const evaluate = fc.record(
    { every: fc.integer({ min: 1, max: 1e6 }), metrics: fc.subarray(['error', 'bytes'], { minLength: 1 }) },
    { requiredKeys: [] },
  )
  const vary = fc.record(
    {
      algorithm: fc.constant([{ syncPeriod: 3 }, { stepSize: 0.2, initial: 'shared' }]),
      'agents.behavior': fc.constant(['uniform', { table: '../b.json' }]),
      'algorithm.steps': fc.uniqueArray(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 3 }),
      'evaluate.metrics': fc.constant([['rmse'], ['return', 'gap']]),
      environment: fc.constant([{ mdp: 'y.json' }]),
    },
    { requiredKeys: [] },
  )
  const file = fc.record(
    {
      name: fc.constant('p'),
      environment,
      agents: fc.record({ count: fc.integer({ min: 1, max: 9 }), behavior }, { requiredKeys: [] }),
      algorithm,
      evaluate,
      seeds: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.uniqueArray(fc.nat(), { minLength: 1 })),
      vary,
    },
    { requiredKeys: ['name', 'environment', 'algorithm'] },
  )

  it('gives the same experiment again, from any folder', () => {
    let accepted = 0
    fc.assert(
      fc.property(file, (data) => {
        const first = parse(stringify(data))
        if (!first.ok) return
        accepted++
        const again = parsed(stringify(first.value.document), { folder: '/elsewhere' })
        expect(again).toEqual({ ...first.value, folder: '/elsewhere' })
      }),
      { seed: 2, numRuns: 300 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('shows the defaults that all variants share', () => {
    expect(
      parsed(example.replace('evaluate: { every: 50, metrics: [normalizedError] }', '')).document,
    ).toMatchObject({
      environment: { range: [0.4, 0.6] },
      evaluate: { every: 50, metrics: ['error'] },
      seeds: 100,
      vary: { 'algorithm.averaging': ['equal', 'importance'] },
    })
  })

  it('leaves out the defaults that differ', () => {
    const file = `${single.replace('every: 50, ', '')}vary: { algorithm.syncPeriod: [100, 200] }`
    expect(parsed(file).variants.map((variant) => variant.settings.evaluate.every)).toEqual([100, 200])
    expect(parsed(file).document['evaluate']).toEqual({ metrics: ['normalizedError'] })
  })
})
