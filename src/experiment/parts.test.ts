import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { writeAtomically } from './disk.ts'
import { parseExperiment } from './parse.ts'
import { isDone, mergedRows, modelPath, writeProduct } from './parts.ts'
import { encodeProduct, trialsOf, type Account, type Trial } from './trial.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-parts-'))
afterAll(() => rm(root, { recursive: true }))

const parsed = parseExperiment(
  `name: a
environment: { family: chain, states: 2, discount: 0.5 }
algorithm: { name: q-learning, stepSize: 0.5, steps: 10 }
`,
  { folder: '/' },
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
const [trial] = [...trialsOf(parsed.value)] as [Trial]
const product = encodeProduct(trial, {
  rows: [{ variant: 'default', seed: 1, round: 0, step: 10, metric: 'error', value: 0.25 }],
  tensors: { q: { shape: [1, 2], data: Float64Array.of(1, 2) } },
  notes: ['a note'],
  agentSteps: 10,
  bound: 0,
  kernelCpuSeconds: 0,
})

let folder = ''
const part = (): string => join(folder, 'parts', 'default', '1.part')
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'x'))
  await writeProduct(folder, trial, product, writeAtomically)
})

test('what was written is done, and gives its rows and its account back', async () => {
  expect(await isDone(folder, trial)).toBe(true)
  const accounts: Account[] = []
  let rows = ''
  for await (const chunk of mergedRows(folder, [trial], (account) => accounts.push(account)))
    rows += new TextDecoder().decode(chunk)
  expect(rows).toBe('variant,seed,round,step,metric,value\ndefault,1,0,10,error,0.25\n')
  expect(accounts).toMatchObject([{ final: { error: 0.25 }, notes: ['a note'], agentSteps: 10 }])
})

test.each([0, 65, 80, -1])('a part with another byte at %d is not done', async (at) => {
  const bytes = await readFile(part())
  const place = at < 0 ? bytes.length + at : at
  bytes[place] = (bytes[place] ?? 0) ^ 1
  await writeFile(part(), bytes)
  expect(await isDone(folder, trial)).toBe(false)
})

test.each([
  ['part', part],
  ['model', () => modelPath(folder, trial)],
])('without its %s, or with a folder in its place, a trial is not done', async (_, path) => {
  await rm(path())
  expect(await isDone(folder, trial)).toBe(false)
  await mkdir(path())
  expect(await isDone(folder, trial)).toBe(false)
})
