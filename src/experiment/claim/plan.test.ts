import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Part } from '../claim.ts'
import { planPart } from './plan.ts'

const FILE = `
name: plan
environment: { family: two-state, actions: 2, discount: 0.5 }
agents: { count: 2 }
algorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 5, steps: 10 }
seeds: 7
vary: { algorithm.averaging: [equal, importance] }
`

function folderWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-plan-'))
  writeFileSync(join(folder, 'experiment.yaml'), text)
  return folder
}

const part: Part = { name: 'p', file: 'experiment.yaml', quickSeeds: 3 }
const drawn: Part = { ...part, draws: { full: 4, quick: 2, trajectories: 5 } }

it('a full run takes the seeds of the file, a quick one fewer', async () => {
  const folder = folderWith(FILE)
  expect((await planPart(part, folder, false)).experiment.seeds).toHaveLength(7)
  expect((await planPart(part, folder, true)).experiment.seeds).toEqual([1, 2, 3])
})

it('a frozen draw fixes the problem and the first tables, not the trajectories', async () => {
  const { experiment } = await planPart(drawn, folderWith(FILE), false)
  expect(experiment.seeds).toEqual([1, 2, 3, 4, 5])
  expect(experiment.variants.map(({ name }) => name)).toHaveLength(8)
  const draws = experiment.variants.map(({ settings: { environment, algorithm } }) => [
    environment,
    algorithm,
  ])
  for (const [i, [environment, algorithm]] of draws.entries()) {
    expect(environment).toMatchObject({ seed: (i % 4) + 1 })
    expect(algorithm).toMatchObject({ initialSeed: (i % 4) + 1, averaging: i < 4 ? 'equal' : 'importance' })
  }
  expect((await planPart(drawn, folderWith(FILE), true)).experiment.variants).toHaveLength(4)
})

it('refuses to freeze what is not drawn', async () => {
  const lake = FILE.replace('family: two-state, actions: 2', 'family: frozen-lake')
  await expect(planPart(drawn, folderWith(lake), false)).rejects.toThrow(
    'expected a problem that is drawn at random',
  )
})
