/** One (variant, seed) of Q-learning as a federation: contract, codec, server rule, learners, and what is measured of the server's table. */
import type { Experience } from '../../agent/experience.ts'
import { replayExperience } from '../../agent/experience/replay.ts'
import { walkExperience, type WalkState } from '../../agent/experience/walk.ts'
import type { Learner } from '../../agent/learner.ts'
import { fedAsynQ } from '../../algorithm/fed-asyn-q.ts'
import { fedSynQ } from '../../algorithm/fed-syn-q.ts'
import { qLearning } from '../../algorithm/q-learning.ts'
import { agentRun, type AgentRun } from '../../federation/agent-run.ts'
import type { CarriedOut, FederationServer } from '../../federation/server.ts'
import type { Measure, ServedRun } from '../../federation/served-run.ts'
import { startLaw, type Policy } from '../../mdp/policy.ts'
import { valueRange } from '../../numeric/initial-table.ts'
import { decodeTask, decodeUpdate, encodeUpdate, taskFrame, type QShape } from '../../protocol/q-codec.ts'
import type { QContract } from '../../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'
import { collect, type CollectState } from '../../server/collect.ts'
import { federatedQ, type QServerState } from '../../server/federated-q.ts'
import { rebaseQ } from '../../server/round-machine/rebase.ts'
import type { ServerRule } from '../../server/rule.ts'
import { InputError } from '../errors.ts'
import { evaluator, truth, type Evaluate } from '../evaluator.ts'
import type { QSettings } from '../experiment.ts'
import { samplesOfStep } from '../kernel-problem.ts'
import { notesOf } from '../notes.ts'
import { buildProblem } from '../problem.ts'
import type { Problem } from '../simulation.ts'
import { traffic } from '../traffic.ts'
import { agentsOf, type Outcome, type Trial } from '../trial.ts'
import { newest } from './newest.ts'

/** A trial of Q-learning. */
export type QTrial = Trial & { readonly settings: QSettings }

/** The contract of a run, which the server and every agent work out for themselves. */
function contractOf(settings: QSettings, problem: Problem, seed: number): QContract {
  const { algorithm } = settings
  return {
    states: problem.states,
    actions: problem.actions,
    agents: agentsOf(settings),
    discount: problem.discount,
    stepSize: algorithm.stepSize,
    averaging: algorithm.name === 'fed-asyn-q' ? algorithm.averaging : 'equal',
    syncPeriod:
      algorithm.name === 'q-learning' ? algorithm.steps : Math.min(algorithm.syncPeriod, algorithm.steps),
    steps: algorithm.steps,
    initial: algorithm.initial,
    initialSeed: algorithm.initialSeed ?? seed,
    valueRange: valueRange(problem.rewardRange, problem.discount),
    terminal: problem.model?.mdp.terminal ?? null,
  }
}

const shapeOf = ({ states, actions, agents, syncPeriod, averaging }: QContract): QShape => ({
  entries: states * actions,
  agents,
  steps: syncPeriod,
  averaging,
})

/** The problem as it is known where no experience is: the model and the ranges, no log and no behaviour. */
const commonProblem = (settings: QSettings, seed: number, folder: string): Promise<Problem> =>
  buildProblem(
    { ...settings, agents: 'logs' in settings.agents ? { logs: [] } : { count: 1, behavior: 'uniform' } },
    seed,
    folder,
  )

/** What the server knows between two rounds, and what they have cost. */
interface CountedState<State> {
  readonly rule: State
  /** encoded frames both ways, by the formula of simulations */
  readonly bytes: number
}

