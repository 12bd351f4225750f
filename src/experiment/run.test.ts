import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { writeAtomically, type Writer } from './disk.ts'
import { InputError, Interrupted, RunError } from './errors.ts'
import { inProcess } from './executor/in-process.ts'
import { parseExperiment } from './parse.ts'
import type { Experiment } from './experiment.ts'
import type { Progress } from './progress.ts'
import { lock } from './lock.ts'
import { resume, run } from './run.ts'
import { decodeSafetensors } from './safetensors.ts'
import type { CarryOut } from './executor.ts'
import { trialsIn } from './batch.ts'
import { stepsOf, type Outcome, type Trial } from './trial.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-run-'))
afterAll(() => rm(root, { recursive: true }))

let folders = 0
const newFolder = (): string => join(root, String(++folders))

const TEXT = `
name: small
environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 3, behavior: uniform }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.5, syncPeriod: 5, steps: 20, initial: 0 }
seeds: 3
evaluate: { every: 10, metrics: [error, rounds] }
vary: { algorithm.averaging: [equal, importance] }
`

function parsed(text: string): Experiment {
  const result = parseExperiment(text, { folder: root })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}

const experiment = parsed(TEXT)

/** Two rows of each metric, values that tell the trial. */
const outcomeOf = (trial: Trial): Outcome => {
  const { variant, seed } = trial
  const base = seed + (variant.includes('importance') ? 100 : 0)
  const row = { variant, seed }
  return {
    rows: [10, 20].flatMap((step) => [
      { ...row, round: step / 5, step, metric: 'error', value: base / step },
      { ...row, round: step / 5, step, metric: 'rounds', value: step / 5 },
    ]),
    tensors: { q: { shape: [2, 2], data: Float64Array.of(base, 1, 2, 0.1) } },
    notes: seed === 1 ? ['first seed'] : [],
    agentSteps: stepsOf(trial),
    bound: 1e-12 * seed,
    kernelCpuSeconds: 0,
  }
}

const carryOut: CarryOut = async (batch, { onProgress }) => {
  onProgress?.(30)
  return trialsIn(batch).map(outcomeOf)
}

const executor = inProcess(carryOut)

/** Every file below a folder with its bytes. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const read = files
    .toSorted()
    .map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'base64')] as const)
  return Object.fromEntries(await Promise.all(read))
}

const whole = newFolder()
const finished = await run(experiment, { out: whole, executor })

test('a finished run leaves its rows in the order of variants and seeds, and nothing of its making', async () => {
  const lines = (await readFile(join(whole, 'rows.csv'), 'utf8')).split('\n')
  expect(lines.slice(0, 4)).toEqual([
    'variant,seed,round,step,metric,value',
    'averaging=equal,1,2,10,error,0.1',
    'averaging=equal,1,2,10,rounds,2',
    'averaging=equal,1,4,20,error,0.05',
  ])
  expect(lines).toHaveLength(1 + 2 * 3 * 4 + 1)
  expect(lines[13]).toBe('averaging=importance,1,2,10,error,10.1')
  const names = await readdir(whole)
  expect(names).toEqual(
    expect.arrayContaining([
      'experiment.yaml',
      'models',
      'report.html',
      'rows.csv',
      'run.json',
      'summary.json',
    ]),
  )
  expect(names).not.toEqual(expect.arrayContaining(['parts']))
  expect(names).not.toEqual(expect.arrayContaining(['lock']))
})

test('the model of a trial is its table', async () => {
  const model = decodeSafetensors(
    await readFile(join(whole, 'models', 'averaging=importance', '2.safetensors')),
  )
  expect(model).toEqual({
    ok: true,
    value: {
      tensors: { q: { shape: [2, 2], data: Float64Array.of(102, 1, 2, 0.1) } },
      metadata: { format: '1', algorithm: 'fed-asyn-q', variant: 'averaging=importance', seed: '2' },
    },
  })
})

test('the summary holds the last value of each metric over seeds, and says what made it', async () => {
  const { summary } = finished
  expect(JSON.parse(await readFile(join(whole, 'summary.json'), 'utf8'))).toEqual(summary)
  expect(summary).toMatchObject({ name: 'small', seeds: [1, 2, 3], agentSteps: 2 * 3 * 60 })
  expect(summary.experiment).toMatch(/^[0-9a-f]{64}$/)
  // the two-state problem has random probabilities, which no table of 32-bit words meets exactly
  expect(summary.samplingDifference).toBeGreaterThan(0)
  expect(summary.samplingDifference).toBeLessThan(1e-9)
  const [equal, importance] = summary.variants
  expect(equal).toMatchObject({
    name: 'averaging=equal',
    assignment: { 'algorithm.averaging': 'equal' },
    notes: ['first seed'],
  })
  expect(equal?.metrics).toMatchObject({
    error: { mean: expect.closeTo(0.1, 12) as number, median: 0.1, n: 3 },
    rounds: { mean: 4, low: 4, high: 4 },
  })
  expect(importance?.settings.algorithm).toMatchObject({ averaging: 'importance' })
})

test('with one seed, low = high = mean', async () => {
  const { summary } = await run({ ...experiment, seeds: [5] }, { out: newFolder(), executor })
  expect(summary.variants[0]?.metrics['error']).toEqual({
    mean: 0.25,
    median: 0.25,
    low: 0.25,
    high: 0.25,
    n: 1,
  })
})

test('progress ends where all is done', async () => {
  const heard: Progress[] = []
  await run(experiment, { out: newFolder(), executor, onProgress: (progress) => heard.push(progress) })
  expect(heard[0]).toEqual({ trials: 6, trialsDone: 0, steps: 360, stepsDone: 0, stepsBefore: 0 })
  expect(heard[1]).toMatchObject({ trialsDone: 0, stepsDone: 30 })
  expect(heard.at(-1)).toEqual({ trials: 6, trialsDone: 6, steps: 360, stepsDone: 360, stepsBefore: 0 })
})

/** Fails at the n-th write as a full disk does. */
function fullDisk(after: number): Writer {
  let writes = 0
  return async (path, chunks) => {
    if (++writes > after)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        errno: -28,
        syscall: 'write',
      })
    await writeAtomically(path, chunks)
  }
}

