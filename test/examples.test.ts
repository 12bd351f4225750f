/** The examples run, on the public doors only, and print what they promise. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseExperiment } from '../src/experiment/parse.ts'
import { fedrl } from './fedrl.ts'
import { ROOT, modulesOf } from './source.ts'

/** Output of `examples/<name>.ts`. */
function outputOf(name: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', `examples/${name}.ts`], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

const folder = mkdtempSync(join(tmpdir(), 'fedrl-examples-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Means over seeds at the last step of `fedrl run examples/<name>.yaml`, variants in their order: metric -> value. */
function finalOf(name: string, seeds: string, settings: readonly string[] = []): Record<string, number>[] {
  const set = [`seeds=${seeds}`, ...settings].flatMap((setting) => ['--set', setting])
  const { code, stdout } = fedrl([
    'run',
    `examples/${name}.yaml`,
    '--json',
    ...set,
    '--out',
    join(folder, name),
  ])
  expect(code).toBe(0)
  const { variants } = JSON.parse(stdout) as { variants: { metrics: Record<string, { mean: number }> }[] }
  return variants.map(({ metrics }) =>
    Object.fromEntries(Object.entries(metrics).map(([metric, { mean }]) => [metric, mean])),
  )
}

const RUN = ['solve', 'run-experiment', 'learn-from-logs']
/** An environment to be named in an experiment: test/environments-document.test.ts acts in it. */
const MODULES = ['my-env']
/** Experiment files. `lake` is that of run-experiment. */
const EXPERIMENTS = ['lake', 'poles', 'clusters', 'personal']

describe('examples', () => {
  test('all of them are run here', () => {
    expect(
      readdirSync(join(ROOT, 'examples'))
        .filter((file) => file.endsWith('.ts') || file.endsWith('.yaml'))
        .toSorted(),
    ).toEqual(
      [
        ...[...RUN, ...MODULES].map((name) => `${name}.ts`),
        ...EXPERIMENTS.map((name) => `${name}.yaml`),
      ].toSorted(),
    )
  })

  test('import the package by its name', () => {
    const foreign = modulesOf('examples').flatMap((module) =>
      module.imports.map((one) => one.specifier).filter((one) => !/^(fedrl|node:)/.test(one)),
    )
    expect(foreign).toEqual([])
  })

  test('solve', () => {
    // by hand: better, treatment 1: v = -1 + 0.95 v / 2, v = -1 / 0.525; ill, treatment 1: v = -2 + 0.95 (v + v(better)) / 2
    const better = -1 / 0.525
    const ill = (-2 + 0.475 * better) / 0.525
    expect(outputOf('solve')).toContain(`values ${ill.toFixed(3)} ${better.toFixed(3)} 0.000`)
  })

  test('run-experiment: the error falls under both averagings', () => {
    const lines = outputOf('run-experiment').trim().split('\n')
    expect(lines.map((line) => line.split(':')[0])).toEqual(['averaging=equal', 'averaging=importance'])
    for (const line of lines) {
      const errors = line.split('error ')[1]?.split(' ').map(Number) ?? []
      expect(errors).toHaveLength(10)
      expect(errors.at(-1)).toBeLessThan(errors[0] as number)
    }
  })

  test('learn-from-logs: each treatment is learnt from the ward that uses it', () => {
    const values =
      outputOf('learn-from-logs')
        .match(/-\d+\.\d+/g)
        ?.map(Number) ?? []
    expect(values).toHaveLength(4)
    // exact values; from 400 recorded steps a ward, 0.7 is two standard errors of the least certain one
    for (const [i, exact] of EXACT.entries())
      expect(Math.abs((values[i] as number) - exact)).toBeLessThan(0.7)
  })

  test('docs/policy-gradients.md shows experiments that parse, and runs those that are here', () => {
    const text = readFileSync(join(ROOT, 'docs', 'policy-gradients.md'), 'utf8')
    const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] as string)
    for (const block of blocks) expect(parseExperiment(block, { folder: ROOT })).toMatchObject({ ok: true })
    const named = [...text.matchAll(/`fedrl run examples\/(\w+)\.yaml`/g)].map((match) => match[1])
    expect([blocks.length, named]).toEqual([1, ['poles', 'clusters', 'personal']])
  })

  test('poles: one policy balances eight different poles after ten rounds', () => {
    const short = ['vary={}', 'algorithm.rounds=10', 'evaluate.every=10', 'evaluate.episodes=10']
    const [{ episodeReturn } = { episodeReturn: 0 }] = finalOf('poles', '[2]', short)
    expect(episodeReturn).toBeGreaterThan(475)
  }, 300_000)

  test('clusters: they are found from sampled gradients', () => {
    const [, , noisy] = finalOf('clusters', '[1,2,3]')
    expect(noisy?.['assignment']).toBe(1)
  }, 300_000)

  test('personal: own steps improve on a common policy, and so do own heads', () => {
    const [softmax, perceptron, tanh, identity] = finalOf('personal', '[1]')
    const value = (of: Record<string, number> | undefined, metric: string): number => of?.[metric] ?? NaN
    for (const common of [softmax, perceptron])
      expect(value(common, 'personalJ')).toBeGreaterThan(1.5 * value(common, 'J'))
    for (const heads of [tanh, identity])
      expect(value(heads, 'worstJ')).toBeGreaterThan(3 * value(perceptron, 'worstJ'))
  }, 300_000)
})

const EXACT: readonly number[] = [-5.567, -5.533, -2.111, -1.905]