/** Carries out a trial on a server. @throws InputError where its files are wrong */
export async function carryOutQ(
  server: FederationServer,
  trial: QTrial,
  variant: number,
  folder: string,
): Promise<Outcome> {
  const problem = await commonProblem(trial.settings, trial.seed, folder)
  const contract = contractOf(trial.settings, problem, trial.seed)
  const { states, actions, agents } = contract
  const carry = <State>(rule: ServerRule<State, QTask, QUpdate>, at: (state: State) => Progress) =>
    server.carryOut(servedQ(trial, variant, problem, contract, rule, at))
  if (trial.settings.algorithm.name === 'q-learning') {
    const { state, measured } = await carry(collect(contract), (now: CollectState) => ({
      step: now.tables === null ? 0 : contract.steps,
      table: now.tables ?? new Float64Array(agents * states * actions),
    }))
    const tables = state.rule.tables ?? new Float64Array(0)
    return outcomeOf(trial, problem, contract, measured, { shape: [agents, states, actions], data: tables })
  }
  const { state, measured } = await carry(federatedQ(contract), (now: QServerState) => now)
  return outcomeOf(trial, problem, contract, measured, { shape: [states, actions], data: state.rule.table })
}

/** How far a run has come. */
interface Progress {
  /** steps per agent done */
  readonly step: number
  /** [S * A], or [K * S * A] of independent learners */
  readonly table: Float64Array
}

function servedQ<State>(
  { seed, settings }: QTrial,
  variant: number,
  problem: Problem,
  contract: QContract,
  rule: ServerRule<State, QTask, QUpdate>,
  at: (state: State) => Progress,
): ServedRun<CountedState<State>, QTask, QUpdate> {
  const { algorithm, evaluate } = settings
  const { agents, syncPeriod, steps } = contract
  const bytesOf = traffic({ algorithm, agents, entries: contract.states * contract.actions })
  const measure = measurerOf(settings, problem, agents)
  const shape = shapeOf(contract)
  return {
    variant,
    seed,
    settings: { agents, phases: 1, participation: {}, rebase: rebaseQ },
    rule: {
      init: () => ({ rule: rule.init(), bytes: 0 }),
      task: (state) => rule.task(state.rule),
      fold(state, updates) {
        const task = rule.task(state.rule)
        const reported = new Uint32Array(agents)
        for (const { agent, changes } of updates) reported[agent] = changes.length
        const bytes = task === null ? 0 : bytesOf(task.round, task.step, task.steps, reported)
        return { rule: rule.fold(state.rule, updates), bytes: state.bytes + bytes }
      },
    },
    taskFrame,
    decodeUpdate: (frame) => decodeUpdate(frame, shape),
    measure({ rule: state, bytes }) {
      const now = at(state)
      const round = algorithm.name === 'q-learning' ? 0 : Math.ceil(now.step / syncPeriod)
      const before = Math.max(0, round - 1) * syncPeriod
      const due = Math.floor(now.step / evaluate.every) > Math.floor(before / evaluate.every)
      return due || now.step === steps ? measure(now, round, bytes) : []
    },
  }
}

/** Measures every metric of the experiment. */
function measurerOf(
  { algorithm, evaluate }: QSettings,
  problem: Problem,
  agents: number,
): (now: Progress, round: number, bytes: number) => Measure[] {
  const measureOne: Evaluate = evaluator(problem.model?.mdp ?? null)
  const samplesPerStep = agents * samplesOfStep(algorithm, problem)
  return ({ step, table }, round, bytes) => {
    const measured = { table: () => table, distance: () => distanceOf(table, problem) }
    const cost = { samples: step * samplesPerStep, rounds: round, bytes }
    return evaluate.metrics.map((metric) => [metric, measureOne(metric, measured, cost)])
  }
}

/** max |Q - Q*|, the mean of it over the tables of independent learners. */
function distanceOf(tables: Float64Array, { model }: Problem): number {
  if (model === null) return NaN
  const { counted } = truth(model.mdp)
  let sum = 0
  for (let from = 0; from < tables.length; from += counted.length) {
    let largest = 0
    for (let entry = 0; entry < counted.length; entry++) {
      const distance = Math.abs((tables[from + entry] as number) - (counted[entry] as number))
      // false for the pairs that do not count, whose truth is NaN
      largest = distance > largest ? distance : largest
    }
    sum += largest
  }
  return sum / (tables.length / counted.length)
}

