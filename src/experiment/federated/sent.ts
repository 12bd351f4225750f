/**
 * The experiment as agents get it: nothing in it lies on the server's disk. Files of data travel in it, as `data:` URLs; logs and
 * programs do not travel at all: agents bring their own.
 */
import type { Environment } from '../../agent/environment.ts'
import { getIn, same, setIn } from '../data.ts'
import { dataUrl, fileName, isDataUrl, pathIn } from '../data-url.ts'
import { changedPaths } from '../document.ts'
import { InputError } from '../errors.ts'
import { isRecord } from '../expect.ts'
import { isPolicyGradient, type Experiment, type Variant } from '../experiment.ts'
import { readBytes } from '../files.ts'
import { specOf } from '../policy-gradient/settings-kind.ts'
import type { PgSettings, ProgramSpec, SpaceSpec } from '../policy-gradient/spec.ts'
import { EXPERIMENT_FILE } from '../problem.ts'
import { experimentText } from '../manifest.ts'

/** Most bytes of an experiment with its files; every agent gets them. */
const MOST_BYTES = 32_000_000

/** The document, a section changed wherever it stands: in the file, and in its `vary`. */
function changedSection(
  document: Experiment['document'],
  section: string,
  change: (value: unknown) => unknown,
): Experiment['document'] {
  const varied = getIn(document, ['vary', section])
  const whole =
    document[section] === undefined ? document : setIn(document, [section], change(document[section]))
  const changed = Array.isArray(varied) ? setIn(whole, ['vary', section], varied.map(change)) : whole
  return changed as Experiment['document']
}

/** Refuses a grid in which a key varies that agents do not get. @throws InputError */
function refuseVaried({ document }: Experiment, key: string, why: string): void {
  const vary = document['vary']
  const found = isRecord(vary) ? Object.keys(vary).find((one) => `${one}.`.startsWith(`${key}.`)) : undefined
  if (found !== undefined) throw new InputError(EXPERIMENT_FILE, [{ path: ['vary', found], message: why }])
}

/**
 * The experiment with agents who bring their logs, in place of logs that it names: then nobody but the agents needs them.
 * @throws InputError where logs are varied
 */
export function withOwnLogs(experiment: Experiment): Experiment {
  const { variants, document } = experiment
  const logs = new Set(
    variants.flatMap(({ settings: { agents } }) => ('logs' in agents ? JSON.stringify(agents.logs) : [])),
  )
  if (logs.size === 0) return experiment
  const why = 'an agent of a federation brings one log: fedrl run simulates several'
  refuseVaried(experiment, 'agents.logs', why)
  if (logs.size > 1) throw new InputError(EXPERIMENT_FILE, [{ path: ['vary'], message: why }])
  const own = (agents: unknown): unknown => {
    const paths = getIn(agents, ['logs'])
    return Array.isArray(paths) ? { count: paths.length, experience: 'own' } : agents
  }
  return {
    ...experiment,
    variants: variants.map((variant) => withAgents(variant)),
    document: changedSection(document, 'agents', own),
  }
}

function withAgents(variant: Variant): Variant {
  const { settings } = variant
  if (isPolicyGradient(settings) || !('logs' in settings.agents)) return variant
  const agents = { count: settings.agents.logs.length, experience: 'own', behavior: 'uniform' } as const
  return { ...variant, settings: { ...settings, agents } }
}

/**
 * The experiment as it is sent: its text is all that an agent needs, with what the agent brings.
 * @throws InputError where a file cannot be read or loaded, all are too large together, or logs or modules are varied
 */
export async function sentExperiment(experiment: Experiment): Promise<Experiment> {
  const bare = await withBareSpaces(withOwnLogs(experiment))
  const urls = new Map<string, string>()
  const paths: string[] = []
  changedPaths(bare.document, (path) => (paths.push(path), path))
  for (const path of paths) urls.set(path, await urlOf(path, experiment.folder))
  const document = changedPaths(bare.document, (path) => urls.get(path) ?? path) as Experiment['document']
  const sent = { ...bare, document }
  const { length } = experimentText(sent)
  if (length > MOST_BYTES)
    throw new InputError(
      EXPERIMENT_FILE,
      `expected at most ${MOST_BYTES / 1e6} MB with the files that agents are sent (${paths.map(fileName).join(', ')}), got ${(length / 1e6).toFixed(1)} MB`,
    )
  return sent
}

const urlOf = async (path: string, folder: string): Promise<string> =>
  isDataUrl(path) ? path : dataUrl(path, await readBytes(pathIn(folder, path), path, MOST_BYTES))

/** The experiment with the spaces of its modules in place of the modules: agents bring programs of their own. */
async function withBareSpaces(experiment: Experiment): Promise<Experiment> {
  const spaces = await moduleSpaces(experiment)
  if (spaces.size === 0) return experiment
  refuseVaried(
    experiment,
    'environment.module',
    'agents of a federation bring one module each: fedrl run simulates several',
  )
  const bare = (environment: unknown): unknown => {
    if (!isRecord(environment)) return environment
    const { module, ...rest } = environment
    return typeof module === 'string' ? { ...rest, ...spaces.get(module) } : environment
  }
  return { ...experiment, document: changedSection(experiment.document, 'environment', bare) }
}

/** The spaces of the modules of an experiment, by path. */
async function moduleSpaces({
  variants,
  folder,
}: Experiment): Promise<Map<string, Record<'observationSpace' | 'actionSpace', SpaceSpec>>> {
  const found = new Map<string, Record<'observationSpace' | 'actionSpace', SpaceSpec>>()
  for (const { settings, name } of variants) {
    if (!isPolicyGradient(settings) || !('module' in settings.environment)) continue
    const { module } = settings.environment
    const { observationSpace, actionSpace } = await firstEnvironment(settings, settings.environment, folder)
    const spaces = { observationSpace: specOf(observationSpace), actionSpace: specOf(actionSpace) }
    if (!same(found.get(module) ?? spaces, spaces))
      throw new InputError(
        module,
        `expected the same spaces in every variant, for agents are told them once; those of variant ${name} differ`,
      )
    found.set(module, spaces)
  }
  return found
}

async function firstEnvironment(
  settings: PgSettings,
  environment: Extract<ProgramSpec, { module: string }>,
  folder: string,
): Promise<Environment> {
  const { loadEnvironmentModule } = await import('../policy-gradient/module.ts')
  const { parametersFor } = await import('../policy-gradient/problem/environments.ts')
  const make = await loadEnvironmentModule(pathIn(folder, environment.module))
  return make(parametersFor({ ...settings, environment }, 0))
}