// experiment.yaml, run.json, six trials of two files each, rows.csv, and the first files of the report
test.each([2, 3, 4, 9, 14, 15, 16])(
  'a disk that is full after %d files stops the run, and it is resumed to the same bytes',
  async (after) => {
    const out = newFolder()
    const failed = run(experiment, { out, executor, write: fullDisk(after) })
    await expect(failed).rejects.toThrow(RunError)
    await expect(failed).rejects.toThrow(
      /no space left on the device \(ENOSPC\)\n\d of 6 trials are kept; to finish: fedrl run --resume /,
    )
    const { trials } = await resume(out, { executor })
    expect(trials).toBe(6 - Math.min(6, Math.floor((after - 2) / 2)))
    expect(await contents(out)).toEqual(await contents(whole))
  },
)

test('a disk that is full before the run has begun leaves nothing behind', async () => {
  const out = newFolder()
  await expect(run(experiment, { out, executor, write: fullDisk(1) })).rejects.toThrow(RunError)
  await expect(readdir(out)).rejects.toThrow('ENOENT')
})

test('a run that is stopped keeps what is finished, says how to go on, and goes on', async () => {
  const out = newFolder()
  const controller = new AbortController()
  const stopped = run(experiment, {
    out,
    executor,
    signal: controller.signal,
    onProgress: ({ trialsDone }) => trialsDone === 4 && controller.abort(),
  })
  await expect(stopped).rejects.toThrow(Interrupted)
  await expect(stopped).rejects.toThrow(`4 of 6 trials are kept; to finish: fedrl run --resume ${out}`)
  expect((await resume(out, { executor })).trials).toBe(2)
  expect(await contents(out)).toEqual(await contents(whole))
})

test('a finished run is not carried out again', async () => {
  const before = await contents(whole)
  const result = await resume(whole, { executor: inProcess(() => Promise.reject(new Error('not again'))) })
  expect(result).toEqual({
    folder: whole,
    summary: finished.summary,
    trials: 0,
    memoryBytes: 0,
    kernelCpuSeconds: 0,
  })
  expect(await contents(whole)).toEqual(before)
})

/** A run of which three trials are done. */
async function half(): Promise<string> {
  const out = newFolder()
  await run(experiment, { out, executor, write: fullDisk(8) }).catch(() => undefined)
  return out
}

test.each([
  ['averaging=equal/1.part', 'parts'],
  ['averaging=equal/2.safetensors', 'models'],
])('a damaged %s is noticed, and its trial is done again', async (name, below) => {
  const out = await half()
  const path = join(out, below, name)
  const bytes = await readFile(path)
  await writeFile(path, bytes.subarray(0, bytes.length - 1))
  expect((await resume(out, { executor })).trials).toBe(4)
  expect(await contents(out)).toEqual(await contents(whole))
})

