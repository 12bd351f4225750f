/** A finished run in the formats of others: rows as CSV or Parquet, curves and models as NumPy arrays, models as safetensors. */
import { join } from 'node:path'
import type { Chunks } from './disk.ts'
import { InputError } from './errors.ts'
import { readBytes, readChunks } from './files.ts'
import type { Manifest } from './manifest.ts'
import { modelPath } from './parts.ts'
import { rowsOf } from './read-rows.ts'
import { readRun, ROWS } from './run-folder.ts'
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts'

/** What a run can be exported as. */
export const FORMATS = ['csv', 'parquet', 'npz', 'safetensors'] as const

/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number]

/**
 * The bytes of an export of the run in `folder`.
 * @throws InputError where the folder holds no finished run
 */
export async function exportOf(folder: string, format: Format): Promise<Chunks> {
  const { manifest, summary } = await readRun(folder)
  if (summary === null)
    throw new InputError(folder, `expected a finished run; to finish it: fedrl run --resume ${folder}`)
  switch (format) {
    case 'csv':
      return readChunks(join(folder, ROWS), join(folder, ROWS))
    case 'parquet':
      return (await import('./export/parquet.ts')).parquetOf(rowsOf(folder))
    case 'npz':
      return [await npzOf(folder, manifest)]
    case 'safetensors':
      return [await modelsOf(folder, manifest)]
  }
}

async function npzOf(folder: string, { seeds, variants }: Manifest): Promise<Uint8Array> {
  const [{ curveArrays, stack }, { writeNpz }] = await Promise.all([
    import('./export/arrays.ts'),
    import('../mdp/npy.ts'),
  ])
  const arrays = await curveArrays(rowsOf(folder), seeds)
  for (const variant of variants) {
    const models = await Promise.all(seeds.map((seed) => readModel(folder, variant, seed)))
    for (const name of Object.keys(models[0] ?? {}))
      arrays[`${variant}/${name}`] = stack(models.flatMap((model) => model[name] ?? []))
  }
  return writeNpz(arrays)
}

/** All models in one file: tensors `<variant>/<seed>/q`, or `theta`, `pi` and others. */
async function modelsOf(folder: string, { name, fedrl, seeds, variants }: Manifest): Promise<Uint8Array> {
  const tensors: Record<string, Tensor> = {}
  for (const variant of variants) {
    for (const seed of seeds)
      for (const [tensor, data] of Object.entries(await readModel(folder, variant, seed)))
        tensors[`${variant}/${seed}/${tensor}`] = data
  }
  return encodeSafetensors({ tensors, metadata: { format: '1', fedrl, experiment: name } })
}

async function readModel(
  folder: string,
  variant: string,
  seed: number,
): Promise<Readonly<Record<string, Tensor>>> {
  const path = modelPath(folder, { variant, seed })
  const file = decodeSafetensors(await readBytes(path, path, Infinity))
  if (!file.ok) throw new InputError(path, file.issues)
  return file.value.tensors
}
