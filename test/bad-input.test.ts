/** What the program answers to wrong input: one line that names the place, exit code 2, and nothing left behind. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { writeNpy } from '../src/mdp/npy.ts'
import { fedrlHere } from './fedrl-here.ts'
import { BIN, fedrl, type Outcome } from './fedrl.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-bad-'))
afterAll(() => rmSync(root, { recursive: true }))

/** Writes files into the folder in which the program runs. */
function given(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content)
}

const GARNET = '{ family: garnet, states: 4, actions: 2, branching: 2, discount: 0.9 }'
const SIZES = '{ states: 4, actions: 2, discount: 0.9, rewardRange: [0, 1] }'

/** An experiment that is right but for what is put in. */
const experiment = (
  { environment = GARNET, agents = '{ count: 2 }', stepSize = '0.1' },
  ...more: readonly string[]
): string =>
  [
    'name: wrong',
    `environment: ${environment}`,
    `agents: ${agents}`,
    'algorithm:',
    '  name: fed-asyn-q',
    `  stepSize: ${stepSize}`,
    '  syncPeriod: 10',
    '  steps: 100',
    ...more,
    '',
  ].join('\n')

/** An Mdp file that is right but for what is put in, one key a line. */
const mdp = (change: Readonly<Record<string, unknown>>): string => {
  const right = { states: 2, actions: 1, discount: 0.9, transitions: [[0, 0, 1, 1, 0], [1, 0, 0, 1, 1]] } // prettier-ignore
  const lines = Object.entries({ ...right, ...change }).map(
    ([key, value]) => `"${key}": ${JSON.stringify(value)}`,
  )
  return `{\n${lines.join(',\n')}\n}\n`
}

const log = (...lines: readonly string[]): string =>
  ['state,action,reward,next_state,terminated', ...lines, ''].join('\n')

/** What the program says, and the files that are there after it and were not before. */
interface Answer extends Outcome {
  readonly made: readonly string[]
}

async function observed(command: () => Outcome | Promise<Outcome>): Promise<Answer> {
  const files = (): string[] => readdirSync(root, { recursive: true, encoding: 'utf8' })
  const before = files()
  const outcome = await command()
  return { ...outcome, made: files().filter((file) => !before.includes(file)) }
}

/** The answer of the program in this process. */
const answer = (args: readonly string[]): Promise<Answer> => observed(() => fedrlHere(args, root))

/** The answer of the built program in a process of its own. */
const builtAnswer = (args: readonly string[]): Promise<Answer> => observed(() => fedrl(args, root))

/** Exit code 2, one line on stderr that holds all the words in their order, and no new file. */
function refusal(...words: readonly string[]): Answer {
  const quoted = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const line = new RegExp(String.raw`^[^\n]*${quoted.join(String.raw`[^\n]*`)}[^\n]*\n$`)
  return { code: 2, stdout: '', stderr: expect.stringMatching(line) as string, made: [] }
}

