/** The commands that make runs and look at them, one after the other on the same folder. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeAtomically, type Writer } from '../experiment/disk.ts'
import { InputError } from '../experiment/errors.ts'
import { loadExperiment } from '../experiment/load.ts'
import { run as runExperiment } from '../experiment/run.ts'
import { exportRun } from './export.ts'
import { list } from './list.ts'
import { parseThreads, run, type RunFlags } from './run.ts'
import { show } from './show.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-runs-'))
afterAll(() => rm(root, { recursive: true }))

const FILE = join(root, 'experiment.yaml')
await writeFile(
  FILE,
  `
name: ward
environment: { family: chain, states: 3, discount: 0.9 }
agents: { count: 2, behavior: uniform }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.5, syncPeriod: 7, steps: 20 }
seeds: 2
evaluate: { every: 5, metrics: [error] }
vary: { algorithm.averaging: [equal, importance] }
`,
)

/** What a command prints: a document and the same as text. */
async function printed(
  command: (io: Parameters<typeof run>[2]) => Promise<void>,
): Promise<{ document: unknown; text: string }> {
  let result = { document: undefined as unknown, text: '' }
  await command({
    json: false,
    interactive: false,
    signal: new AbortController().signal,
    result: (document, text) =>
      (result = { document: JSON.parse(JSON.stringify(document)) as unknown, text: text() }),
    note: () => undefined,
  })
  return result
}

const runs = join(root, 'runs')
const done = join(runs, 'ward', 'done')
const half = join(runs, 'half')
const ran = await printed((io) => run(FILE, { out: done, threads: '1' }, io))

/** Fails once three trials are written. */
const fullDisk: Writer = async (path, chunks) => {
  if (path.endsWith('rows.csv') || path.endsWith('importance/2.part'))
    throw Object.assign(new Error('no'), { code: 'ENOSPC', syscall: 'write' })
  await writeAtomically(path, chunks)
}
await runExperiment(await loadExperiment(FILE), { out: half, write: fullDisk }).catch(() => undefined)

test('run gives the run folder, every variant with its metrics, and what it cost', () => {
  const interval = {
    mean: expect.any(Number) as number,
    low: expect.any(Number) as number,
    high: expect.any(Number) as number,
    n: 2,
  }
  expect(ran.document).toMatchObject({
    run: done,
    seeds: [1, 2],
    agentSteps: 2 * 2 * 2 * 20,
    trials: 4,
    variants: [
      { name: 'averaging=equal', metrics: { error: interval } },
      { name: 'averaging=importance', settings: { algorithm: { averaging: 'importance' } } },
    ],
  })
  expect(ran.text).toMatch(/^error/)
  expect(ran.text).toMatch(/\naveraging=equal +\d/)
  expect(ran.text).toContain('note: The last round has 6 steps')
  expect(ran.text).toContain('2 seeds; mean and 95 % interval over seeds at the last step')
  expect(ran.text.endsWith(`report: ${join(done, 'report.html')}`)).toBe(true)
})

test('run of one seed speaks of no mean, and one step is one step', async () => {
  const flags = { out: join(runs, '..', 'single'), threads: '1', seeds: '1', set: ['algorithm.steps=15'] }
  const { text } = await printed((io) => run(FILE, flags, io))
  expect(text).toContain('\n1 seed; values at the last step\n')
  expect(text).toContain('note: The last round has 1 step: 15 steps are no multiple of the sync period 7.')
})

test('run names the file whose settings do not fit the problem', async () => {
  const flags = { out: join(root, 'unfit'), set: ['agents.behavior={ region: [[0, 7]] }'] }
  await expect(printed((io) => run(FILE, flags, io))).rejects.toThrow(
    `${FILE}: agents.behavior.region.0.1: expected a state in 0..2, got 7`,
  )
})

test('list tells finished runs from unfinished ones', async () => {
  const { document, text } = await printed((io) => list({ dir: runs }, io))
  const common = { name: 'ward', variants: 2, seeds: 2 }
  expect(document).toMatchObject({
    runs: [
      { ...common, run: half, id: 'half', finished: false, trials: 3 },
      { ...common, run: done, id: 'done', finished: true, trials: 4 },
    ],
  })
  expect(text).toContain('unfinished (3 of 4)')
})

test('list of an empty folder, and of none', async () => {
  expect((await printed((io) => list({ dir: join(done, 'figures') }, io))).text).toContain('no runs in')
  await expect(printed((io) => list({ dir: join(root, 'nowhere') }, io))).rejects.toThrow(
    '--dir: expected a folder of runs',
  )
})

