/** What the program answers to wrong input: one line that names the place, exit code 2, and nothing left behind. */
import { spawnSync } from 'node:child_process'
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
import { BIN, fedrl } from './fedrl.ts'

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
function answer(args: readonly string[]): {
  code: number | null
  stdout: string
  stderr: string
  made: string[]
} {
  const files = (): string[] => readdirSync(root, { recursive: true, encoding: 'utf8' })
  const before = files()
  const outcome = fedrl(args, root)
  return { ...outcome, made: files().filter((file) => !before.includes(file)) }
}

/** Exit code 2, one line on stderr that holds all the words in their order, and no new file. */
function refusal(...words: readonly string[]): ReturnType<typeof answer> {
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
  ])('%s', (_, text, line) => {
    given({ 'x.mdp.json': text, 'x.yaml': experiment({ environment: '{ mdp: x.mdp.json }' }) })
    expect(answer(['solve', 'x.mdp.json'])).toEqual(refusal(`x.mdp.json${line}`))
    expect(answer(['run', 'x.yaml', '--out', 'out'])).toEqual(refusal(`x.mdp.json${line}`))
  })

  test('a small .npz file that would inflate to gigabytes', () => {
    const zip = zipSync({ 'P.npy': writeNpy(new Uint8Array(8), [2, 2, 2]) })
    const directory = Buffer.from(zip).indexOf('PK\u0001\u0002')
    new DataView(zip.buffer, zip.byteOffset).setUint32(directory + 24, 2_000_000_000, true)
    given({ 'bomb.npz': zip })
    expect(answer(['solve', 'bomb.npz', '--layout', 'SAS', '--discount', '0.9'])).toEqual(refusal('bomb.npz: expected arrays of at most 1000000000 bytes')) // prettier-ignore
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
  ])('%s', (_, text, words) => {
    given({ 'x.yaml': text, 'good.csv': log('0,0,1,1,0') })
    expect(answer(['run', 'x.yaml', '--out', 'out'])).toEqual(refusal('x.yaml', words))
  })

  test('of 100 MB: by its size', () => {
    given({ 'x.yaml': '' })
    truncateSync(join(root, 'x.yaml'), 100_000_000)
    expect(answer(['run', 'x.yaml', '--out', 'out'])).toEqual(
      refusal('x.yaml: expected at most 10.0 MB, got 100.0 MB'),
    )
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
  ])('%s', (_, text, line) => {
    given({ 'a.csv': text, 'x.yaml': experiment({ agents: '{ logs: [a.csv] }' }) })
    expect(answer(['run', 'x.yaml', '--out', 'out'])).toEqual(
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
  ])('%s', (_, args, words) => {
    given({ 'ok.yaml': experiment({}) })
    mkdirSync(join(root, 'folder'), { recursive: true })
    rmSync(join(root, 'loop'), { force: true })
    symlinkSync('loop', join(root, 'loop'))
    expect(answer(args)).toEqual(refusal(words))
  })

  test.runIf(process.platform === 'linux')('--out in a folder that takes no folders', () => {
    given({ 'ok.yaml': experiment({}) })
    expect(answer(['run', 'ok.yaml', '--out', '/proc/fedrl/a'])).toEqual(
      refusal('--out: expected a folder that can be written, got /proc/fedrl/a'),
    )
  })

  test.runIf(process.platform === 'linux')('a result that cannot be written is a failure', () => {
    given({ 'ok.mdp.json': mdp({}) })
    const line = `"${process.execPath}" "${BIN}" solve ok.mdp.json --json > /dev/full`
    const { status, stderr } = spawnSync('bash', ['-c', line], { cwd: root, encoding: 'utf8' })
    expect(stderr).toMatch(/^fedrl: the result cannot be written: ENOSPC.*\n$/)
    expect(status).toBe(1)
  })
})
