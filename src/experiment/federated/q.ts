/** One (variant, seed) of Q-learning as a federation: contract, codec, server rule, and what is measured of the server's table. */
import type { CarriedOut, FederationServer } from '../../federation/server.ts'
import type { Measure, ServedRun } from '../../federation/served-run.ts'
import { valueRange } from '../../numeric/initial-table.ts'
import { decodeUpdate, taskFrame, type QShape } from '../../protocol/q-codec.ts'
import type { QContract } from '../../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'
import { qUpdateIssues, tableBounds, type QRules } from '../../protocol/q-rules.ts'
import { collect, type CollectState } from '../../server/collect.ts'
import { federatedQ, type QServerState } from '../../server/federated-q.ts'
import { rebaseQ } from '../../server/round-machine/rebase.ts'
import type { ServerRule } from '../../server/rule.ts'
import { evaluator, truth, type Cost, type Evaluate } from '../evaluator.ts'
import { agentsOf, type QSettings } from '../experiment.ts'
import { samplesOfStep } from '../kernel-problem.ts'
import { notesOf } from '../notes.ts'
import { buildProblem } from '../problem.ts'
import type { GivenParticipation } from '../participation.ts'
import type { Problem } from '../simulation.ts'
import { traffic, type Traffic } from '../traffic.ts'
import type { Outcome, Trial } from '../trial.ts'

/** What carries a run out: a server with its agents, or a record with agents made again. */
export type Carrier = Pick<FederationServer, 'carryOut'>

/** A trial of Q-learning. */
export type QTrial = Trial & { readonly settings: QSettings }

/** The contract of a run, which the server and every agent work out for themselves. */
export function contractOf(settings: QSettings, problem: Problem, seed: number): QContract {
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

/** What a codec holds messages against. */
export const shapeOf = ({ states, actions, agents, syncPeriod, averaging }: QContract): QShape => ({
  entries: states * actions,
  agents,
  steps: syncPeriod,
  averaging,
})

/** The problem as it is known where no experience is: the model and the ranges, no log and no behaviour. */
export const commonProblem = (settings: QSettings, seed: number, folder: string): Promise<Problem> =>
  buildProblem(
    { ...settings, agents: { count: agentsOf(settings), experience: 'own', behavior: 'uniform' } },
    seed,
    folder,
  )

/** What the server knows between two rounds, and what they have cost. */
interface CountedState<State> {
  readonly rule: State
  /** encoded frames both ways, by the formula of simulations */
  readonly bytes: number
  /** steps of all agents, in Updates that were folded */
  readonly steps: number
}

/** Carries out a trial on a server. @throws InputError where its files are wrong */
export async function carryOutQ(
  server: Carrier,
  trial: QTrial,
  variant: number,
  folder: string,
  participation: GivenParticipation,
): Promise<Outcome> {
  const problem = await commonProblem(trial.settings, trial.seed, folder)
  const contract = contractOf(trial.settings, problem, trial.seed)
  const { states, actions, agents } = contract
  const carry = <State>(rule: ServerRule<State, QTask, QUpdate>, at: (state: State) => Progress) =>
    server.carryOut(servedQ(trial, variant, problem, contract, rule, at, participation))
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
  participation: GivenParticipation,
): ServedRun<CountedState<State>, QTask, QUpdate> {
  const { algorithm } = settings
  const isDue = dueIn(settings, contract)
  const measure = measurerOf(settings, problem)
  const samplesPerStep = samplesOfStep(algorithm, problem)
  const shape = shapeOf(contract)
  const rules: QRules = {
    reports: algorithm.name === 'fed-asyn-q' ? 'visited' : 'all',
    perAgent: contract.initial === 'perAgent',
    bounds: tableBounds(contract.valueRange, contract.initial),
  }
  return {
    variant,
    seed,
    settings: { agents: contract.agents, phases: 1, participation, rebase: rebaseQ },
    rule: counted(rule, traffic({ algorithm, entries: shape.entries })),
    taskFrame,
    decodeUpdate: (frame) => decodeUpdate(frame, shape),
    issuesOf: (update, task) => qUpdateIssues(update, task, rules),
    measure({ rule: state, bytes, steps: taken }) {
      const now = at(state)
      const rounds = algorithm.name === 'q-learning' ? 0 : Math.ceil(now.step / contract.syncPeriod)
      return isDue(now.step, rounds) ? measure(now, { samples: taken * samplesPerStep, rounds, bytes }) : []
    },
  }
}

/** The rule, with what its rounds have cost. */
function counted<State>(
  rule: ServerRule<State, QTask, QUpdate>,
  bytesOf: Traffic,
): ServerRule<CountedState<State>, QTask, QUpdate> {
  return {
    init: () => ({ rule: rule.init(), bytes: 0, steps: 0 }),
    task: (state) => rule.task(state.rule),
    fold(state, updates) {
      const next = rule.fold(state.rule, updates)
      const task = rule.task(state.rule)
      if (task === null) return { ...state, rule: next }
      const who = Uint32Array.from(updates, ({ agent }) => agent)
      const reported = Uint32Array.from(updates, ({ changes }) => changes.length)
      return {
        rule: next,
        bytes: state.bytes + bytesOf(task.round, task.step, task.steps, reported, who),
        steps: state.steps + updates.length * task.steps,
      }
    },
  }
}

/** Whether rows are due: at the first averaging at or after each multiple of `every`, and at the end. */
function dueIn({ evaluate: { every } }: QSettings, { syncPeriod, steps }: QContract) {
  return (step: number, round: number): boolean => {
    const before = Math.max(0, round - 1) * syncPeriod
    return step === steps || Math.floor(step / every) > Math.floor(before / every)
  }
}

/** Measures every metric of the experiment. */
function measurerOf({ evaluate }: QSettings, problem: Problem): (now: Progress, cost: Cost) => Measure[] {
  const measureOne: Evaluate = evaluator(problem.model?.mdp ?? null)
  return ({ table }, cost) => {
    const measured = { table: () => table, distance: () => distanceOf(table, problem) }
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
