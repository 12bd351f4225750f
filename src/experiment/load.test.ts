import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { InputError } from './errors.ts'
import { loadExperiment } from './load.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedrl-load-'))
})
afterAll(async () => rm(folder, { recursive: true }))

const valid =
  'name: a\nenvironment: { mdp: ./w.mdp.json }\nalgorithm: { name: q-learning, stepSize: 0.1, steps: 10 }\n'

async function fault(path: string): Promise<string> {
  const error: unknown = await loadExperiment(path).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(InputError)
  return (error as InputError).message
}

it('takes relative paths from the folder of the file', async () => {
  await writeFile(join(folder, 'good.yaml'), `\ufeff${valid}`)
  const experiment = await loadExperiment(join(folder, 'good.yaml'), { seeds: '2' })
  expect(experiment.folder).toBe(folder)
  expect(experiment.seeds).toEqual([1, 2])
  expect(experiment.variants[0]?.settings.environment).toEqual({ mdp: join(folder, 'w.mdp.json') })
})

it('tells what is wrong by the name that was given', async () => {
  const bad = join(folder, 'bad.yaml')
  await writeFile(bad, valid.replace('0.1', '1'))
  expect(await fault(bad)).toMatch(
    new RegExp(`^${bad}:3:32: algorithm.stepSize: expected a number in \\(0, 1\\), got 1`),
  )
  expect(await fault(join(folder, 'none.yaml'))).toBe(`${join(folder, 'none.yaml')}: no such file`)
  expect(await fault(join(bad, 'below.yaml'))).toContain('a part of the path is a file')
  await mkdir(join(folder, 'sub'))
  expect(await fault(join(folder, 'sub'))).toContain('expected a file, got a folder')
})

it('refuses a large file by its size, and bytes that are no text', async () => {
  const large = join(folder, 'large.yaml')
  await writeFile(large, '')
  await truncate(large, 100_000_000)
  expect(await fault(large)).toBe(`${large}: expected at most 10.0 MB, got 100.0 MB`)
  const junk = join(folder, 'junk.yaml')
  await writeFile(junk, Uint8Array.of(0xff, 0xfe, 0x80))
  expect(await fault(junk)).toBe(`${junk}: expected text in UTF-8, got other bytes`)
  await writeFile(junk, Uint8Array.of(0x61, 0, 0x62))
  expect(await fault(junk)).toBe(`${junk}: expected YAML text, got binary data`)
})

it('names an experiment that states no name after its file', async () => {
  const named = async (file: string): Promise<string> => {
    await writeFile(join(folder, file), valid.replace('name: a\n', ''))
    return (await loadExperiment(join(folder, file))).name
  }
  expect(await named('ward.v2.yaml')).toBe('ward.v2')
  expect(await named('-odd.yaml')).toBe('experiment')
})
