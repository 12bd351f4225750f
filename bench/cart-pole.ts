/**
 * CPU time of an environment step of CartPole-v1 under a perceptron [64, 64], acting alone and with the gradient, beside the same loop in
 * NumPy, interleaved in one run.
 *
 *   npx tsx bench/cart-pole.ts                  prints and writes bench/results/ and docs/performance.md
 *   npx tsx bench/cart-pole.ts --python PATH    beside bench/cart_pole.py, run by that Python, which needs NumPy
 *   npx tsx bench/cart-pole.ts --quick          shorter repetitions; prints only
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cartPole } from '../src/agent/environment/cart-pole.ts'
import { rolloutOracle } from '../src/agent/gradient-oracle/rollouts.ts'
import { categoricalPolicy } from '../src/agent/parametric-policy/categorical.ts'
import { perceptron } from '../src/agent/parametric-policy/perceptron.ts'
import { Purpose, streamOf } from '../src/numeric/stream.ts'
import { cpuNs, interleave, ratioOf, spreadOf } from './measure.ts'
import type { Contestant, Spread } from './measure.ts'
import { circumstances, described, record, table } from './results.ts'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, python: { type: 'string' } },
})
const EFFORT = { budget: options.quick ? 5e8 : 2e9, repetitions: options.quick ? 3 : 7 }
const SCRIPT = fileURLToPath(new URL('cart_pole.py', import.meta.url))

/** What a step consists of. */
const WORK = ['act', 'gradient'] as const
type Work = (typeof WORK)[number]

/** Batches of 8 rollouts, GPOMDP, the other rollouts as baseline, at the parameters that a policy begins with. */
function ours(work: Work): Contestant {
  const environment = cartPole()
  const policy = categoricalPolicy(perceptron(environment.observationSpace, [64, 64], 2))
  const settings = {
    estimator: 'gpomdp',
    rollouts: 8,
    horizon: 500,
    baseline: 'leave-one-out',
    entropy: 0,
    discount: 0.99,
  } as const
  const oracle = rolloutOracle(environment, policy, settings, 1, 0)
  const theta = policy.initial(streamOf(1, 0, Purpose.policy))
  let state = oracle.start()
  const batch = (): void => {
    state = (work === 'act' ? oracle.value(theta, state) : oracle.gradient(theta, state)).state
  }
  const measure = (): number => {
    const before = oracle.samples(state)
    let ns = 0
    while (ns < EFFORT.budget) ns += cpuNs(() => Array.from({ length: 100 }, batch))
    return ns / (oracle.samples(state) - before)
  }
  measure()
  return { name: `fedrl ${work}`, measure }
}

/** The script, in one thread. */
function numpy(python: string, work: Work): Contestant {
  const measure = (): number => {
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' }
    const words = [SCRIPT, `${EFFORT.budget / 1e9}`, work]
    const { status, stdout, stderr, error } = spawnSync(python, words, { encoding: 'utf8', env })
    if (status === 0 && Number(stdout) > 0) return Number(stdout)
    throw new Error(
      `${python} ${words.join(' ')}: expected a number, got ${error?.message ?? `${stdout}${stderr}`}`,
    )
  }
  return { name: `numpy ${work}`, measure }
}

const shown = (value: Spread | null, digits: number): string =>
  value
    ? `${value.median.toFixed(digits)} (${value.low.toFixed(digits)} to ${value.high.toFixed(digits)})`
    : ''

const { python, quick } = options
const times = interleave(
  WORK.flatMap((work) => [ours(work), ...(python === undefined ? [] : [numpy(python, work)])]),
  EFFORT,
)
const steps = WORK.map((work) => ({
  work,
  ns: Object.fromEntries(
    ['fedrl', 'numpy'].map((name) => {
      const list = times.get(`${name} ${work}`)
      return [name, list === undefined ? null : spreadOf(list)]
    }),
  ),
  ratio: ratioOf(times, `numpy ${work}`, `fedrl ${work}`),
}))
const HEADER = ['step', 'fedrl, us', 'fedrl, steps a second', 'NumPy, us', 'NumPy / fedrl']
const ROWS = steps.map(({ work, ns: { fedrl, numpy: other }, ratio }) => {
  const us = (spread: Spread | null | undefined): Spread | null =>
    spread ? { median: spread.median / 1e3, low: spread.low / 1e3, high: spread.high / 1e3 } : null
  return [
    work === 'act' ? 'action and environment' : 'with the gradient',
    shown(us(fedrl), 1),
    `${Math.round(1e9 / (fedrl?.median ?? NaN) / 1000)} 000`,
    shown(us(other), 1),
    shown(ratio, 2),
  ]
})
console.log(table(HEADER, ROWS))
if (!quick) {
  const where = circumstances()
  const command = `npx tsx bench/cart-pole.ts${python === undefined ? '' : ' --python PATH'}`
  const data = { ...where, command, ...EFFORT, steps }
  await record('cart-pole', data, `${described(where, command)}\n\n${table(HEADER, ROWS)}`)
}