describe('an Mdp', () => {
  test.each<[string, string, string]>([
    ['a row that sums to 0.98', mdp({ transitions: [[0, 0, 1, 0.98, 0], [1, 0, 0, 1, 1]] }), ':5:17: transitions.0: expected outcomes of state 0, action 0 whose probabilities sum to 1 within 1e-9, got a sum of 0.98'], // prettier-ignore
    ['discount 1', mdp({ discount: 1 }), ':4:13: discount: expected a number in [0, 1), got 1'],
    ['a state out of range', mdp({ transitions: [[0, 0, 1, 1, 0], [1, 0, 2, 1, 1]] }), ':5:34: transitions.1.2: expected a next state, an integer in [0, 2), got 2'], // prettier-ignore
    [
      'an unknown key',
      mdp({ discuont: 1 }),
      ':6:13: discuont: unknown key "discuont", did you mean "discount"?',
    ],
    ['a key given twice', '{"states": 1, "actions": 1, "discount": 0.5,\n"states": 2, "transitions": []}', ':2:11: states: expected each key once, got it twice'], // prettier-ignore
    ['a reward beyond 1e100', mdp({ transitions: [[0, 0, 1, 1, 1e101], [1, 0, 0, 1, 1]] }), ':5:26: transitions.0.4: expected a reward, a number in [-1e+100, 1e+100], got 1e+101'], // prettier-ignore
    [
      'a billion states',
      mdp({ states: 1e9 }),
      ':2:11: states: expected states * actions <= 100000000, got 1000000000',
    ],
    [
      'text that is no JSON',
      '{"states": 2,\n}',
      ':2:1: not valid JSON: expected a key in double quotes, got "}"',
    ],
  ])('%s', async (_, text, line) => {
    given({ 'x.mdp.json': text, 'x.yaml': experiment({ environment: '{ mdp: x.mdp.json }' }) })
    expect(await answer(['solve', 'x.mdp.json'])).toEqual(refusal(`x.mdp.json${line}`))
    expect(await answer(['run', 'x.yaml', '--out', 'out'])).toEqual(refusal(`x.mdp.json${line}`))
  })

  test('a small .npz file that would inflate to gigabytes', async () => {
    const zip = zipSync({ 'P.npy': writeNpy(new Uint8Array(8), [2, 2, 2]) })
    const directory = Buffer.from(zip).indexOf('PK\u0001\u0002')
    new DataView(zip.buffer, zip.byteOffset).setUint32(directory + 24, 2_000_000_000, true)
    given({ 'bomb.npz': zip })
    expect(await answer(['solve', 'bomb.npz', '--layout', 'SAS', '--discount', '0.9'])).toEqual(refusal('bomb.npz: expected arrays of at most 1000000000 bytes')) // prettier-ignore
  })
})

describe('an experiment file', () => {
  test.each<[string, string, string]>([
    ['an unknown key', experiment({}).replace('stepSize', 'stepsize'), ':6:3: algorithm.stepsize: unknown key "stepsize", did you mean "stepSize"?'], // prettier-ignore
    ['discount 1', experiment({ environment: GARNET.replace('0.9', '1') }), ':2:69: environment.discount: expected a number in [0, 1), got 1'], // prettier-ignore
    ['a list that does not end', experiment({}, 'seeds: [1, 2'), ':10:1: not valid YAML: '],
    ['tabs', experiment({}, '\tseeds: 2'), ':9:1: not valid YAML: Tabs are not allowed as indentation'],
    [
      'two documents',
      `${experiment({})}---\na: 1\n`,
      ':9:1: not valid YAML: expected one document, got several',
    ],
    ['a key twice', experiment({}, 'seeds: 1', 'seeds: 2'), ':10:1: not valid YAML: Map keys must be unique'],
    ['count 0', experiment({ agents: '{ count: 0 }' }), ':3:11: agents.count: expected an integer in [1, 4294967295], got 0'], // prettier-ignore
    ['eta 0', experiment({ stepSize: '0' }), ':6:3: algorithm.stepSize: expected a number in (0, 1), got 0: nothing would be learned'], // prettier-ignore
    ['eta 1', experiment({ stepSize: '1' }), 'got 1: an entry would keep nothing of its past'],
    [
      'eta -0.1',
      experiment({ stepSize: '-0.1' }),
      'algorithm.stepSize: expected a number in (0, 1), got -0.1',
    ],
    ['eta NaN', experiment({ stepSize: '.nan' }), 'algorithm.stepSize: expected a number in (0, 1), got NaN'],
    ['eta beyond a double', experiment({ stepSize: '1e400' }), 'expected a number in (0, 1), got Infinity'],
    [
      'a name that is a path',
      experiment({}).replace('wrong', '../../x'),
      ':1:1: name: expected a name of at most',
    ],
    ['a metric without a model', experiment({ environment: SIZES, agents: '{ logs: [good.csv] }' }, 'evaluate: { metrics: [error] }'), ':9:23: evaluate.metrics.0: error compares with the truth, and no model is known'], // prettier-ignore
    ['a million variants', experiment({}, `vary: { algorithm.steps: [${Array.from({ length: 1000 }, (_, i) => i + 1).join()}], agents.count: [${Array.from({ length: 1000 }, (_, i) => i + 1).join()}] }`), ':9:1: vary: makes 1000000 variants, more than 10000: say --yes'], // prettier-ignore
    ['a varied prototype', experiment({}, 'vary: { __proto__: [1, 2] }'), ':9:9: vary.__proto__: expected a path that begins with'], // prettier-ignore
    ['nesting without end', experiment({}, `x: ${'['.repeat(20_000)}`), 'not valid YAML: nested too deeply'],
  ])('%s', async (_, text, words) => {
    given({ 'x.yaml': text, 'good.csv': log('0,0,1,1,0') })
    expect(await answer(['run', 'x.yaml', '--out', 'out'])).toEqual(refusal('x.yaml', words))
  })

  test('of 100 MB: by its size', async () => {
    given({ 'x.yaml': '' })
    truncateSync(join(root, 'x.yaml'), 100_000_000)
    expect(await answer(['run', 'x.yaml', '--out', 'out'])).toEqual(
      refusal('x.yaml: expected at most 10.0 MB, got 100.0 MB'),
    )
  })
})

