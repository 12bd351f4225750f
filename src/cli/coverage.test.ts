import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { coverage } from './coverage.ts'
import type { Io } from './io.ts'
import { plan, type PlanFlags } from './plan.ts'

const TWO_STATE = `name: two
environment: { family: two-state, actions: 20, discount: 0.9 }
agents: { count: 20, behavior: one-action }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.05, syncPeriod: 50, steps: 2000 }
seeds: [3, 4]
vary: { agents.behavior: [one-action, uniform] }
`
const LOGS = `name: logs
environment: { states: 3, actions: 2, discount: 0.9, rewardRange: [0, 2] }
agents: { logs: [./log.csv] }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.05, syncPeriod: 50, steps: 2000 }
evaluate: { metrics: [samples] }
seeds: 1
`
const LOG =
  'state,action,reward,next_state,terminated\n0,0,1,1,false\n1,1,0,0,false\n0,0,2,1,false\n0,0,2,1,false\n'

/** One step of the same log. */
const SHORT = LOG.split('\n').slice(0, 2).join('\n')
const SIX = { '0.csv': LOG, '1.csv': LOG, '2.csv': LOG, '3.csv': SHORT, '4.csv': LOG, '5.csv': SHORT }

let folder = ''
const file = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedrl-coverage-'))
  await writeFile(file('two.yaml'), TWO_STATE)
  await writeFile(file('logs.yaml'), LOGS)
  await writeFile(file('log.csv'), LOG)
  for (const [name, content] of Object.entries(SIX)) await writeFile(file(name), content)
})
afterAll(() => rm(folder, { recursive: true }))

type Json = Record<string, unknown>

/** Runs a command and gives its document and its text. */
async function outcome(command: (io: Io) => Promise<void>): Promise<{ json: Json; text: string }> {
  const results: { json: Json; text: string }[] = []
  await command({
    json: true,
    interactive: false,
    signal: new AbortController().signal,
    result: (document, text) =>
      results.push({ json: JSON.parse(JSON.stringify(document)) as Json, text: text() }),
    note: () => undefined,
  })
  const [result] = results
  if (result === undefined || results.length > 1)
    throw new Error(`expected one result, got ${results.length}`)
  return result
}

const planned = (name: string, flags: PlanFlags) => outcome((io) => plan(file(name), flags, io))

describe('fedrl coverage', () => {
  test('reports the first variant and the first seed, and says so', async () => {
    const { json, text } = await outcome((io) => coverage(file('two.yaml'), {}, io))
    expect(json).toMatchObject({
      seed: 3,
      muMin: 0,
      mixingTime: 1,
      coveredFraction: 1,
      uncovered: [],
      dependsOnStart: false,
      periodic: false,
    })
    expect(json['cHet']).toBeCloseTo(20, 9)
    expect(json['agents']).toHaveLength(20)
    expect((json['agents'] as Json[])[0]).not.toHaveProperty('mu')
    expect(text).toContain(`variant ${String(json['variant'])}, seed 3; 2 states x 20 actions, 20 agents`)
    expect(text).toContain('40 of 40 pairs')
  })

  test('takes a variant, a seed and settings', async () => {
    const first = await outcome((io) => coverage(file('two.yaml'), { set: ['agents.count=15'] }, io))
    expect(first.json).toMatchObject({ coveredFraction: 0.75, muAvg: 0, uncoveredTotal: 10, agentsTotal: 15 })
    expect(first.text).toContain('No agent keeps visiting 10 pairs (state, action): (0, 15) (0, 16)')
    const other = String(first.json['variant']).replace('one-action', 'uniform')
    const second = await outcome((io) => coverage(file('two.yaml'), { variant: other, seed: '9' }, io))
    expect(second.json).toMatchObject({ variant: other, seed: 9, cHet: 1 })
    expect(second.text).toMatch(/\n0 to 19 +0\.0\d+ +40 +1\n?/)
  })

  test('says plainly that logs are counted', async () => {
    const { json, text } = await outcome((io) => coverage(file('logs.yaml'), {}, io))
    expect(json).toMatchObject({
      empirical: true,
      mixingTime: null,
      noMixing: 'no model',
      coveredFraction: 2 / 6,
      agentsTotal: 1,
    })
    expect(text).toContain('From the logs')
    expect(text).toContain('No agent visits 4 pairs (state, action): (0, 1) (1, 0) (2, 0) (2, 1)')
  })

  test('puts agents of whom the same is said in one line', async () => {
    const logs = `agents.logs=[${Object.keys(SIX)
      .map((name) => `./${name}`)
      .join(', ')}]`
    const { json, text } = await outcome((io) => coverage(file('logs.yaml'), { set: [logs] }, io))
    expect(json['agents']).toHaveLength(6)
    expect(text).toMatch(/\n0 to 2, 4 +0 +2 +none \(no model\)\n3, 5 +0 +1 +none \(no model\)\n/)
  })

  test('names the file whose settings do not fit the problem', async () => {
    const set = ['vary.agents.behavior=[{ region: [[7]] }]']
    await expect(outcome((io) => coverage(file('two.yaml'), { set }, io))).rejects.toThrow(
      `${file('two.yaml')}: agents.behavior.region.0.0: expected a state in 0..1, got 7`,
    )
  })

  test.each([
    [{ variant: 'nope' }, '--variant: expected a variant of the file'],
    [{ seed: '-1' }, '--seed: expected an integer in [0, 2^53), got -1'],
  ])('refuses %j', async (flags, message) => {
    await expect(outcome((io) => coverage(file('two.yaml'), flags, io))).rejects.toThrow(message)
  })
})

