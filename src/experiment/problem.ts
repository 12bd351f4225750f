/**
 * Builds the problem of one (variant, seed) from its settings: families, Mdp files, logs and behaviours. Files are read once a process,
 * and again when they have changed.
 */
import { type Behavior, buildBehaviors } from '../agent/behavior.ts'
import {
  chain,
  cliffWalking,
  frozenLake,
  garnet,
  gridWorld,
  riverSwim,
  taxi,
  twoState,
} from '../mdp/families.ts'
import { MOST_ISSUES } from '../mdp/issues.ts'
import { parseMdpJson } from '../mdp/json.ts'
import type { Log } from '../mdp/log.ts'
import { parseLog } from '../mdp/log-csv.ts'
import { type Built, type Mdp, rewardRange } from '../mdp/mdp.ts'
import { parseNpz } from '../mdp/npz.ts'
import type { PolicySet } from '../mdp/policy.ts'
import { solveOptimal } from '../mdp/solve.ts'
import type { Result } from '../numeric/result.ts'
import { NOBODY, Purpose, streamOf } from '../numeric/stream.ts'
import { behaviorFileFault, readBehaviorFile } from './behavior-file.ts'
import { pathIn } from './data-url.ts'
import { InputError } from './errors.ts'
import type { BehaviorSpec, EnvironmentSpec, QSettings } from './experiment.ts'
import { readBytes, readChunks, readText, versionOf } from './files.ts'
import type { Problem } from './simulation.ts'

/** Largest Mdp file, bytes. */
const MOST_BYTES = 500_000_000

type FamilySpec = Extract<EnvironmentSpec, { family: string }>
type FileSpec = Extract<EnvironmentSpec, { mdp: string }>
type Sizes = Pick<Problem, 'states' | 'actions' | 'discount' | 'rewardRange'>

/**
 * The problem that `settings` describe, for one run seed. A random family without a seed of its own is drawn from the run seed.
 * Rewards range over those of the model, widened by those in the logs where there are logs; without a model, over the file's `rewardRange`.
 * @param folder that relative paths refer to
 * @throws InputError naming the file, line and agent at fault; the experiment file, which is not known here, by the caller
 */
export async function buildProblem(settings: QSettings, seed: number, folder: string): Promise<Problem> {
  const { environment, agents } = settings
  const model = await buildModel(environment, seed, folder)
  const sizes = sizesOf(environment, model)
  if ('logs' in agents) {
    const paths = agents.logs.map((path) => pathIn(folder, path))
    const logs: Log[] = []
    // One after the other: there may be more logs than files that may be open.
    for (const [agent, path] of paths.entries()) logs.push(await readLog(path, sizes, agent))
    const range = model === null ? withinRange(sizes, logs, paths) : widened(sizes, logs)
    return { ...sizes, rewardRange: range, model, experience: { kind: 'logs', logs } }
  }
  if ('experience' in agents) return { ...sizes, model, experience: { kind: 'own' } }
  if (model === null) throw new RangeError('buildProblem: agents without logs need a model')
  const behaviors = await behaviorsOf(agents.behavior, model.mdp, agents.count, seed, folder)
  return { ...sizes, model, experience: { kind: 'behavior', behaviors } }
}

/** Stands for the experiment file in faults of settings that do not fit their problem. */
export const EXPERIMENT_FILE = 'experiment'

/** What `action` gives, for settings that were read from `file`: faults of theirs that show when a problem is built name it. */
export async function namingFile<T>(file: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw error instanceof InputError && error.file === EXPERIMENT_FILE
      ? new InputError(file, error.issues)
      : error
  }
}

function sizesOf(environment: EnvironmentSpec, model: Built | null): Sizes {
  if ('rewardRange' in environment) return environment
  if (model === null) throw new RangeError('sizesOf: families and files have a model')
  const { states, actions, discount } = model.mdp
  return { states, actions, discount, rewardRange: rewardRange(model.mdp) }
}

/** What has been built from files or from fixed seeds in this process. */
const modelCache = new Map<string, Promise<Built>>()
const logCache = new Map<string, Promise<Log>>()
const tableCache = new Map<string, Promise<unknown>>()
const optima = new WeakMap<Mdp, Float64Array>()

/** The value under `key`, made at the first call; a failure is not kept. */
function once<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = cache.get(key)
  if (before !== undefined) return before
  const value = make()
  cache.set(key, value)
  value.catch(() => cache.delete(key))
  return value
}

const valueOf = <T>(file: string, result: Result<T>): T => {
  if (!result.ok) throw new InputError(file, result.issues)
  return result.value
}

/**
 * The model of an environment, for one run seed; null where only its sizes are known.
 * @throws InputError naming the file and what is wrong with it
 */
export async function buildModel(
  environment: EnvironmentSpec,
  seed: number,
  folder: string,
): Promise<Built | null> {
  if ('mdp' in environment) return readModel(environment, pathIn(folder, environment.mdp))
  if (!('family' in environment)) return null
  const ownSeed = 'seed' in environment ? environment.seed : undefined
  const isFixed =
    ownSeed !== undefined || !(environment.family === 'two-state' || environment.family === 'garnet')
  const build = (): Built => buildFamily(environment, ownSeed ?? seed)
  return isFixed ? once(modelCache, JSON.stringify(environment), async () => build()) : build()
}