describe('an experiment of policy gradients', () => {
  const right = {
    environment: GARNET,
    agents: '{ count: 2, rewards: ./r.json }',
    name: 'fedpg',
    policy: 'softmax',
    gradient: 'exact',
    stepSize: '0.1',
    metrics: '[J]',
    more: '',
  }
  const policyGradients = (change: Partial<typeof right>): string => {
    const { environment, agents, name, policy, gradient, stepSize, metrics, more } = { ...right, ...change }
    return [
      'name: wrong',
      `environment: ${environment}`,
      `agents: ${agents}`,
      'algorithm:',
      `  name: ${name}`,
      `  policy: ${policy}`,
      `  gradient: ${gradient}`,
      `  stepSize: ${stepSize}`,
      '  localSteps: 2',
      '  rounds: 3',
      ...(more === '' ? [] : [more]),
      `evaluate: { metrics: ${metrics} }`,
      '',
    ].join('\n')
  }
  const CART_POLE = '{ family: CartPole-v1, discount: 0.99 }'
  const GRID = '{ family: grid-world, discount: 0.9, map: [S.H, .G#] }'
  const beyond = (change: Partial<typeof right>): string =>
    policyGradients({
      environment: CART_POLE,
      agents: '{ count: 2 }',
      policy: '{ mlp: [4] }',
      gradient: '{ rollouts: 1, horizon: 9 }',
      metrics: '[rounds]',
      ...change,
    })

  test.each<[string, string, string]>([
    ['an unknown algorithm', policyGradients({ name: 'fast-fed-gp' }), ':5:3: algorithm.name: expected one of q-learning, fed-syn-q, fed-asyn-q, local, central, fedpg, fast-fedpg, scaffold, fedsvrpg-m, softpavg, projpavg, qavg, ifca, got "fast-fed-gp", did you mean "fast-fedpg"?'], // prettier-ignore
    ['tabular on CartPole', beyond({ policy: 'softmax' }), ':6:3: algorithm.policy: softmax needs finitely many states, CartPole-v1 has observations of 4 numbers: linear (tiles, radialBasis, fourier) and mlp fit'], // prettier-ignore
    ['exact on CartPole', beyond({ gradient: 'exact' }), ':7:3: algorithm.gradient: exact needs the model of a finite problem, got CartPole-v1: expected a mapping with rollouts and horizon'], // prettier-ignore
    ['J of CartPole', beyond({ metrics: '[rounds, J]' }), ':11:31: evaluate.metrics.1: J needs the model of a finite problem, got CartPole-v1'], // prettier-ignore
    ['a pole of length 0', beyond({ environment: '{ family: CartPole-v1, discount: 0.99, parameters: { length: 0 } }' }), ':2:67: environment.parameters.length: expected a number in (0, infinity), got 0'], // prettier-ignore
    ['poles of no length', beyond({ agents: '{ count: 2, parameters: { length: [] } }' }), ':3:35: agents.parameters.length: expected at least one number, got an empty list'], // prettier-ignore
    ['rewards of CartPole', beyond({ agents: right.agents }), ':3:21: agents.rewards: needs a finite problem, got CartPole-v1'], // prettier-ignore
    ['horizon 0', policyGradients({ gradient: '{ rollouts: 8, horizon: 0 }' }), ':7:28: algorithm.gradient.horizon: expected an integer in [1, 1000000], got 0'], // prettier-ignore
    ['no rollouts', policyGradients({ gradient: '{ rollouts: 0, horizon: 9 }' }), ':7:15: algorithm.gradient.rollouts: expected an integer in [1, 1000000], got 0'], // prettier-ignore
    ['the mean of no other rollout', policyGradients({ gradient: '{ rollouts: 1, horizon: 9, baseline: leave-one-out }' }), ':7:40: algorithm.gradient.baseline: leave-one-out is the mean of the other rollouts: expected at least 2 rollouts, got 1'], // prettier-ignore
    ['eta 0', policyGradients({ stepSize: '0' }), ':8:3: algorithm.stepSize: expected a number in (0, infinity), got 0: nothing would be learned'], // prettier-ignore
    ['eta infinite', policyGradients({ stepSize: '.inf' }), ':8:3: algorithm.stepSize: expected a number in (0, infinity), got Infinity'], // prettier-ignore
    ['momentum elsewhere', policyGradients({ more: '  momentum: 0.2' }), ':11:3: algorithm.momentum: belongs to fedsvrpg-m'], // prettier-ignore
    ['a behaviour', policyGradients({ agents: '{ count: 2, behavior: uniform }' }), ':3:21: agents.behavior: belongs to Q-learning'], // prettier-ignore
    ['a log', policyGradients({ agents: '{ logs: [good.csv] }' }), ':3:11: agents.logs: belongs to Q-learning'], // prettier-ignore
    ['an odd pair', policyGradients({ agents: '{ count: 3, rewards: { heterogeneity: 1, pairs: true } }' }), ':3:50: agents.rewards.pairs: expected an even number of agents, got agents.count 3'], // prettier-ignore
    ['a goal in a hole', policyGradients({ environment: GRID, agents: '{ count: 2, rewards: { goals: [[0, 2]] } }' }), ':3:40: agents.rewards.goals.0: expected a plain cell ("S" or "."), for all agents share the dynamics, got "H" at [0, 2]'], // prettier-ignore
    ['the gap of different dynamics', policyGradients({ agents: '{ count: 2, dynamics: { heterogeneity: 1 } }', metrics: '[gap]' }), ':11:23: evaluate.metrics.0: gap compares with the best common policy, which is not known where dynamics differ'], // prettier-ignore
    ['rewards for Q-learning', experiment({ agents: right.agents }), ':3:21: agents.rewards: belongs to policy gradients'], // prettier-ignore
    ['Q-learning on CartPole', experiment({ environment: CART_POLE }), ':2:16: environment.family: CartPole-v1 has no table of states, which Q-learning needs'], // prettier-ignore
  ])('%s', async (_, text, words) => {
    given({ 'x.yaml': text, 'r.json': JSON.stringify(table(2, 4, 2)) })
    expect(await answer(['run', 'x.yaml', '--out', 'out'])).toEqual(refusal('x.yaml', words))
  })

  /** [agents][states][actions] */
  const table = (agents: number, states: number, actions: number): number[][][] =>
    Array.from({ length: agents }, () => Array.from({ length: states }, () => Array<number>(actions).fill(1)))

  test.each<[string, string, string]>([
    ['of one agent', JSON.stringify(table(1, 4, 2)), ':1:1: expected an array of 2 agents, got an array of 1'], // prettier-ignore
    ['of three states', JSON.stringify([...table(1, 3, 2), ...table(1, 4, 2)]), ':1:2: 0: expected an array of 4 states of agent 0, got an array of 3'], // prettier-ignore
    ['that are not finite', JSON.stringify(table(2, 4, 2)).replace('1', '1e999'), ':1:4: 0.0.0: expected'],
    ['that are no JSON', '[[[1, 2', 'not valid JSON'],
  ])('rewards %s', async (_, rewards, words) => {
    given({ 'x.yaml': policyGradients({}), 'r.json': rewards })
    expect(await answer(['run', 'x.yaml', '--out', 'out'])).toEqual(refusal(join(root, 'r.json'), words))
  })

  test('plan and coverage, which are about Q-learning', async () => {
    given({ 'x.yaml': policyGradients({}), 'r.json': JSON.stringify(table(2, 4, 2)) })
    for (const args of [
      ['plan', 'x.yaml', '--epsilon', '0.1'],
      ['coverage', 'x.yaml'],
    ])
      expect(await answer(args)).toEqual(refusal('x.yaml: expected a variant of Q-learning', 'got fedpg'))
  })
})

