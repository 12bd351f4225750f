/** An agent of Q-learning: its run, made from the experiment and from where its experience comes from. */
import { resolve } from 'node:path'
import type { Experience } from '../../agent/experience.ts'
import { actExperience, type ActState } from '../../agent/experience/act.ts'
import { replayExperience } from '../../agent/experience/replay.ts'
import { walksIn, type Walk, type WalkState } from '../../agent/experience/walk.ts'
import type { Learner } from '../../agent/learner.ts'
import { fedAsynQ } from '../../algorithm/fed-asyn-q.ts'
import { fedSynQ } from '../../algorithm/fed-syn-q.ts'
import { qLearning } from '../../algorithm/q-learning.ts'
import { agentRun, type LocalRun } from '../../federation/agent-run.ts'
import { startLaw, type Policy, type PolicySet } from '../../mdp/policy.ts'
import type { Result } from '../../numeric/result.ts'
import { decodeTask, encodeUpdate } from '../../protocol/q-codec.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'
import { pathIn } from '../data-url.ts'
import { InputError } from '../errors.ts'
import type { QSettings } from '../experiment.ts'
import { buildProblem, ownBehaviors, ownLog } from '../problem.ts'
import type { Problem } from '../simulation.ts'
import { newest, once } from './newest.ts'
import { ownFiniteEnvironment } from './own-environment.ts'
import { commonProblem, contractOf, shapeOf } from './q.ts'

/** What an agent brings along, by path; at most one of them. */
export interface Brought {
  /** a log */
  readonly log?: string
  /** a module that makes an environment */
  readonly module?: string
}

/** What an agent of Q-learning is made from. */
export interface QAgentSource {
  readonly settings: QSettings
  readonly seed: number
  /** its index */
  readonly agent: number
  /** that relative paths of the settings refer to */
  readonly folder: string
  readonly brought: Brought
}

/** Agents of one process share what they all take from the experiment. */
const commonProblems = newest<Problem>()
const walks = newest<(agent: number) => Experience<WalkState>>()
const taskReaders = newest<(frame: Uint8Array) => Result<QTask>>()
const behaviorsOfAll = newest<PolicySet>()

/** The run of one agent. @throws InputError where what it brings is wrong, does not fit the experiment, or is missing */
export async function joinQ(source: QAgentSource): Promise<LocalRun> {
  const { settings, seed, agent, folder } = source
  const common = await commonProblems([settings, seed], () => commonProblem(settings, seed, folder))
  const contract = contractOf(settings, common, seed)
  const shape = shapeOf(contract)
  const readTask = await taskReaders([settings, seed], () =>
    Promise.resolve(once((frame) => decodeTask(frame, shape))),
  )
  const run = <State>(learner: Learner<State, QTask, QUpdate>): LocalRun =>
    agentRun({ phases: 1, learner, decodeTask: readTask, encodeUpdate })
  const { name } = settings.algorithm
  if (name === 'fed-syn-q') {
    refuseBrought(source.brought, 'sample every pair of the model')
    if (common.model === null) throw new RangeError('joinQ: fed-syn-q needs a model')
    return run(fedSynQ(contract, common.model.mdp, seed).learner(agent))
  }
  const algorithm = name === 'q-learning' ? qLearning : fedAsynQ
  const withExperience = <State>(experience: Experience<State>): LocalRun =>
    run(algorithm(contract, () => experience).learner(agent))
  const { agents } = settings
  if ('logs' in agents) return withExperience(await replayOf(source, agents.logs, common))
  if ('experience' in agents && source.brought.module !== undefined)
    return withExperience(await actingOf(source, source.brought.module, common))
  if ('experience' in agents) return withExperience(await replayOf(source, [], common))
  refuseBrought(source.brought, 'act in the model')
  const walkOf = await walks([settings, seed], async () =>
    walksOf(await buildProblem(settings, seed, folder), seed),
  )
  return withExperience(walkOf(agent))
}

function refuseBrought({ log, module }: Brought, what: string): void {
  if (log === undefined && module === undefined) return
  throw new InputError(
    log === undefined ? '--module' : '--logs',
    `the agents of this experiment ${what}: experience of their own they bring where agents.experience is own`,
  )
}

/** The walks of all agents; those of one behaviour share what its steps are drawn from. */
function walksOf({ model, experience }: Problem, seed: number): (agent: number) => Experience<WalkState> {
  if (model === null || experience.kind !== 'behavior')
    throw new RangeError('joinQ: agents without logs need a model')
  const { behaviors } = experience
  const { initial } = model.mdp
  const walkUnder = walksIn(model.mdp)
  const known = new Map<number, Walk>()
  return (agent) => {
    const table = behaviors.of[agent] as number
    const walk =
      known.get(table) ?? walkUnder(behaviors.tables[table] as Policy, startLaw(behaviors, table, initial))
    known.set(table, walk)
    return walk(seed, agent)
  }
}

/** @param logs those that the file names for the agents */
async function replayOf(
  { agent, folder, brought }: QAgentSource,
  logs: readonly string[],
  common: Problem,
): Promise<Experience<number>> {
  const named = logs[agent]
  if (brought.module !== undefined)
    throw new InputError('--module', 'the agents of this experiment learn from logs: expected --logs')
  const path = brought.log ?? (named === undefined ? undefined : pathIn(folder, named))
  if (path === undefined)
    throw new InputError(
      '--logs',
      `missing: the agents of this experiment learn from experience of their own, a log (--logs) or an environment of ${common.states} states and ${common.actions} actions (--module)`,
    )
  return replayExperience(await ownLog(path, common, agent), common.actions)
}

async function actingOf(
  { settings, seed, agent, folder }: QAgentSource,
  module: string,
  common: Problem,
): Promise<Experience<ActState>> {
  const environment = await ownFiniteEnvironment(resolve(module), common)
  const { tables, of } = await behaviorsOfAll([settings, seed], () =>
    ownBehaviors(settings, common, seed, folder),
  )
  const behavior = tables[of[agent] as number] as Policy
  return actExperience(environment, behavior, common.actions, seed, agent)
}
