/** One (variant, seed) of policy gradients as a federation: codec, server rule, and what is measured of the server's state. */
import type { Measure, ServedRun } from '../../federation/served-run.ts'
import { addScaled } from '../../numeric/vector.ts'
import { decodePgUpdate, pgTaskFrame } from '../../protocol/pg-codec.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'
import type { PgServerState } from '../../server/pg-rule.ts'
import { rebasePg } from '../../server/round-machine/rebase.ts'
import type { ServerRule } from '../../server/rule.ts'
import { pgNotesOf } from '../notes.ts'
import type { GivenParticipation } from '../participation.ts'
import { pgFederation, type PgFederation } from '../policy-gradient/federation.ts'
import { buildPgProblem } from '../policy-gradient/problem.ts'
import {
  bytesOf,
  divergenceNote,
  driftOf,
  isDue,
  recorderOf,
  refuseDiverged,
  type AgentState,
  type PgTrial,
} from '../policy-gradient/simulate.ts'
import type { PgSettings } from '../policy-gradient/spec.ts'
import { Diverged, strayUpdate } from '../policy-gradient/watch.ts'
import type { Outcome, Trial } from '../trial.ts'
import { longestGradient, pgRules } from './pg-rules.ts'
import type { Carrier } from './q.ts'

/** What the server knows between two phases, and what is measured of it. */
interface PgRunState {
  /** as it was before the Updates that diverged, where they did */
  readonly server: PgServerState
  /** [N] the cluster that each agent joined last */
  readonly clusters: Uint32Array
  /** of the agents' last iterates */
  readonly drift: number
  /** encoded frames both ways, by the formula of simulations */
  readonly bytes: number
  /** where the run diverged, if it did: then it is over */
  readonly diverged: Pick<Diverged, 'round' | 'agent'> | null
}

/** Carries out a trial on a server. @throws InputError where its files are wrong */
export async function carryOutPg(
  server: Carrier,
  trial: Trial & { readonly settings: PgSettings },
  variant: number,
  folder: string,
  participation: GivenParticipation,
): Promise<Outcome> {
  const settings = tellable(trial.settings)
  const problem = await buildPgProblem(settings, trial.seed, folder)
  const fed = pgFederation(settings, problem, trial.seed)
  const own: PgTrial = { ...trial, settings, problem }
  const run = servedPg(own, variant, fed, participation)
  const { state, measured } = await server.carryOut(run)
  const { localSteps } = fed.contract
  const notes = [...pgNotesOf(settings), ...untoldNotes(trial.settings, settings)]
  if (state.diverged !== null)
    notes.push(divergenceNote(new Diverged(state.diverged.round, state.diverged.agent), own, fed))
  return {
    rows: measured.flatMap(({ round, measured: values }) =>
      values.map(([metric, value]) => ({
        variant: trial.variant,
        seed: trial.seed,
        round: round + 1,
        step: (round + 1) * localSteps,
        metric,
        value,
      })),
    ),
    tensors: recorderOf(own, fed, (agent) => knownOf(fed, state, agent)).model(state.server),
    notes,
    agentSteps: state.server.round * localSteps * problem.agents,
    kernelCpuSeconds: 0,
    bound: null,
  }
}

/** The settings with the metrics that a server can measure: how much agents have drawn, they alone know. */
const tellable = (settings: PgSettings): PgSettings => ({
  ...settings,
  evaluate: {
    ...settings.evaluate,
    metrics: settings.evaluate.metrics.filter(
      (metric) => metric !== 'samples' || settings.algorithm.gradient === 'exact',
    ),
  },
})

const untoldNotes = ({ evaluate }: PgSettings, told: PgSettings): string[] =>
  told.evaluate.metrics.length < evaluate.metrics.length
    ? ['The metric samples is left out: how many transitions they drew, agents do not tell.']
    : []

/** What the server knows of an agent: its cluster. */
const knownOf = ({ contract }: PgFederation, { clusters }: PgRunState, agent: number): AgentState => ({
  theta: new Float64Array(contract.size),
  position: null,
  kept: null,
  cluster: clusters[agent] as number,
})

