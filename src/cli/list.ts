/** `fedrl list`: the runs below a folder. */
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { systemCode, systemReason } from '../experiment/disk.ts'
import { InputError } from '../experiment/errors.ts'
import { countParts } from '../experiment/parts.ts'
import { MANIFEST, readRun } from '../experiment/run-folder.ts'
import type { Io } from './io.ts'
import { alignColumns } from './results-table.ts'

/** The default of `--dir`; it need not exist. */
const USUAL = 'runs'

/** One run in the list. */
export interface Listed {
  readonly run: string
  readonly name: string
  readonly id: string
  readonly finished: boolean
  readonly variants: number
  readonly seeds: number
  /** finished trials */
  readonly trials: number
  /** version of fedrl */
  readonly fedrl: string
}

/** Carries the command out. */
export async function list({ dir = USUAL }: { readonly dir?: string }, io: Io): Promise<void> {
  const runs = await runsBelow(dir)
  io.result({ dir, runs }, () => (runs.length === 0 ? `no runs in ${dir}` : table(runs)))
}

/** The runs at `dir/<id>` and `dir/<name>/<id>`, sorted by path. */
async function runsBelow(dir: string): Promise<Listed[]> {
  const runs: Listed[] = []
  for (const name of await foldersIn(dir, dir === USUAL)) {
    const inner = await foldersIn(join(dir, name), true)
    for (const path of [join(dir, name), ...inner.map((id) => join(dir, name, id))]) {
      const listed = await describeRun(path)
      if (listed !== null) runs.push(listed)
    }
  }
  return runs
}

async function foldersIn(dir: string, mayBeMissing: boolean): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .toSorted()
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    if (mayBeMissing && code === 'ENOENT') return []
    throw new InputError('--dir', `expected a folder of runs, got ${dir}: ${systemReason(code)}`)
  }
}

async function describeRun(path: string): Promise<Listed | null> {
  if (!(await readdir(path)).includes(MANIFEST)) return null
  const { manifest, summary } = await readRun(path)
  const variants = manifest.variants.length
  const seeds = manifest.seeds.length
  const finished = summary !== null
  const trials = finished ? variants * seeds : await countParts(path)
  return {
    run: path,
    name: manifest.name,
    id: basename(path),
    finished,
    variants,
    seeds,
    trials,
    fedrl: manifest.fedrl,
  }
}

function table(runs: readonly Listed[]): string {
  const rows = runs.map(({ run, name, finished, variants, seeds, trials, fedrl }) => [
    run,
    name,
    finished ? 'finished' : `unfinished (${trials} of ${variants * seeds})`,
    `${variants} x ${seeds}`,
    fedrl,
  ])
  return alignColumns([['run', 'name', 'state', 'variants x seeds', 'fedrl'], ...rows])
}