/** The problem of a family. @param seed keys the stream that random families draw from */
function buildFamily(spec: FamilySpec, seed: number): Built {
  const stream = streamOf(seed, NOBODY, Purpose.model)
  switch (spec.family) {
    case 'two-state':
      return twoState(spec, stream)
    case 'garnet':
      return garnet(spec, stream)
    case 'grid-world':
      return gridWorld(spec)
    case 'frozen-lake':
      return frozenLake(spec)
    case 'cliff-walking':
      return cliffWalking(spec)
    case 'taxi':
      return taxi(spec)
    case 'river-swim':
      return riverSwim(spec)
    case 'chain':
      return chain(spec)
  }
}

async function readModel({ layout, discount }: FileSpec, path: string): Promise<Built> {
  const key = JSON.stringify([await versionOf(path, path), layout, discount])
  return once(modelCache, key, async () => {
    if (layout === undefined || discount === undefined)
      return { mdp: valueOf(path, parseMdpJson(await readText(path, path, MOST_BYTES))) }
    return { mdp: valueOf(path, parseNpz(await readBytes(path, path, MOST_BYTES), { layout, discount })) }
  })
}

async function readLog(path: string, { states, actions }: Sizes, agent: number): Promise<Log> {
  const key = JSON.stringify([await versionOf(path, path), states, actions])
  return once(logCache, key, async () => {
    const log = await parseLog(readChunks(path, path), { states, actions })
    if (log.ok) return log.value
    const issues = log.issues.map((issue) => ({ ...issue, message: `${issue.message} (agent ${agent})` }))
    throw new InputError(path, issues)
  })
}

/** Line of a log's first step: the header is line 1. */
const FIRST_LINE = 2

/** The file's range of rewards, which every log must keep. */
function withinRange(
  { rewardRange }: Sizes,
  list: readonly Log[],
  paths: readonly string[],
): Problem['rewardRange'] {
  for (const [agent, log] of list.entries()) checkRewards(log, rewardRange, paths[agent] ?? '', agent)
  return rewardRange
}

/** Refuses a log with a reward beyond the range. @throws InputError */
function checkRewards(log: Log, [low, high]: Problem['rewardRange'], path: string, agent: number): void {
  const step = log.reward.findIndex((reward) => reward < low || reward > high)
  if (step < 0) return
  const message = `expected a reward in the environment's rewardRange [${low}, ${high}], got ${log.reward[step]} (agent ${agent})`
  throw new InputError(path, [{ path: ['reward'], message, line: step + FIRST_LINE }])
}

/**
 * The log of one agent, whose rewards must lie in the range of the problem.
 * @param path absolute, or relative to the working directory
 * @throws InputError naming the file and the line
 */
export async function ownLog(path: string, problem: Problem, agent: number): Promise<Log> {
  const log = await readLog(path, problem, agent)
  checkRewards(log, problem.rewardRange, path, agent)
  return log
}

/** Stands for an Mdp of which only the sizes are known, where behaviours need no more. */
const bareMdp = ({ states, actions, discount }: Sizes): Mdp => ({
  states,
  actions,
  discount,
  initial: new Float64Array(states),
  terminal: new Uint8Array(states),
  start: new Uint32Array(states * actions + 1),
  next: new Uint32Array(0),
  probability: new Float64Array(0),
  reward: new Float64Array(0),
})

/**
 * How agents act who bring environments of their own.
 * @throws InputError where the behaviour does not fit
 */
export function ownBehaviors(
  { agents }: QSettings,
  problem: Problem,
  seed: number,
  folder: string,
): Promise<PolicySet> {
  if (!('experience' in agents))
    throw new RangeError('ownBehaviors: expected agents with experience of their own')
  return behaviorsOf(agents.behavior, problem.model?.mdp ?? bareMdp(problem), agents.count, seed, folder)
}

function widened({ rewardRange: range }: Sizes, list: readonly Log[]): Problem['rewardRange'] {
  let [low, high] = range
  for (const { reward } of list)
    for (const value of reward) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  return [low, high]
}

async function behaviorsOf(
  spec: BehaviorSpec,
  mdp: Mdp,
  agents: number,
  seed: number,
  folder: string,
): Promise<PolicySet> {
  if (typeof spec === 'object' && 'table' in spec) {
    const path = pathIn(folder, spec.table)
    const built = buildBehaviors({ table: await readTable(path) }, mdp, agents, seed)
    if (!built.ok) throw await behaviorFileFault(path, built.issues)
    return built.value
  }
  const q = needsOptimum(spec) ? optimum(mdp) : undefined
  const built = buildBehaviors(spec, mdp, agents, seed, q)
  if (built.ok) return built.value
  const issues = built.issues.slice(0, MOST_ISSUES)
  throw new InputError(
    EXPERIMENT_FILE,
    issues.map((issue) => ({ ...issue, path: ['agents', 'behavior', ...issue.path] })),
  )
}

const needsOptimum = (spec: Behavior): boolean => typeof spec === 'object' && 'epsilonGreedy' in spec

function optimum(mdp: Mdp): Float64Array {
  const q = optima.get(mdp) ?? solveOptimal(mdp).q
  optima.set(mdp, q)
  return q
}

const readTable = async (path: string): Promise<unknown> =>
  once(tableCache, JSON.stringify(await versionOf(path, path)), () => readBehaviorFile(path))
