/** Simulates one (variant, seed) of policy gradients: the same learners, rule and loop as a live federation, all in this process. */
import { localSteps } from '../../agent/local-steps.ts'
import { isPolicyAveraging } from '../../algorithm/policy-averaging.ts'
import { localCohort } from '../../federation/cohort/local.ts'
import { federate } from '../../federation/loop.ts'
import type { PgAgentState } from '../../agent/pg-learner.ts'
import { optimalReturn } from '../../mdp/soft-evaluation.ts'
import { softmaxPolicy } from '../../mdp/softmax.ts'
import type { Row } from '../../metrics/row.ts'
import { mean } from '../../numeric/statistics.ts'
import { diverged } from '../../numeric/vector.ts'
import { pgTaskBytes, pgUpdateBytes } from '../../protocol/pg-codec.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'
import type { PgServerState } from '../../server/pg-rule.ts'
import { Interrupted } from '../errors.ts'
import { pgNotesOf } from '../notes.ts'
import type { SimulateOptions } from '../simulate.ts'
import type { Outcome, Trial } from '../trial.ts'
import { pgEvaluator, type PgMeasured } from './evaluator.ts'
import { pgFederation, usualOracle, type PgFederation } from './federation.ts'
import type { PgProblem } from './problem.ts'
import type { PgSettings } from './spec.ts'
import { safeRegion } from './step-size.ts'
import { counted, Diverged, spread, watched } from './watch.ts'

/** One (variant, seed), its problem built. */
export interface PgTrial extends Trial {
  readonly settings: PgSettings
  readonly problem: PgProblem
}

/** What an agent of any oracle knows between two Tasks. */
export type AgentState = PgAgentState<unknown>

/** Milliseconds between two looks at the outside (progress, the wish to stop). */
const BREATH_MS = 50

/**
 * Carries out a trial. A run whose parameters diverge ends early, with its rows so far, the last parameters that were finite, and a
 * note of the round, the agent and the largest step size that theory calls safe.
 * @throws Interrupted when the signal is aborted
 */
export async function simulatePolicyGradient(
  trial: PgTrial,
  { cpuSeconds = () => 0, signal, onProgress }: SimulateOptions = {},
): Promise<Outcome> {
  const { settings, problem, seed } = trial
  const cost = { samples: 0, rounds: 0, bytes: 0 }
  const usual = usualOracle(settings, problem)
  const fed = pgFederation(settings, problem, seed, (agent) =>
    counted(usual(agent), (samples) => void (cost.samples += samples)),
  )
  const agents = Array.from({ length: fed.contract.agents }, (_, agent) => agent)
  const cohort = localCohort(agents.map((agent) => fed.algorithm.learner(agent)))
  const statesNow = (): AgentState[] => agents.map((agent) => cohort.state(agent))
  let states: readonly AgentState[] = statesNow()
  const recorder = recorderOf(trial, fed, (agent) => states[agent] as AgentState)
  const breathe = breathing(signal)
  // Lengths of frames take as long to work out as many a gradient.
  const countsBytes = settings.evaluate.metrics.includes('bytes')
  let clusters: readonly number[] = []
  const hear = async (task: PgTask, updates: readonly PgUpdate[]): Promise<void> => {
    if (countsBytes) cost.bytes += bytesOf(fed, task, updates)
    clusters = updates.flatMap(({ cluster }) => cluster ?? [])
    await breathe()
  }
  const cpuBefore = cpuSeconds()
  let last: PgServerState = fed.algorithm.rule.init()
  const notes = pgNotesOf(settings)
  try {
    await federate(fed.algorithm.rule, watched(cohort, fed.algorithm.phases, hear), (state) => {
      if (state.phase !== 0) return
      const now = statesNow()
      refuseDiverged(state, now)
      states = now
      last = state
      cost.rounds = state.round
      if (isDue(settings, state.round))
        recorder.record(state, { drift: driftOf(fed, states), clusters, cost: { ...cost } })
      onProgress?.(state.round * settings.algorithm.localSteps * problem.agents)
    })
    recorder.personalize(last)
  } catch (error) {
    if (!(error instanceof Diverged)) throw error
    notes.push(divergenceNote(error, trial, fed))
  }
  return {
    rows: recorder.rows,
    tensors: recorder.model(last),
    notes,
    agentSteps: last.round * settings.algorithm.localSteps * problem.agents,
    kernelCpuSeconds: cpuSeconds() - cpuBefore,
    bound: null,
  }
}

/** Whether rows are written after so many rounds. */
export const isDue = ({ algorithm, evaluate }: PgSettings, round: number): boolean =>
  round % evaluate.every === 0 || round === algorithm.rounds

/** @throws Diverged naming the agent, or the server where only the common parameters are lost */
export function refuseDiverged({ round, theta }: PgServerState, states: readonly AgentState[]): void {
  const lost = states.findIndex((state) => diverged(state.theta))
  if (lost >= 0) throw new Diverged(round, lost)
  if (diverged(theta)) throw new Diverged(round, null)
}

/** How far the agents' last iterates lie apart, in the parameters that are common; in all where none are. */
export const driftOf = (
  { contract: { shared, size } }: PgFederation,
  states: readonly AgentState[],
): number => spread(states.map(({ theta }) => theta.subarray(0, shared === 0 ? size : shared)))

/** Encoded frames of one phase, both ways; the one learner of `central` sends none. */
export function bytesOf({ contract }: PgFederation, task: PgTask, updates: readonly PgUpdate[]): number {
  if (contract.algorithm === 'central') return 0
  const down = updates.length * pgTaskBytes(contract, task)
  return updates.reduce((sum, update) => sum + pgUpdateBytes(contract, update), down)
}

