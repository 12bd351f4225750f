import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, expect, test } from 'vitest'
import { parseNpy, unzipNpz } from '../mdp/npy.ts'
import type { Row } from '../metrics/row.ts'
import type { Chunks } from './disk.ts'
import { exportOf } from './export.ts'
import { parquetOf } from './export/parquet.ts'
import { parseExperiment } from './parse.ts'
import { rowsOf } from './read-rows.ts'
import { run } from './run.ts'
import { decodeSafetensors } from './safetensors.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-export-'))
afterAll(() => rm(root, { recursive: true }))

const parsed = parseExperiment(
  `
name: small
environment: { family: chain, states: 3, discount: 0.9 }
agents: { count: 2, behavior: uniform }
algorithm: { name: q-learning, stepSize: 0.5, steps: 20 }
seeds: [4, 9]
evaluate: { every: 5, metrics: [error, samples] }
vary: { algorithm.stepSize: [0.5, 0.25] }
`,
  { folder: root },
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
const folder = join(root, 'run')
await run(parsed.value, { out: folder })

async function collect(chunks: Chunks): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

async function allRows(): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of rowsOf(folder)) rows.push(...batch)
  return rows
}

const valuesOf = async (variant: string, metric: string): Promise<number[]> =>
  (await allRows())
    .filter((row) => row.variant === variant && row.metric === metric)
    .map(({ value }) => value)

/** A Parquet file's rows, as another library reads them. */
async function readParquet(bytes: Buffer): Promise<Row[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const rows = await parquetReadObjects({ file })
  return rows.map(({ variant, seed, round, step, metric, value }) => ({
    variant: String(variant),
    seed: Number(seed),
    round: Number(round),
    step: Number(step),
    metric: String(metric),
    value: Number(value),
  }))
}

test('CSV is rows.csv', async () => {
  expect(await collect(await exportOf(folder, 'csv'))).toEqual(await readFile(join(folder, 'rows.csv')))
})

test('Parquet holds every row', async () => {
  const rows = await allRows()
  expect(rows).toHaveLength(2 * 2 * 4 * 2)
  expect(await readParquet(await collect(await exportOf(folder, 'parquet')))).toEqual(rows)
})

test('Parquet of several row groups, and of numbers beyond 32 bits', async () => {
  const rows = Array.from({ length: 250_001 }, (_, i) => ({
    variant: `v${i % 3}`,
    seed: 2 ** 52 + i,
    round: i,
    step: 1e12 + i,
    metric: 'error',
    value: i / 3,
  }))
  async function* batches(): AsyncGenerator<Row[]> {
    yield rows.slice(0, 130_000)
    yield rows.slice(130_000)
  }
  const read = await readParquet(await collect(parquetOf(batches())))
  expect(read).toHaveLength(rows.length)
  for (const i of [0, 99_999, 100_000, 250_000]) expect(read[i]).toEqual(rows[i])
})

test('NumPy arrays have seeds as their first axis', async () => {
  const names = [
    'seeds',
    'step-size=0.25/step',
    'step-size=0.25/round',
    'step-size=0.25/error',
    'step-size=0.25/samples',
    'step-size=0.25/q',
  ]
  const files = unzipNpz(await collect(await exportOf(folder, 'npz')), names)
  if (!files.ok) throw new Error('not a zip')
  const arrays = names.map((name) => parseNpy(files.value.get(name) ?? new Uint8Array()))
  const [seeds, step, round, error, samples, q] = arrays.map((array) => (array.ok ? array.value : undefined))
  expect(seeds).toEqual({ shape: [2], data: Float64Array.of(4, 9) })
  expect(step).toEqual({ shape: [4], data: Float64Array.of(5, 10, 15, 20) })
  expect(round?.shape).toEqual([4])
  expect(error).toEqual({ shape: [2, 4], data: Float64Array.from(await valuesOf('step-size=0.25', 'error')) })
  expect(samples?.data).toEqual(Float64Array.of(10, 20, 30, 40, 10, 20, 30, 40))
  expect(q?.shape).toEqual([2, 2, 3, 2])
})

test('safetensors hold every model under its variant and seed', async () => {
  const all = decodeSafetensors(await collect(await exportOf(folder, 'safetensors')))
  const one = decodeSafetensors(await readFile(join(folder, 'models', 'step-size=0.5', '9.safetensors')))
  if (!all.ok || !one.ok) throw new Error('not safetensors')
  expect(Object.keys(all.value.tensors)).toEqual([
    'step-size=0.5/4/q',
    'step-size=0.5/9/q',
    'step-size=0.25/4/q',
    'step-size=0.25/9/q',
  ])
  expect(all.value.tensors['step-size=0.5/9/q']).toEqual(one.value.tensors['q'])
  expect(one.value.tensors['q']?.shape).toEqual([2, 3, 2])
})