describe('a log', () => {
  test.each<[string, string, string]>([
    ['a wrong header', 'state,action,reward,next,terminated\n0,0,1,1,0\n', ':1:1: expected the header state,action,reward,next_state,terminated, got "state,action,reward,next,'], // prettier-ignore
    [
      'a non-number',
      log('0,0,1,1,0', '0,0,abc,1,0'),
      ':3:5: reward: expected a number in [-1e+100, 1e+100], got "abc"',
    ],
    [
      'a state beyond S',
      log('0,0,1,1,0', '4,0,1,1,0'),
      ':3:1: state: expected an integer in [0, 4), got "4"',
    ],
    ['no rows', log(), ':2:1: expected at least one step after the header, got none'],
    ['nothing', '', ':1:1: expected the header state,action,reward,next_state,terminated, got an empty file'],
    [
      'NUL bytes',
      log('\0\0,0,1,1,0'),
      String.raw`:2:1: state: expected an integer in [0, 4), got "\u0000\u0000"`,
    ],
    ['a line without end', 'x'.repeat(1_000_000), ':1:1: expected the header'],
  ])('%s', async (_, text, line) => {
    given({ 'a.csv': text, 'x.yaml': experiment({ agents: '{ logs: [a.csv] }' }) })
    expect(await answer(['run', 'x.yaml', '--out', 'out'])).toEqual(
      refusal(`${join(root, 'a.csv')}${line}`, '(agent 0)'),
    )
  })
})

