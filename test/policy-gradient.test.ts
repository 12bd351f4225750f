/** Policy gradients by the built program: models against an independent computation, and the same bytes however they are made. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeSafetensors } from '../src/experiment/safetensors.ts'
import { fedrl } from './fedrl.ts'
import { gradientOf, plainFastFedPg, plainFedPg, plainScaffold } from './plain-policy-gradient.ts'
import { ROOT } from './source.ts'
import { rewards, transitions } from './zhu-problem.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-gradients-'))
afterAll(() => rmSync(root, { recursive: true }))

copyFileSync(join(ROOT, 'experiments', 'zhu-bias', 'problem.mdp.json'), join(root, 'shared.mdp.json'))
writeFileSync(join(root, 'rewards.json'), JSON.stringify(rewards.slice(0, 4)))
writeFileSync(join(root, 'equal.json'), JSON.stringify(rewards.slice(0, 4).map(() => rewards[0])))

/** The experiment of four agents, its algorithm and more left to the caller. */
const experiment = (algorithm: string, more = '', table = 'rewards.json'): string => `
name: goals
environment: { mdp: ./shared.mdp.json }
agents: { count: 4, rewards: ./${table} }
algorithm: { name: fast-fedpg, policy: softmax, stepSize: 0.1, serverStepSize: 1, rounds: 50, ${algorithm} }
${more}`

let runs = 0
/** Runs a file and gives its folder. */
function run(text: string, ...flags: string[]): string {
  const out = join(root, `run-${++runs}`)
  const file = join(root, `${runs}.yaml`)
  writeFileSync(file, text)
  const { code, stderr } = fedrl(['run', file, '--out', out, ...flags])
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return out
}

const bytesOf = (folder: string, variant: string, seed = 1): Buffer =>
  readFileSync(join(folder, 'models', variant, `${seed}.safetensors`))

function thetaOf(folder: string, variant: string): { shape: readonly number[]; data: number[] } {
  const file = decodeSafetensors(bytesOf(folder, variant))
  if (!file.ok) throw new Error(JSON.stringify(file.issues))
  const { shape, data } = file.value.tensors['theta'] ?? { shape: [], data: [] }
  return { shape, data: Array.from(data) }
}

const NAMES = '[fast-fedpg, fedpg, scaffold]'
const VARIANTS = ['name=fast-fedpg', 'name=fedpg', 'name=scaffold'] as const
const largest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number))))

describe('exact gradients', () => {
  const more = `seeds: [1]\nevaluate: { every: 1, metrics: [J, gap, gradientNorm] }\nvary: { algorithm.name: ${NAMES} }`
  const folder = run(experiment('gradient: exact, localSteps: 10', more))

  test('theta is that of an independent computation to 1e-9, F64 [S, A]', () => {
    const plain = {
      gradients: rewards.slice(0, 4).map((table) => gradientOf(transitions, table, 0.9)),
      size: 20,
      H: 10,
      eta: 0.1,
      alpha: 1,
      rounds: 50,
    }
    const expected = [plainFastFedPg(plain), plainFedPg(plain), plainScaffold(plain)]
    for (const [i, variant] of VARIANTS.entries()) {
      const { shape, data } = thetaOf(folder, variant)
      expect(shape).toEqual([5, 4])
      expect(largest(data, expected[i] as number[])).toBeLessThan(1e-9)
    }
    expect(largest(expected[0] as number[], expected[1] as number[])).toBeGreaterThan(1e-3)
  })

  test('a row for every round and metric, the gap falling', () => {
    const rows = readFileSync(join(folder, 'rows.csv'), 'utf8').trim().split('\n').slice(1)
    expect(rows).toHaveLength(3 * 50 * 3)
    const gaps = rows.filter((row) => row.startsWith('name=fast-fedpg,') && row.includes(',gap,'))
    const values = gaps.map((row) => Number(row.split(',')[5]))
    expect(values).toEqual(values.toSorted((a, b) => b - a))
    expect(gaps.map((row) => row.split(',').slice(2, 4).join())[49]).toBe('50,500')
  })

  test('with equal rewards fast-fedpg and fedpg are the same to the last bit', () => {
    const same = run(
      experiment(
        'gradient: exact, localSteps: 10',
        'vary: { algorithm.name: [fast-fedpg, fedpg] }',
        'equal.json',
      ),
    )
    expect(thetaOf(same, 'name=fast-fedpg')).toEqual(thetaOf(same, 'name=fedpg'))
  })

  test('with one local step all three agree to 1e-12', () => {
    const one = run(experiment('gradient: exact, localSteps: 1', `vary: { algorithm.name: ${NAMES} }`))
    const [fast, plain, scaffold] = VARIANTS.map((variant) => thetaOf(one, variant).data) as [
      number[],
      number[],
      number[],
    ]
    expect(largest(fast, plain)).toBeLessThan(1e-12)
    expect(largest(fast, scaffold)).toBeLessThan(1e-12)
  })
})

test('sampled gradients give the same files for any number of threads', () => {
  const text = experiment(
    'gradient: { rollouts: 8, horizon: 60 }, localSteps: 5, rounds: 10',
    `seeds: 3\nvary: { algorithm.name: ${NAMES} }`,
  ).replace('rounds: 50, ', '')
  const [one, two] = [run(text, '--threads', '1'), run(text, '--threads', '2')]
  for (const name of ['rows.csv', 'summary.json', 'report.html'])
    expect(readFileSync(join(two, name))).toEqual(readFileSync(join(one, name)))
  for (const variant of VARIANTS)
    for (const seed of [1, 2, 3]) expect(bytesOf(two, variant, seed)).toEqual(bytesOf(one, variant, seed))
  expect(bytesOf(one, 'name=fedpg', 1)).not.toEqual(bytesOf(one, 'name=fedpg', 2))
})

test('a run that diverges ends with a note, and the others go on', () => {
  const text = experiment(
    'gradient: exact, localSteps: 10, rounds: 5',
    'vary: { algorithm.stepSize: [0.05, 1.0e+30] }',
  ).replace('rounds: 50, ', '')
  const folder = run(text)
  const { variants } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as {
    variants: { notes: string[]; metrics: Record<string, { mean: number }> }[]
  }
  expect(variants[0]?.metrics['gap']?.mean).toBeGreaterThan(0)
  expect(variants[0]?.notes.join()).not.toMatch(/diverged|outside/)
  expect(variants[1]?.notes.join()).toMatch(
    /Seed 1 diverged in round 1 at agent 0 with stepSize 1e\+30: .* the largest that theory calls safe is 0\.\d+, for an estimated L/,
  )
})
