import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { InputError } from '../experiment/errors.ts'
import { loadExperiment } from '../experiment/load.ts'
import { experimentJsonSchema } from '../experiment/schema.ts'
import type { Io } from './io.ts'
import { createProject } from './new.ts'

const home = process.cwd()
let folder = ''
let printed: { document: unknown; text: string }[] = []
const io: Io = {
  json: false,
  interactive: false,
  signal: new AbortController().signal,
  result: (document, text) => {
    printed.push({ document, text: text() })
  },
  note: () => {},
}

beforeEach(async () => {
  printed = []
  folder = await mkdtemp(join(tmpdir(), 'fedrl-new-'))
  process.chdir(folder)
})
afterEach(async () => {
  process.chdir(home)
  await rm(folder, { recursive: true })
})

it('writes an experiment that parses', async () => {
  await createProject('ward', {}, io)
  const experiment = await loadExperiment('ward/experiment.yaml')
  expect(experiment.name).toBe('ward')
  expect(experiment.variants.map((variant) => variant.name)).toEqual([
    'averaging=equal',
    'averaging=importance',
  ])
  expect(printed[0]?.document).toMatchObject({
    files: ['experiment.yaml', 'experiment.schema.json', 'README.md', '.gitignore'],
  })
})

it('accepts every name that it allows, also those that YAML reads as other things', async () => {
  for (const name of ['1e3', 'null', 'true', '0x10', '2026-01-01']) {
    await createProject(name, {}, io)
    expect((await loadExperiment(`${name}/experiment.yaml`)).name).toBe(name)
  }
})

it('points editors at a schema beside it', async () => {
  await createProject('ward', {}, io)
  const first = (await readFile('ward/experiment.yaml', 'utf8')).split('\n', 1)[0]
  expect(first).toBe('# yaml-language-server: $schema=./experiment.schema.json')
  expect(JSON.parse(await readFile('ward/experiment.schema.json', 'utf8'))).toEqual(experimentJsonSchema())
})

it('has a README whose flags fit its experiment', async () => {
  await createProject('ward', {}, io)
  const readme = await readFile('ward/README.md', 'utf8')
  const sets = [...readme.matchAll(/--set (\S+) --seeds (\S+)/g)].map(([, set = '', seeds = '']) => ({
    set: [set],
    seeds,
  }))
  expect(sets).toHaveLength(1)
  for (const options of sets)
    await expect(loadExperiment('ward/experiment.yaml', options)).resolves.toBeDefined()
})

it('takes an empty folder and leaves others as they are', async () => {
  await mkdir('empty')
  await createProject('empty', {}, io)
  await mkdir('full')
  await writeFile('full/notes', 'mine')
  await expect(createProject('full', {}, io)).rejects.toThrow(
    new InputError('full', 'expected a new or an empty folder, got one with files'),
  )
  expect(await readdir('full')).toEqual(['notes'])
  await writeFile('plain', '')
  await expect(createProject('plain', {}, io)).rejects.toThrow('got plain: a file is in the way')
})

it.each(['', '..', '../up', 'a/b', '-x', 'a b', 'x'.repeat(101)])('refuses the name %j', async (name) => {
  await expect(createProject(name, {}, io)).rejects.toThrow(InputError)
  expect(await readdir('.')).toEqual([])
})
