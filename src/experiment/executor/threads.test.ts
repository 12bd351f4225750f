import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { InputError, RunError } from '../errors.ts'
import type { Settings } from '../experiment.ts'
import type { Batch } from '../batch.ts'
import type { Product } from '../trial.ts'
import { poolOf, threaded } from './threads.ts'

const folder = await mkdtemp(join(tmpdir(), 'fedrl-threads-'))
afterAll(() => rm(folder, { recursive: true }))

// A worker that does as the seed says, in JavaScript, so that a thread can load it as it is.
const entry = pathToFileURL(join(folder, 'worker.mjs'))
await writeFile(
  entry,
  `import { parentPort, threadId, workerData } from 'node:worker_threads'
   const fail = (failure) => parentPort.postMessage({ kind: 'failed', failure: { message: '', stack: 'Error: at x', file: '', issues: [], ...failure } })
   parentPort.on('message', ({ batch: { variants: [{ name: variant }], seeds: [seed] }, keep }) => {
     if (variant === 'exit') process.exit(3)
     if (variant === 'die later') return parentPort.postMessage({ kind: 'finished', kept: [0] }), setTimeout(() => process.exit(0), 20)
     if (variant === 'who') return parentPort.postMessage({ kind: 'finished', kept: [[threadId, keep]] })
     if (variant === 'throw') throw new TypeError('boom')
     if (variant === 'hang') for (;;);
     if (variant === 'input') return fail({ kind: 'input', file: 'a.csv', issues: [{ path: [], message: 'bad', line: 3 }] })
     if (variant === 'bug') return fail({ kind: 'bug', message: 'oops' })
     parentPort.postMessage({ kind: 'progress', agentSteps: seed })
     const part = Uint8Array.of(seed), model = new TextEncoder().encode(workerData.folder)
     setTimeout(() => parentPort.postMessage({ kind: 'finished', kept: [{ part, model }] }, [part.buffer, model.buffer]), 20 - seed)
   })`,
)

const trial = (name: string, seed: number): Batch => ({
  variants: [{ name, settings: {} as Settings }],
  seeds: [seed],
})
const easy = Array.from({ length: 12 }, (_, seed) => trial('easy', seed))

/** What was kept, and how it ended. The work is aborted once `most` trials are kept. */
async function carryOut(trials: readonly Batch[], threads: number, most = Infinity) {
  const controller = new AbortController()
  const kept = new Map<number, Product>()
  const heard: string[] = []
  const error: unknown = await threaded(threads, entry, { folder: '/somewhere' })
    .execute(trials, {
      signal: controller.signal,
      onProgress: ({ seeds }, agentSteps) => heard.push(`${seeds[0]}: ${agentSteps}`),
      onFinished: async ({ seed }, product) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        kept.set(seed, product)
        if (kept.size === most) controller.abort('enough')
      },
    })
    .catch((thrown: unknown) => thrown)
  return { kept, heard, error }
}

test.each([1, 2, 5])('%d threads carry out every trial once', async (threads) => {
  const { kept, heard, error } = await carryOut(easy, threads)
  expect(error).toBeUndefined()
  expect([...kept.keys()].toSorted((a, b) => a - b)).toEqual(easy.map(({ seeds }) => seeds[0]))
  for (const [seed, { part, model }] of kept)
    expect([...part, new TextDecoder().decode(model)]).toEqual([seed, '/somewhere'])
  expect(heard).toContain('7: 7')
})

test.each([
  ['exit', 'the worker thread died: exit code 3'],
  ['throw', 'the worker thread died: boom'],
])(
  'a worker that dies (%s) is told by variant and seed, and what others finished is kept',
  async (variant, message) => {
    // what comes after hangs, so that the other thread cannot run out of work before the death is noticed
    const after = [trial('hang', 100), trial('hang', 101)]
    const { kept, error } = await carryOut([...easy.slice(0, 6), trial(variant, 99), ...after], 2)
    expect(error).toBeInstanceOf(RunError)
    expect((error as Error).message).toContain(`variant ${variant}, seed 99: ${message}`)
    // the other thread may have been at the sixth
    expect([5, 6]).toContain(kept.size)
  },
)

test('the fault of an input crosses threads as it was', async () => {
  const { error } = await carryOut([trial('input', 1)], 1)
  expect(error).toBeInstanceOf(InputError)
  expect((error as Error).message).toBe('a.csv:3: bad')
})

test('a bug names its trial and keeps its stack', async () => {
  const { error } = await carryOut([trial('bug', 4)], 1)
  expect(error).toMatchObject({ message: 'oops', stack: 'variant bug, seed 4: Error: at x' })
})

test('an abort ends workers that listen to nothing, at once', async () => {
  const { kept, error } = await carryOut(
    [...easy.slice(0, 2), trial('hang', 1), trial('hang', 2), ...easy],
    2,
    2,
  )
  expect(error).toBe('enough')
  expect(kept.size).toBe(2)
})

test('a product that cannot be kept stops the work', async () => {
  let finished = 0
  const failed = threaded(2, entry, { folder: '' }).execute(easy, {
    onFinished: () => {
      finished++
      return Promise.reject(new RunError('full'))
    },
  })
  await expect(failed).rejects.toThrow('full')
  expect(finished).toBeLessThan(6)
})

test('the threads of a pool stay, until they die or it is closed', async () => {
  const pool = poolOf(1, entry, { folder: '' })
  const ask = async (variant: string): Promise<unknown> => {
    let heard: unknown
    await pool.executor('rows').execute([trial(variant, 1)], {
      onFinished: async (_, kept) => {
        heard = kept
        await Promise.resolve()
      },
    })
    return heard
  }
  const [first] = (await ask('who')) as [number, string]
  expect(await ask('who')).toEqual([first, 'rows'])
  await ask('die later')
  await new Promise((resolve) => setTimeout(resolve, 200))
  const [second] = (await ask('who')) as [number, string]
  expect(second).not.toBe(first)
  await expect(ask('bug')).rejects.toThrow('oops')
  const [third] = (await ask('who')) as [number, string]
  expect([first, second]).not.toContain(third)
  await pool.close()
})
