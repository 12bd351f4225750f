/**
 * CPU time of an agent-step, averaging included: the compiled kernel with one variant, with two in its lanes and with eight seeds in a
 * block, its plain twin, the loop that people write and native yardsticks, interleaved in one run.
 *
 *   npm run bench                       all sizes; writes bench/results/ and docs/performance.md
 *   npm run bench -- --native PATH      beside a native yardstick with float64 tables; --native32 PATH: with float32 tables
 *   npm run bench -- --quick            fewer and shorter repetitions; prints only
 *   npm run bench -- --only 20,5        sizes of that many states and actions; prints only
 *   npm run bench -- --scaling          cost over the number of agents, and the time to load the kernel
 *   npm run bench -- --policy-gradient  sampled policy gradients; --native-pg PATH: beside a native yardstick of theirs
 */
import { parseArgs } from 'node:util'
import { contestantsOf } from './contestants.ts'
import { interleave, ratioOf, spreadOf } from './measure.ts'
import type { Spread } from './measure.ts'
import { policyGradient } from './policy-gradient.ts'
import { AVERAGINGS } from './problems.ts'
import type { Cell } from './problems.ts'
import { circumstances, described, record, table } from './results.ts'
import { scaling } from './scaling.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    native: { type: 'string' },
    native32: { type: 'string' },
    scaling: { type: 'boolean', default: false },
    'policy-gradient': { type: 'boolean', default: false },
    'native-pg': { type: 'string' },
  },
})

const EFFORT = options.quick ? { budget: 2e7, repetitions: 3 } : { budget: 6e7, repetitions: 5 }
const SIZES = [
  [20, 5, 'dense'],
  [100, 10, 'dense'],
  [1000, 10, 'dense'],
  [10000, 20, 'sparse'],
] as const
const CELLS: readonly Cell[] = SIZES.filter(
  ([states, actions]) => options.only === undefined || options.only === `${states},${actions}`,
).flatMap(([states, actions, kind]) =>
  [1, 4, 20, 100].flatMap((agents) => [10, 100, 1000].map((tau) => ({ states, actions, kind, agents, tau }))),
)

/** What is divided by what. */
const RATIOS = [
  ['compiled', 'native'],
  ['paired', 'native'],
  ['seeds', 'native'],
  ['compiled', 'native32'],
  ['plain', 'compiled'],
  ['textbook', 'compiled'],
] as const

const shown = (value: Spread | null | undefined, digits: number): string =>
  value
    ? `${value.median.toFixed(digits)} (${value.low.toFixed(digits)} to ${value.high.toFixed(digits)})`
    : ''

/** Measures a cell: a result for each averaging. */
async function resultsOf(cell: Cell) {
  const times = interleave(await contestantsOf(cell, EFFORT, options), EFFORT)
  return AVERAGINGS.map((averaging) => {
    const named = (name: string): string => (name === 'paired' ? name : `${name} ${averaging}`)
    const own = [...times].filter(([name]) => name === 'paired' || name.endsWith(` ${averaging}`))
    return {
      ...cell,
      averaging,
      ns: Object.fromEntries(own.map(([name, list]) => [name.split(' ')[0] as string, spreadOf(list)])),
      ratios: Object.fromEntries(
        RATIOS.flatMap(([name, to]) => {
          const ratio = ratioOf(times, named(name), named(to))
          return ratio === null ? [] : [[`${name}/${to}`, ratio]]
        }),
      ),
    }
  })
}

type Result = Awaited<ReturnType<typeof resultsOf>>[number]

const HEADER = [
  'S, A',
  'K',
  'tau',
  'averaging',
  'compiled, ns',
  'native, ns',
  ...RATIOS.map(([name, to]) => `${name} / ${to}`),
]

const rowOf = ({ states, actions, kind, agents, tau, averaging, ns, ratios }: Result): string[] => [
  `${states}, ${actions} ${kind}`,
  `${agents}`,
  `${tau}`,
  averaging,
  shown(ns['compiled'], 1),
  shown(ns['native'], 1),
  ...RATIOS.map(([name, to]) => shown(ratios[`${name}/${to}`], to === 'compiled' ? 1 : 2)),
]

async function bench(): Promise<void> {
  if (CELLS.length === 0)
    throw new Error(
      `--only: expected one of ${SIZES.map(([s, a]) => `${s},${a}`).join(' ')}, got ${options.only}`,
    )
  const where = circumstances()
  const cells: Result[] = []
  console.log(table(HEADER, []))
  for (const cell of CELLS) {
    const results = await resultsOf(cell)
    cells.push(...results)
    for (const result of results) console.log(`| ${rowOf(result).join(' | ')} |`)
  }
  if (options.quick || options.only !== undefined) return
  const command = `npm run bench${options.native ? ' -- --native PATH' : ''}${options.native32 ? ' --native32 PATH' : ''}`
  const data = { ...where, command, ...EFFORT, cells }
  await record('kernel', data, `${described(where, command)}\n\n${table(HEADER, cells.map(rowOf))}`)
}

const nativePg = options['native-pg']
if (options.scaling) await scaling(EFFORT)
else if (options['policy-gradient'] || nativePg !== undefined)
  await policyGradient(EFFORT, nativePg, !options.quick)
else await bench()