function servedPg(
  trial: PgTrial,
  variant: number,
  fed: PgFederation,
  participation: GivenParticipation,
): ServedRun<PgRunState, PgTask, PgUpdate> {
  const { contract, algorithm } = fed
  const { gradient } = trial.settings.algorithm
  return {
    variant,
    seed: trial.seed,
    settings: {
      agents: contract.agents,
      phases: algorithm.phases.length,
      participation,
      rebase: rebasePg(contract),
    },
    rule: ruleOf(trial, fed),
    taskFrame: pgTaskFrame,
    decodeUpdate: (frame) => decodePgUpdate(frame, contract),
    issuesOf: pgRules(contract, gradient === 'exact', longestGradient(trial.settings, trial.problem)),
    measure: measurerOf(trial, fed),
  }
}

/** The rule of the algorithm, with what is measured of its rounds; it ends where something diverges. */
const ruleOf = (trial: PgTrial, fed: PgFederation): ServerRule<PgRunState, PgTask, PgUpdate> => ({
  init: () => ({
    server: fed.algorithm.rule.init(),
    clusters: new Uint32Array(fed.contract.agents),
    drift: 0,
    bytes: 0,
    diverged: null,
  }),
  task: (state) => (state.diverged === null ? fed.algorithm.rule.task(state.server) : null),
  fold: (state, updates) => folded(trial, fed, state, updates),
})

/** Measures every metric of the experiment, after the rounds where that is due. */
function measurerOf(trial: PgTrial, fed: PgFederation): (state: PgRunState) => Measure[] {
  let now: PgRunState | null = null
  const recorder = recorderOf(trial, fed, (agent) => knownOf(fed, now as PgRunState, agent))
  return (state) => {
    const { server, drift, bytes, clusters, diverged } = state
    if (diverged !== null || server.phase !== 0 || !isDue(trial.settings, server.round)) return []
    now = state
    const cost = { samples: 0, rounds: server.round, bytes }
    recorder.record(server, { drift, clusters: fed.contract.clusters > 1 ? [...clusters] : [], cost })
    return recorder.rows.splice(0).map(({ metric, value }) => [metric, value])
  }
}

/** Closes a phase as a simulation does, which ends where something diverges. */
function folded(
  { settings }: PgTrial,
  fed: PgFederation,
  state: PgRunState,
  updates: readonly PgUpdate[],
): PgRunState {
  const { rule, phases } = fed.algorithm
  const { server } = state
  const stray = strayUpdate(updates, phases[server.phase])
  if (stray !== undefined) return { ...state, diverged: { round: server.round + 1, agent: stray.agent } }
  const task = rule.task(server)
  const countsBytes = settings.evaluate.metrics.includes('bytes')
  const bytes = state.bytes + (countsBytes && task !== null ? bytesOf(fed, task, updates) : 0)
  const next = rule.fold(server, updates)
  if (next.phase !== 0) return { ...state, server: next, bytes }
  const clusters = state.clusters.slice()
  for (const { agent, cluster } of updates) if (cluster !== null) clusters[agent] = cluster
  const ends = updates.map((update) => ({
    ...knownOf(fed, { ...state, clusters }, update.agent),
    theta: endOf(fed, server, update),
  }))
  try {
    refuseDiverged(next, ends)
  } catch (error) {
    if (!(error instanceof Diverged)) throw error
    const agent = error.agent === null ? null : (updates[error.agent]?.agent ?? null)
    return { ...state, bytes, diverged: { round: error.round, agent } }
  }
  return { ...state, server: next, clusters, drift: driftOf(fed, ends), bytes }
}

/** Where the local steps of an agent ended, [d], worked out from what it sent: its own sum, to rounding. */
function endOf(
  { contract: { shared } }: PgFederation,
  { theta }: PgServerState,
  { vector, cluster }: PgUpdate,
): Float64Array {
  const from = (cluster ?? 0) * shared
  return addScaled(theta.subarray(from, from + shared), 1, vector)
}
