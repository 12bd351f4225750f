/** An agent of policy gradients: its run, made from the experiment and from the environment that it acts in. */
import { agentRun, type LocalRun } from '../../federation/agent-run.ts'
import { decodePgTask, encodePgUpdate } from '../../protocol/pg-codec.ts'
import { InputError } from '../errors.ts'
import { pgFederation, type PgFederation } from '../policy-gradient/federation.ts'
import { buildPgProblem } from '../policy-gradient/problem.ts'
import { parametersFor, problemIn, type ProgramSettings } from '../policy-gradient/problem/environments.ts'
import { isFiniteSpec, spacesOf } from '../policy-gradient/settings-kind.ts'
import type { PgSettings } from '../policy-gradient/spec.ts'
import { newest } from './newest.ts'
import { ownEnvironment } from './own-environment.ts'
import type { Brought } from './q-agent.ts'

/** What an agent of policy gradients is made from. */
export interface PgAgentSource {
  readonly settings: PgSettings
  readonly seed: number
  /** its index */
  readonly agent: number
  /** that relative paths of the settings refer to */
  readonly folder: string
  readonly brought: Brought
}

/** Agents of one process share what they all take from the experiment. */
const federations = newest<PgFederation>()

/** The run of one agent. @throws InputError where its files are wrong, or what it brings does not fit the experiment or is missing */
export async function joinPg(source: PgAgentSource): Promise<LocalRun> {
  const { contract, algorithm } = await federationOf(source)
  return agentRun({
    phases: algorithm.phases.length,
    learner: algorithm.learner(source.agent),
    decodeTask: (frame) => decodePgTask(frame, contract),
    encodeUpdate: encodePgUpdate,
  })
}

async function federationOf(source: PgAgentSource): Promise<PgFederation> {
  const { settings, seed, folder, brought } = source
  const { environment } = settings
  if (brought.log !== undefined)
    throw new InputError('--logs', 'the agents of this experiment learn by acting, and not from logs')
  if (brought.module !== undefined) return actingIn(source, brought.module)
  if ('observationSpace' in environment)
    throw new InputError(
      '--module',
      'missing: the agents of this experiment act in environments of their own, and no program comes from the server',
    )
  return federations([settings, seed], async () =>
    pgFederation(settings, await buildPgProblem(settings, seed, folder), seed),
  )
}

/** The federation as an agent sees it that acts in an environment of its own; policies are made for the spaces of the experiment. */
async function actingIn(
  { settings, seed, agent, folder }: PgAgentSource,
  module: string,
): Promise<PgFederation> {
  const { environment } = settings
  if (isFiniteSpec(environment))
    throw new InputError('--module', 'the agents of this experiment act in its own finite problem')
  const program: ProgramSettings = { ...settings, environment }
  const wanted = spacesOf(environment)
  if (wanted === null)
    throw new InputError('--module', 'does not belong beside --file, whose experiment has a module')
  const own = await ownEnvironment(module, parametersFor(program, agent), wanted)
  const problem = await problemIn(program, seed, folder, wanted, () => own)
  return pgFederation(settings, problem, seed)
}