function outcomeOf(
  { variant, seed, settings }: QTrial,
  problem: Problem,
  { agents, steps, syncPeriod }: QContract,
  measured: CarriedOut<unknown>['measured'],
  q: Outcome['tensors'][string],
): Outcome {
  const alone = settings.algorithm.name === 'q-learning'
  return {
    rows: measured.flatMap((line) => {
      const step = Math.min(steps, (line.round + 1) * syncPeriod)
      const round = alone ? 0 : line.round + 1
      return line.measured.map(([metric, value]) => ({ variant, seed, round, step, metric, value }))
    }),
    tensors: { q },
    notes: [
      ...notesOf(settings.algorithm, problem),
      ...(alone
        ? ['Agents that learn alone tell their tables once: nothing is measured before the end.']
        : []),
    ],
    agentSteps: steps * agents,
    kernelCpuSeconds: 0,
    bound: problem.model === null ? null : truth(problem.model.mdp).bound,
  }
}

/** What an agent of Q-learning is made from. */
export interface QAgentSource {
  readonly settings: QSettings
  readonly seed: number
  /** its index */
  readonly agent: number
  readonly folder: string
  /** a log of its own, in place of the one that the file names for it */
  readonly log?: string
}

/** Agents of one process share what they all take from the experiment. */
const commonProblems = newest<Problem>()
const wholeProblems = newest<Problem>()

/** The run of one agent. @throws InputError where its log is wrong, or does not fit the experiment */
export async function joinQ(source: QAgentSource): Promise<AgentRun> {
  const { settings, seed, agent, folder } = source
  const key = JSON.stringify([settings, seed, folder])
  const common = await commonProblems(key, () => commonProblem(settings, seed, folder))
  const contract = contractOf(settings, common, seed)
  const shape = shapeOf(contract)
  const run = <State>(learner: Learner<State, QTask, QUpdate>): AgentRun =>
    agentRun({ phases: 1, learner, decodeTask: (frame) => decodeTask(frame, shape), encodeUpdate })
  if (settings.algorithm.name === 'fed-syn-q') {
    if (common.model === null) throw new RangeError('joinQ: fed-syn-q needs a model')
    return run(fedSynQ(contract, common.model.mdp, seed).learner(agent))
  }
  const algorithm = settings.algorithm.name === 'q-learning' ? qLearning : fedAsynQ
  const withExperience = <State>(experience: Experience<State>): AgentRun =>
    run(algorithm(contract, () => experience).learner(agent))
  return 'logs' in settings.agents
    ? withExperience(await replayOf(source, settings.agents.logs, common))
    : withExperience(walkOf(source, await wholeProblems(key, () => buildProblem(settings, seed, folder))))
}

function walkOf({ seed, agent }: QAgentSource, { model, experience }: Problem): Experience<WalkState> {
  if (model === null || experience.kind === 'logs')
    throw new RangeError('joinQ: agents without logs need a model')
  const { behaviors } = experience
  const table = behaviors.of[agent] as number
  const law = startLaw(behaviors, table, model.mdp.initial)
  return walkExperience(model.mdp, behaviors.tables[table] as Policy, law, seed, agent)
}

async function replayOf(
  { settings, seed, agent, folder, log: own }: QAgentSource,
  logs: readonly string[],
  common: Problem,
): Promise<Experience<number>> {
  const path = own ?? logs[agent] ?? ''
  const { experience, rewardRange } = await buildProblem(
    { ...settings, agents: { logs: [path] } },
    seed,
    folder,
  )
  const [log] = experience.kind === 'logs' ? experience.logs : []
  if (log === undefined) throw new RangeError('joinQ: expected a log, got none')
  const [low, high] = common.rewardRange
  const isWider = rewardRange[0] < low || rewardRange[1] > high
  if (isWider && typeof settings.algorithm.initial !== 'number')
    throw new InputError(
      path,
      `expected rewards in [${low}, ${high}], those of the model, which bound the random initial tables of all agents; got rewards in [${rewardRange.join(', ')}]`,
    )
  return replayExperience(log, common.actions)
}