test('show prints results, or how to get them', async () => {
  const finished = await printed((io) => show(done, {}, io))
  expect(finished.document).toMatchObject({ run: done, finished: true, trials: 4, of: 4, variants: [{}, {}] })
  expect(finished.text).toContain('averaging=importance')
  const unfinished = await printed((io) => show(half, {}, io))
  expect(unfinished.document).toMatchObject({ finished: false, trials: 3, of: 4 })
  expect(unfinished.text).toContain(
    `unfinished: 3 of 4 trials are done; to finish: fedrl run --resume ${half}`,
  )
  await expect(printed((io) => show(root, {}, io))).rejects.toThrow('got one without run.json')
})

test('export takes the format from the file name or from the flag', async () => {
  const csv = join(root, 'rows.csv')
  expect((await printed((io) => exportRun(done, { out: csv }, io))).document).toEqual({
    run: done,
    format: 'csv',
    file: csv,
  })
  expect(await readFile(csv)).toEqual(await readFile(join(done, 'rows.csv')))
  await printed((io) => exportRun(done, { out: join(root, 'data'), format: 'parquet' }, io))
  expect((await readFile(join(root, 'data'))).subarray(0, 4).toString()).toBe('PAR1')
})

test.each([
  [
    { out: 'x.xls' },
    '--format: expected one of csv, parquet, npz, safetensors, got none, and x.xls does not end',
  ],
  [{ out: 'x.csv', format: 'tsv' }, 'safetensors, got tsv'],
  [{}, '--out: expected the file to write, got none'],
  [{ out: join(FILE, 'x.csv') }, '--out: expected a file that can be written'],
])('export with %j is refused', async (flags, message) => {
  const refused = printed((io) => exportRun(done, flags, io))
  await expect(refused).rejects.toThrow(InputError)
  await expect(refused).rejects.toThrow(message)
})

test('an unfinished run is not exported', async () => {
  await expect(printed((io) => exportRun(half, { out: join(root, 'half.csv') }, io))).rejects.toThrow(
    `to finish it: fedrl run --resume ${half}`,
  )
  expect(await readdir(root)).not.toContain('half.csv')
})

test.each<[string | undefined, RunFlags, string]>([
  [undefined, {}, 'fedrl run: expected an experiment file, or --resume DIR'],
  [
    FILE,
    { resume: half },
    '--resume: expected a run folder and nothing that could change the run, got FILE too',
  ],
  [undefined, { resume: half, seeds: '3' }, 'got --seeds too'],
  [FILE, { threads: '1.5' }, '--threads: expected an integer in [1, 1024], got 1.5'],
])('run %s with %j is refused', async (file, flags, message) => {
  const refused = printed((io) => run(file, flags, io))
  await expect(refused).rejects.toThrow(InputError)
  await expect(refused).rejects.toThrow(message)
})

test('a file that is wrong is told before anything is written', async () => {
  const log = join(root, 'log.csv')
  await writeFile(log, 'state,action,reward,next_state,terminated\n0,0,1,0,0\n0,x,1,0,0\n')
  const file = join(root, 'logs.yaml')
  await writeFile(
    file,
    (await readFile(FILE, 'utf8')).replace('{ count: 2, behavior: uniform }', '{ logs: [log.csv] }'),
  )
  const refused = printed((io) => run(file, { out: join(root, 'never') }, io))
  await expect(refused).rejects.toThrow(InputError)
  await expect(refused).rejects.toThrow(`${log}:3:3: action: expected an integer`)
  expect(await readdir(root)).not.toContain('never')
})

test('threads are whole numbers', () => {
  expect([undefined, '1', '1024'].map(parseThreads)).toEqual([undefined, 1, 1024])
  for (const text of ['0', '1025', '-1', 'two', '', '1e1'])
    expect(() => parseThreads(text)).toThrow(InputError)
})

test('what was half done is finished, and then there is nothing to do', async () => {
  expect((await printed((io) => run(undefined, { resume: half }, io))).document).toMatchObject({
    run: half,
    trials: 1,
  })
  const again = await printed((io) => run(undefined, { resume: half }, io))
  expect(again.document).toMatchObject({ trials: 0 })
  expect(again.text).toContain(`${half} was finished already: nothing to do.`)
  expect(await readFile(join(half, 'rows.csv'))).toEqual(await readFile(join(done, 'rows.csv')))
})