describe('the command line', () => {
  test.each<[string, readonly string[], string]>([
    [
      'an unknown command',
      ['rum'],
      "fedrl: unknown command 'rum' (Did you mean run?); usage: fedrl <command>",
    ],
    ['no such file', ['run', 'none.yaml'], 'none.yaml: no such file'],
    ['--seeds backwards', ['run', 'ok.yaml', '--seeds', '3..1'], 'ok.yaml: --seeds: expected a count (5), a list (1,2,7) or a range (3..8), got "3..1"'], // prettier-ignore
    ['--seeds beyond measure', ['run', 'ok.yaml', '--seeds', '0..1000000000'], '--seeds: expected a count'],
    [
      '--threads 0',
      ['run', 'ok.yaml', '--threads', '0'],
      '--threads: expected an integer in [1, 1024], got 0',
    ],
    ['--set without a value', ['run', 'ok.yaml', '--set', 'x'], '--set: expected path=value'],
    ['--set of no key', ['run', 'ok.yaml', '--set', 'a.__proto__=1'], 'a: unknown key "a"'],
    ['--out on a file', ['run', 'ok.yaml', '--out', 'ok.yaml'], '--out: expected a folder that can be written, got ok.yaml: a file is in the way (EEXIST)'], // prettier-ignore
    ['--out below a file', ['run', 'ok.yaml', '--out', 'ok.yaml/a/b'], 'a part of the path is a file, not a folder (ENOTDIR)'], // prettier-ignore
    [
      '--out on links in a circle',
      ['run', 'ok.yaml', '--out', 'loop/a'],
      'its symbolic links lead in a circle (ELOOP)',
    ],
    [
      '--out on a folder with files',
      ['run', 'ok.yaml', '--out', '.'],
      '--out: expected an empty folder, got . with ',
    ],
    [
      '--resume of no run',
      ['run', '--resume', 'folder'],
      'folder: expected the folder of a run, got one without run.json',
    ],
  ])('%s', async (_, args, words) => {
    given({ 'ok.yaml': experiment({}) })
    mkdirSync(join(root, 'folder'), { recursive: true })
    rmSync(join(root, 'loop'), { force: true })
    symlinkSync('loop', join(root, 'loop'))
    expect(await answer(args)).toEqual(refusal(words))
  })

  test.runIf(process.platform === 'linux')('--out in a folder that takes no folders', async () => {
    given({ 'ok.yaml': experiment({}) })
    expect(await answer(['run', 'ok.yaml', '--out', '/proc/fedrl/a'])).toEqual(
      refusal('--out: expected a folder that can be written, got /proc/fedrl/a'),
    )
  })

  const ROOM = `{
    observationSpace: { kind: 'box', low: [0], high: [9] },
    actionSpace: { kind: 'discrete', n: 2 },
    reset: () => { console.log('reset'); return [0] },
    step: () => ({ observation: [1], reward: 1, terminated: true, truncated: false }),
  }`
  const inModule = experiment({ environment: '{ module: ./room.mjs, discount: 0.9 }' }).replace(
    /algorithm:[^]*/,
    'algorithm: { name: fedpg, policy: { mlp: [] }, gradient: { rollouts: 1, horizon: 5 }, localSteps: 1, stepSize: 0.1, rounds: 1 }\n',
  )

  test.each([
    ['ends the process', `export default () => process.exit(0)`],
    ['awaits what never comes', 'await new Promise(() => {})\nexport default () => 1'],
  ])('a module that %s', async (_, module) => {
    given({ 'room.mjs': module, 'room.yaml': inModule })
    const { code, stderr, made } = await builtAnswer(['run', 'room.yaml', '--out', 'room'])
    expect(stderr).toBe(
      'the process ended before the command was done: a module called process.exit, or awaits what never comes\n',
    )
    expect(code).toBe(1)
    expect(made).toEqual([])
  })

  test('a module that prints leaves stdout to the result', async () => {
    given({ 'room.mjs': `export default () => (${ROOM})`, 'room.yaml': inModule })
    const { code, stdout, stderr } = await builtAnswer([
      'run',
      'room.yaml',
      '--out',
      'room',
      '--json',
      '--threads',
      '2',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ name: 'wrong', trials: 1 })
    expect(stderr).toMatch(/^reset$/m)
    rmSync(join(root, 'room'), { recursive: true })
  })

  test('a module that never ends is ended by the first Ctrl-C', async () => {
    given({ 'room.mjs': `console.log('loading')\nwhile (true);`, 'room.yaml': inModule })
    const child = spawn(process.execPath, [BIN, 'run', 'room.yaml', '--out', 'room'], { cwd: root })
    child.stderr.once('data', () => child.kill('SIGINT'))
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect(signal).toBe('SIGINT')
    expect(readdirSync(root)).not.toContain('room')
  })

  test.runIf(process.platform === 'linux')('a result that cannot be written is a failure', () => {
    given({ 'ok.mdp.json': mdp({}) })
    const line = `"${process.execPath}" "${BIN}" solve ok.mdp.json --json > /dev/full`
    const { status, stderr } = spawnSync('bash', ['-c', line], { cwd: root, encoding: 'utf8' })
    expect(stderr).toMatch(/^fedrl: the result cannot be written: ENOSPC.*\n$/)
    expect(status).toBe(1)
  })
})

describe('the built program, in a process of its own', () => {
  test.each<readonly [readonly string[], string]>([
    [['solve', 'x.mdp.json'], 'x.mdp.json:4:13: discount: expected a number in [0, 1), got 1'],
    [
      ['run', 'x.yaml', '--out', 'out'],
      'x.yaml:3:11: agents.count: expected an integer in [1, 4294967295], got 0',
    ],
    [['rum'], "fedrl: unknown command 'rum' (Did you mean run?); usage: fedrl <command>"],
    [['run', 'none.yaml'], 'none.yaml: no such file'],
  ])('says of %j what it says here', async (args, words) => {
    given({ 'x.mdp.json': mdp({ discount: 1 }), 'x.yaml': experiment({ agents: '{ count: 0 }' }) })
    const here = await answer(args)
    expect(here).toEqual(refusal(words))
    expect(await builtAnswer(args)).toEqual(here)
  })
})
