/** The examples run, on the public doors only, and print what they promise. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
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

const RUN = ['solve', 'run-experiment', 'learn-from-logs']
/** An environment to be named in an experiment: test/environments-document.test.ts acts in it. */
const MODULES = ['my-env']

describe('examples', () => {
  test('all of them are run here', () => {
    expect(
      readdirSync(join(ROOT, 'examples'))
        .filter((file) => file.endsWith('.ts'))
        .toSorted(),
    ).toEqual([...RUN, ...MODULES].map((name) => `${name}.ts`).toSorted())
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
})

const EXACT: readonly number[] = [-5.567, -5.533, -2.111, -1.905]
