/**
 * CPU time of an environment step of sampled gradients (GPOMDP, no baseline) of tabular softmax policies: whole calls of `gradient`, into
 * one vector again and again, or into a fresh one each. Beside them a native yardstick, called as `PATH S A successors horizon rollouts gradients gamma seed`, that
 * prints a line with its `<number> ns cpu per environment step`.
 */
import { spawnSync } from 'node:child_process'
import { sampledOracle } from '../src/agent/gradient-oracle/sampled.ts'
import type { SampledState } from '../src/agent/gradient-oracle/sampled.ts'
import { compiledWalker } from '../src/agent/gradient-oracle/sampled/compiled.ts'
import { plainWalker } from '../src/agent/gradient-oracle/sampled/plain.ts'
import { garnet } from '../src/mdp/families.ts'
import { NOBODY, Purpose, streamOf, uniform } from '../src/numeric/stream.ts'
import { contestant, interleave, ratioOf, spreadOf } from './measure.ts'
import type { Contestant, Effort, Spread } from './measure.ts'
import { DISCOUNT } from './problems.ts'
import { circumstances, described, record, table } from './results.ts'

interface Cell {
  readonly states: number
  readonly actions: number
  /** next states of a pair */
  readonly successors: number
  readonly horizon: number
  readonly rollouts: number
}

const SIZES = [
  [5, 4, 5],
  [100, 10, 5],
  [1000, 10, 20],
] as const
const CELLS: readonly Cell[] = SIZES.flatMap(([states, actions, successors]) =>
  [40, 100].flatMap((horizon) =>
    [1, 8, 32].map((rollouts) => ({ states, actions, successors, horizon, rollouts })),
  ),
)

/** Gradients one after the other from one agent's experience, at a theta drawn from [0, 1). `fresh` is compiled too. */
function oracleContestant(
  name: 'compiled' | 'plain' | 'fresh',
  { states, actions, successors, horizon, rollouts }: Cell,
  effort: Effort,
): Contestant {
  const stream = streamOf(1, NOBODY, Purpose.model)
  const { mdp } = garnet({ states, actions, branching: successors, discount: DISCOUNT }, stream)
  const settings = { estimator: 'gpomdp', rollouts, horizon, baseline: 'none', entropy: 0 } as const
  const oracle = sampledOracle(mdp, settings, 1, 0, name === 'plain' ? plainWalker : compiledWalker)
  const theta = new Float64Array(oracle.size).map(() => uniform(stream))
  const into = name === 'fresh' ? undefined : new Float64Array(oracle.size)
  let state: SampledState = oracle.start()
  const run = (calls: number): void => {
    for (let call = 0; call < calls; call++) state = oracle.gradient(theta, state, into).state
  }
  // the first calls compile, which would pass for a full budget
  run(100)
  return contestant(name, effort, horizon * rollouts, run)
}

/**
 * The program at `path` as a contestant.
 * @throws Error when it fails, or prints no such line
 */
function nativeContestant(
  path: string,
  { states, actions, successors, horizon, rollouts }: Cell,
  { budget }: Effort,
): Contestant {
  const run = (gradients: number): number => {
    const words = [states, actions, successors, horizon, rollouts, gradients, DISCOUNT, 1].map(String)
    const { status, stdout, stderr, error } = spawnSync(path, words, { encoding: 'utf8' })
    const ns = /([\d.]+) ns cpu per environment step/.exec(stdout ?? '')?.[1]
    if (status === 0 && ns !== undefined) return Number(ns)
    throw new Error(
      `${path} ${words.join(' ')}: expected "<number> ns cpu per environment step", got ${error?.message ?? `${stdout}${stderr}`}`,
    )
  }
  const steps = horizon * rollouts
  const first = run(Math.max(1, Math.round(budget / (100 * steps))))
  const filling = Math.max(1, Math.round(budget / (first * steps)))
  return { name: 'native', measure: () => run(filling) }
}

const RATIOS = [
  ['compiled', 'native'],
  ['fresh', 'native'],
  ['plain', 'compiled'],
] as const

function resultOf(cell: Cell, effort: Effort, native: string | undefined) {
  const times = interleave(
    [
      oracleContestant('compiled', cell, effort),
      oracleContestant('plain', cell, effort),
      oracleContestant('fresh', cell, effort),
      ...(native === undefined ? [] : [nativeContestant(native, cell, effort)]),
    ],
    effort,
  )
  return {
    ...cell,
    ns: Object.fromEntries([...times].map(([name, list]) => [name, spreadOf(list)])),
    ratios: Object.fromEntries(
      RATIOS.flatMap(([name, to]) => {
        const ratio = ratioOf(times, name, to)
        return ratio === null ? [] : [[`${name}/${to}`, ratio]]
      }),
    ),
  }
}

const shown = (value: Spread | undefined, digits: number): string =>
  value
    ? `${value.median.toFixed(digits)} (${value.low.toFixed(digits)} to ${value.high.toFixed(digits)})`
    : ''

const HEADER = [
  'S, A, successors',
  'K',
  'M',
  'compiled, ns',
  'native, ns',
  'compiled / native',
  'fresh / native',
  'plain / compiled',
]

function rowOf({
  states,
  actions,
  successors,
  horizon,
  rollouts,
  ns,
  ratios,
}: ReturnType<typeof resultOf>): string[] {
  return [
    `${states}, ${actions}, ${successors}`,
    `${horizon}`,
    `${rollouts}`,
    shown(ns['compiled'], 1),
    shown(ns['native'], 1),
    shown(ratios['compiled/native'], 2),
    shown(ratios['fresh/native'], 2),
    shown(ratios['plain/compiled'], 1),
  ]
}

/**
 * Measures and prints all cells.
 * @param native path of the yardstick
 * @param keep whether to record the results
 */
export async function policyGradient(
  effort: Effort,
  native: string | undefined,
  keep: boolean,
): Promise<void> {
  const where = circumstances()
  console.log(table(HEADER, []))
  const cells = CELLS.map((cell) => {
    const result = resultOf(cell, effort, native)
    console.log(`| ${rowOf(result).join(' | ')} |`)
    return result
  })
  if (!keep) return
  const command = `npm run bench -- --policy-gradient${native === undefined ? '' : ' --native-pg PATH'}`
  const data = { ...where, command, ...effort, cells }
  await record('policy-gradient', data, `${described(where, command)}\n\n${table(HEADER, cells.map(rowOf))}`)
}