test.each<[string, (out: string) => Promise<unknown>, string]>([
  [
    'without run.json',
    (out) => rm(join(out, 'run.json')),
    'expected the folder of a run, got one without run.json',
  ],
  [
    'with a damaged run.json',
    (out) => writeFile(join(out, 'run.json'), '{"fedrl":'),
    'run.json: expected what fedrl wrote',
  ],
  [
    'with a changed experiment',
    async (out) =>
      writeFile(
        join(out, 'experiment.yaml'),
        (await readFile(join(out, 'experiment.yaml'), 'utf8')).replace('0.5', '0.25'),
      ),
    'cannot be resumed: its experiment.yaml was changed',
  ],
  [
    'of another version',
    async (out) =>
      writeFile(
        join(out, 'run.json'),
        (await readFile(join(out, 'run.json'), 'utf8')).replace(/"fedrl": ".*"/, '"fedrl": "0.0.1"'),
      ),
    'cannot be resumed: it was begun by fedrl 0.0.1',
  ],
  ['that is being written', (out) => lock(out), `process ${process.pid} is writing this run`],
])('a run %s is not resumed', async (_, change, message) => {
  const out = await half()
  await change(out)
  const resumed = resume(out, { executor })
  await expect(resumed).rejects.toThrow(InputError)
  await expect(resumed).rejects.toThrow(message)
})

test.each([
  ['missing', async () => newFolder(), 'got no such folder'],
  ['without a run', async () => root, 'got one without run.json'],
])('a folder that is %s is not resumed', async (_, make, message) => {
  await expect(resume(await make(), { executor })).rejects.toThrow(message)
})

test('the lock of a dead process is void', async () => {
  const out = await half()
  await writeFile(join(out, 'lock'), JSON.stringify({ pid: 2 ** 22 + 1, started: '' }))
  await resume(out, { executor })
  expect(await contents(out)).toEqual(await contents(whole))
})

test('two runs at once do not write one folder', async () => {
  const out = await half()
  const both = await Promise.allSettled([resume(out, { executor }), resume(out, { executor })])
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(await contents(out)).toEqual(await contents(whole))
})

test('a folder that is not empty is refused, and left as it is', async () => {
  const out = newFolder()
  await mkdir(out)
  await writeFile(join(out, 'experiment.yaml'), TEXT)
  await expect(run(experiment, { out, executor })).rejects.toThrow(
    `--out: expected an empty folder, got ${out} with 1 entries`,
  )
  await expect(run(experiment, { out: whole, executor })).rejects.toThrow(
    `which holds a run; to finish it: fedrl run --resume ${whole}`,
  )
  expect(await readdir(out)).toEqual(['experiment.yaml'])
})

test('a folder that was left before its run began is taken', async () => {
  const out = newFolder()
  await mkdir(out)
  await writeFile(join(out, 'lock'), '')
  await writeFile(join(out, 'experiment.yaml'), 'half')
  await expect(resume(out, { executor })).rejects.toThrow('stopped before it began')
  await run(experiment, { out, executor })
  expect(await contents(out)).toEqual(await contents(whole))
})

test('a folder that cannot be written is the fault of --out', async () => {
  const file = newFolder()
  await writeFile(file, '')
  const failed = run(experiment, { out: join(file, 'run'), executor })
  await expect(failed).rejects.toThrow(InputError)
  await expect(failed).rejects.toThrow('--out: expected a folder that can be written')
})

test('input that turns out wrong leaves nothing behind', async () => {
  const out = newFolder()
  const wrong = inProcess(() => Promise.reject(new InputError('a.csv', 'line 3: expected a number')))
  await expect(run(experiment, { out, executor: wrong })).rejects.toThrow('a.csv: line 3')
  await expect(readdir(out)).rejects.toThrow('ENOENT')
})

test('without --out, runs get folders of their own', async () => {
  const before = process.cwd()
  process.chdir(root)
  try {
    const results = await Promise.all([1, 2, 3].map(() => run(experiment, { executor })))
    const paths = results.map(({ folder }) => folder)
    expect(new Set(paths).size).toBe(3)
    for (const path of paths) expect(path).toMatch(/\/runs\/small\/\d{8}-\d{6}(-\d+)?$/)
  } finally {
    process.chdir(before)
  }
})
