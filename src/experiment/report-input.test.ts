import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseExperiment } from './parse.ts'
import { reportInputOf } from './report-input.ts'
import { ROWS_HEADER } from './rows-csv.ts'
import { EXPERIMENT, ROWS } from './run-folder.ts'

const folder = await mkdtemp(join(tmpdir(), 'fedrl-report-input-'))
afterAll(() => rm(folder, { recursive: true }))
await writeFile(join(folder, ROWS), `${ROWS_HEADER}\n`)
await writeFile(join(folder, EXPERIMENT), 'name: x\n')

const states = Array.from({ length: 10 }, (_, state) => state)
await writeFile(
  join(folder, 'ring.mdp.json'),
  JSON.stringify({
    states: 10,
    actions: 10,
    discount: 0.9,
    transitions: states.flatMap((state) =>
      states.flatMap((action) => [
        [state, action, (state + 1) % 10, 0.5, 0],
        [state, action, state, 0.5, 1],
      ]),
    ),
  }),
)

/** The report's variants of an experiment of one seed, as if it had been run. */
async function variantsOf(environment: string, agents: number, behaviors: string) {
  const text = `
name: x
environment: ${environment}
agents: { count: ${agents}, behavior: uniform }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.5, syncPeriod: 5, steps: 20 }
seeds: 1
evaluate: { metrics: [error] }
vary: { agents.behavior: ${behaviors} }
`
  const parsed = parseExperiment(text, { folder })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const experiment = parsed.value
  const variants = experiment.variants.map((variant) => ({ ...variant, metrics: {}, notes: ['a note'] }))
  const summary = {
    fedrl: '1',
    name: 'x',
    experiment: '',
    seeds: [1],
    agentSteps: 0,
    samplingDifference: null,
    variants,
  }
  return (await reportInputOf(folder, { experiment, summary, bound: null })).variants
}

const LARGE = expect.stringContaining('Coverage is left out here') as string

test('coverage of 100,000 distinct policies is left to its command, that of one policy is worked out', async () => {
  const family = '{ family: two-state, actions: 20, discount: 0.9 }'
  const [distinct, alike] = await variantsOf(family, 100_000, '[{ dirichlet: 1 }, uniform]')
  expect(distinct).toMatchObject({ coverage: null, advice: null, notes: ['a note', LARGE] })
  expect(alike).toMatchObject({ coverage: { coveredFraction: 1 }, notes: ['a note'] })
  expect(alike?.coverage?.agents).toHaveLength(100_000)
})

test('so it is where only a file tells the size of the problem', async () => {
  const [distinct, alike] = await variantsOf(
    '{ mdp: ./ring.mdp.json }',
    10_001,
    '[{ dirichlet: 1 }, uniform]',
  )
  expect(distinct).toMatchObject({ coverage: null, advice: null, notes: ['a note', LARGE] })
  expect(alike).toMatchObject({ coverage: { coveredFraction: 1 }, notes: ['a note'] })
})