/** Lets timers, messages and the wish to stop through, no more often than every {@link BREATH_MS}. */
function breathing(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < BREATH_MS) return
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    last = performance.now()
    if (signal?.aborted === true) throw new Interrupted('interrupted')
  }
}

/** Rows and the final model of a trial, from the states that the agents had after the last round that ended well. */
export function recorderOf(
  { variant, seed, settings, problem }: PgTrial,
  { contract, algorithm, policyParameters }: PgFederation,
  stateOf: (agent: number) => AgentState,
) {
  const { evaluate } = settings
  const { average } = problem.truth ?? { average: null }
  const optimum = average === null ? null : optimalReturn(average, settings.algorithm.entropy)
  const measure = pgEvaluator(problem, optimum, seed, evaluate.episodes)
  const isCommon = contract.clusters === 1 && contract.shared === contract.size
  const own = (theta: Float64Array, agent: number): Float64Array =>
    policyParameters(algorithm.parameters(stateOf(agent), theta))
  const rows: Row[] = []
  const personal: Float64Array[] = []
  const rowOf = (round: number, metric: string, value: number): void =>
    void rows.push({ variant, seed, round, step: round * contract.localSteps, metric, value })
  return {
    rows,
    record({ round, theta }: PgServerState, heard: Pick<PgMeasured, 'drift' | 'clusters' | 'cost'>): void {
      const common = isCommon ? policyParameters(theta) : null
      const parameters = (agent: number): Float64Array => common ?? own(theta, agent)
      const measured = measure({ ...heard, common, parameters })
      for (const metric of evaluate.metrics)
        for (const { metric: name, value } of measured(metric)) rowOf(round, name, value)
    },
    /** Some plain local steps of every agent, never sent. */
    personalize({ round, theta }: PgServerState): void {
      const how = settings.algorithm.personalize
      if (how === undefined) return
      const ends = Array.from({ length: problem.agents }, (_, agent) => {
        const oracle = problem.oracle(agent)
        // the one learner of central has the experience of all, which is no agent's
        const position = contract.algorithm === 'central' ? oracle.start() : stateOf(agent).position
        const start = isCommon ? policyParameters(theta) : own(theta, agent)
        const end = localSteps(oracle, start, position, how.steps, how.stepSize).theta
        if (diverged(end)) throw new Diverged(round, agent, how.stepSize)
        return end
      })
      for (const end of ends) personal.push(end)
      if (!evaluate.metrics.includes('personalJ')) return
      const values = personal.map((parameters, agent) => problem.truth?.own[agent]?.value(parameters) ?? NaN)
      rowOf(round, 'personalJ', mean(values))
      for (const [agent, value] of values.entries()) rowOf(round, `personalJ.${agent}`, value)
    },
    model: ({ theta }: PgServerState) => modelOf(theta),
  }

  function modelOf(theta: Float64Array): Outcome['tensors'] {
    const { shape } = problem
    const all = Array.from({ length: problem.agents }, (_, agent) => agent)
    const tensors: Record<string, Outcome['tensors'][string]> = {}
    if (contract.algorithm === 'qavg') tensors['q'] = { shape, data: theta }
    else if (contract.algorithm === 'projpavg') tensors['pi'] = { shape, data: theta }
    else if (isCommon) tensors['theta'] = { shape, data: theta }
    else
      tensors['theta'] = stacked(
        all.map((agent) => algorithm.parameters(stateOf(agent), theta)),
        shape,
      )
    if (contract.clusters > 1)
      tensors['clusters'] = { shape: [contract.clusters, contract.shared], data: theta }
    if (isCommon && settings.algorithm.policy === 'softmax' && tensors['pi'] === undefined)
      tensors['pi'] = { shape, data: softmaxPolicy(policyParameters(theta), shape[1] ?? 1) }
    if (personal.length > 0) tensors['personal'] = stacked(personal, shape)
    return tensors
  }
}

/** Equally shaped arrays as one, [N, ...shape]. */
function stacked(parts: readonly Float64Array[], shape: readonly number[]): Outcome['tensors'][string] {
  const size = parts[0]?.length ?? 0
  const data = new Float64Array(parts.length * size)
  for (const [i, part] of parts.entries()) data.set(part, i * size)
  return { shape: [parts.length, ...shape], data }
}

/** Where a run diverged, and the largest step size that theory calls safe, in words. */
export function divergenceNote(
  { round, agent, ownStepSize }: Diverged,
  { settings, problem, seed }: PgTrial,
  fed: PgFederation,
): string {
  const { contract } = fed
  const where = agent === null ? 'at the server' : `at agent ${agent}`
  const region =
    ownStepSize === null && isPolicyAveraging(contract.algorithm)
      ? null
      : safeRegion(settings, problem, contract.initial.subarray(0, contract.size), seed)
  const why = problem.truth === null ? 'no model is known' : `${contract.algorithm} takes no gradient steps`
  const advice =
    region === null
      ? `${why}, so theory gives no largest step size`
      : `the largest that theory calls safe is ${region.largest.toPrecision(3)}, for an estimated L of ${region.smoothness.toPrecision(3)}`
  const how =
    ownStepSize === null
      ? `in round ${round} ${where} with stepSize ${contract.stepSize}`
      : `${where} in its own steps after round ${round} with personalize.stepSize ${ownStepSize}`
  return `Seed ${seed} diverged ${how}: a parameter is not a number, or above 1e8; ${advice}.`
}
