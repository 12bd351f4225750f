/** `run.json`: which fedrl, which experiment, which files and which seeds made a run. Nothing of when or where. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import { isDataUrl, pathIn } from './data-url.ts'
import { systemCode, systemReason } from './disk.ts'
import { InputError } from './errors.ts'
import { isPolicyGradient, type Experiment, type Settings } from './experiment.ts'
import { pgFilesOf, pgModuleOf } from './policy-gradient/files.ts'
import { sha256 } from './trial.ts'
import { version } from './version.ts'

/** What `run.json` holds. */
export interface Manifest {
  /** version of fedrl */
  readonly fedrl: string
  /** name of the experiment */
  readonly name: string
  /** sha256 of the run's `experiment.yaml`, hex */
  readonly experiment: string
  /** by path as the experiment gives it: sha256 of the file, of a module with all that it imports by relative paths, hex */
  readonly inputs: Readonly<Record<string, string>>
  readonly seeds: readonly number[]
  /** names */
  readonly variants: readonly string[]
}

/** The resolved experiment as the text of `experiment.yaml`. */
export const experimentText = (experiment: Experiment): string =>
  stringify(experiment.document, { aliasDuplicateObjects: false, lineWidth: 0 })

/** The files that a setting refers to, as written there. */
function filesOf(settings: Settings): string[] {
  if (isPolicyGradient(settings)) return pgFilesOf(settings)
  const { environment, agents } = settings
  const files = 'mdp' in environment ? [environment.mdp] : []
  if ('logs' in agents) return [...files, ...agents.logs]
  return typeof agents.behavior === 'object' && 'table' in agents.behavior
    ? [...files, agents.behavior.table]
    : files
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    throw new InputError(path, systemReason(code))
  }
  return hash.digest('hex')
}

/**
 * The manifest of a run of `experiment` by this fedrl. Reads every file that the experiment refers to.
 * @param text of the run's `experiment.yaml`
 * @throws InputError naming a file that cannot be read
 */
export async function manifestOf(experiment: Experiment, text: string): Promise<Manifest> {
  const files = new Set(
    experiment.variants.flatMap(({ settings }) => filesOf(settings).filter((file) => !isDataUrl(file))),
  )
  const inputs: Record<string, string> = {}
  for (const file of files) inputs[file] = await hashFile(pathIn(experiment.folder, file))
  for (const { settings } of experiment.variants) {
    const module = isPolicyGradient(settings) ? pgModuleOf(settings) : null
    if (module === null) continue
    const { hashEnvironmentModule } = await import('./policy-gradient/module.ts')
    inputs[module] ??= await hashEnvironmentModule(resolve(experiment.folder, module))
  }
  return {
    fedrl: version,
    name: experiment.name,
    experiment: sha256(text),
    inputs,
    seeds: experiment.seeds,
    variants: experiment.variants.map(({ name }) => name),
  }
}

/** A manifest as text. */
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`

/** Reads a manifest; null where the text is none. */
export function parseManifest(text: string): Manifest | null {
  try {
    const value = JSON.parse(text) as Partial<Manifest> | null
    const whole =
      typeof value?.fedrl === 'string' &&
      typeof value.name === 'string' &&
      typeof value.experiment === 'string' &&
      typeof value.inputs === 'object' &&
      Array.isArray(value.seeds) &&
      Array.isArray(value.variants)
    return whole ? (value as Manifest) : null
  } catch {
    return null
  }
}

/**
 * Whether a run that was begun as `begun` can be carried on as `now`.
 * @returns what differs, in words; null when nothing does
 */
export function difference(begun: Manifest, now: Manifest): string | null {
  if (begun.fedrl !== now.fedrl) return `it was begun by fedrl ${begun.fedrl}, this is ${now.fedrl}`
  if (begun.experiment !== now.experiment) return 'its experiment.yaml was changed'
  for (const [file, hash] of Object.entries(now.inputs)) {
    if (begun.inputs[file] !== hash) return `${file} was changed`
  }
  return manifestText(begun) === manifestText(now) ? null : 'its run.json was changed'
}