describe('fedrl plan', () => {
  test('prints what each theorem asks for beside what the file says', async () => {
    const { json, text } = await planned('two.yaml', { epsilon: '0.1' })
    expect(json['file']).toMatchObject({
      theorem: 3,
      stepSize: 0.05,
      syncPeriod: 50,
      steps: 2000,
      rounds: 40,
    })
    expect((json['theorems'] as Json[]).map(({ theorem }) => theorem)).toEqual([1, 2, 3])
    expect((json['advice'] as string[])[0]).toContain(
      'at eta = 0.05 tau may be at most 0.125, the file has 50',
    )
    expect(json['delta']).toBe(0.05)
    expect(text).toContain('Theorem 3 (FedAsynQ, importance averaging)')
    expect(text).toContain('Khodadadian')
    // at these constants no tau is long enough for the chains to mix and short enough for the averages
    expect(text).toMatch(/Theorem 2 .* none: \S+ > \S+/)
  })

  test('the ICML bound needs full coverage, which one-action agents do not have', async () => {
    const { json } = await planned('two.yaml', { epsilon: '0.1', bound: 'icml' })
    expect((json['theorems'] as Json[])[1]).toMatchObject({
      theorem: 2,
      steps: null,
      leading: null,
      missing: [expect.stringContaining('mu_min is 0')],
    })
  })

  test('constants scale what is asked for', async () => {
    const steps = async (cT: string) =>
      ((await planned('two.yaml', { epsilon: '0.1', cT })).json['theorems'] as { steps: number }[])[2]?.steps
    expect(((await steps('10')) as number) / ((await steps('1')) as number)).toBeGreaterThan(10)
  })

  test('from logs gives leading terms, and says what it cannot compute', async () => {
    const { json, text } = await planned('logs.yaml', { epsilon: '0.1' })
    expect((json['theorems'] as Json[])[2]).toMatchObject({ steps: null })
    expect(text).toContain('mixing times, and what depends on them, need a model')
    expect(text).toContain('epsilon was divided by 2')
  })

  test.each([
    [{}, '--epsilon: expected a number in (0, 10], got none'],
    [{ epsilon: '11' }, '--epsilon: expected a number in (0, 10], got 11'],
    [{ epsilon: 'x' }, '--epsilon: expected a number in (0, 10], got x'],
    [{ epsilon: '1', delta: '1' }, '--delta: expected a number in (0, 1), got 1'],
    [{ epsilon: '1', cT: '0' }, '--c-t: expected a finite number above 0, got 0'],
    [{ epsilon: '1', bound: 'aaai' }, '--bound: expected jmlr or icml, got aaai'],
  ])('refuses %j', async (flags, message) => {
    await expect(planned('two.yaml', flags)).rejects.toThrow(message)
  })
})
