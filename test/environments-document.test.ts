/** What docs/environments.md says is so: its modules keep the contract, its experiments parse, its programs print what they promise. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { BUILT_IN } from '../src/experiment/policy-gradient/environments.ts'
import { loadEnvironmentModule } from '../src/experiment/policy-gradient/module.ts'
import { parseExperiment } from '../src/experiment/parse.ts'
import { ROOT } from './source.ts'

const text = readFileSync(join(ROOT, 'docs', 'environments.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'fedrl-environments-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The fenced blocks of a language. */
const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1] as string,
  )

describe('docs/environments.md', () => {
  test('its module keeps the contract', async () => {
    const [code = ''] = blocks('ts')
    writeFileSync(join(folder, 'lift.ts'), code)
    const environment = (await loadEnvironmentModule(join(folder, 'lift.ts')))({ floors: 2 })
    expect(environment.reset(5)).toEqual(Float64Array.of(1))
    expect(environment.step(1)).toEqual({
      observation: Float64Array.of(2),
      reward: 1,
      terminated: true,
      truncated: false,
    })
  })

  test.each(blocks('yaml').map((block, i) => [i, block] as const))('its experiment %i parses', (_, block) => {
    const parsed = parseExperiment(block, { folder })
    expect(parsed.ok ? [parsed.value.variants.length, parsed.value.seeds] : parsed.issues).toEqual([1, [1]])
  })

  test.each(blocks('js').map((block, i) => [i, block] as const))(
    'its program %i prints what it says',
    (_, code) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: ROOT,
        encoding: 'utf8',
      })
      expect([status, stderr]).toEqual([0, ''])
      const promised = [...code.matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map((match) => match[1])
      expect(promised.length).toBeGreaterThan(0)
      expect(stdout.trim().split('\n')).toEqual(promised)
    },
  )

  test('its tables name every environment and every parameter with its default', () => {
    for (const [name, { parameters }] of Object.entries(BUILT_IN)) {
      const rows = text.split('\n').filter((line) => line.startsWith(`| \`${name}\``))
      expect(rows).toHaveLength(2)
      for (const [parameter, { default: value }] of Object.entries(parameters)) {
        const pis = value / Math.PI
        const shown = Number.isInteger(pis) && pis > 0 ? `${pis} pi` : String(Number(value.toFixed(4)))
        expect(rows[1]).toContain(`\`${parameter}\` ${shown}`)
      }
      const named = [...(rows[1] as string).matchAll(/`(\w+)` /g)].map((match) => match[1]).slice(1)
      expect(named.length).toBeLessThanOrEqual(Object.keys(parameters).length)
    }
  })
})

describe('examples/my-env.ts', () => {
  test('keeps the contract, from any folder; a warmer day needs less heating', async () => {
    copyFileSync(join(ROOT, 'examples', 'my-env.ts'), join(folder, 'my-env.ts'))
    const make = await loadEnvironmentModule(join(folder, 'my-env.ts'))
    const returnOf = (outside: number): number => {
      const environment = make({ outside })
      environment.reset(3)
      let [sum, over] = [0, false]
      while (!over) {
        const step = environment.step(0)
        sum += step.reward
        over = step.truncated
      }
      return sum
    }
    expect(returnOf(15)).toBeGreaterThan(returnOf(5))
    expect(returnOf(5)).toBe(returnOf(5))
  })
})
