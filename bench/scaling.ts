/** Cost of an agent-step over the number of agents, and the time that the kernel takes to load in a new process. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { uniformBehavior } from '../src/agent/behavior.ts'
import { startCompiled } from '../src/kernel/compiled.ts'
import { contestant, interleave, ratioOf, spreadOf } from './measure.ts'
import type { Contestant, Effort, Spread } from './measure.ts'
import { STEP_SIZE, benchMdp } from './problems.ts'
import { circumstances, described, record, table } from './results.ts'

const [STATES, ACTIONS, TAU] = [20, 5, 100] as const
const AGENTS = [20, 100, 1000, 10_000, 100_000] as const
const LOADS = 15

async function kernelOf(agents: number, effort: Effort): Promise<Contestant> {
  const mdp = benchMdp(STATES, ACTIONS, true)
  const run = await startCompiled({
    states: STATES,
    actions: ACTIONS,
    agents,
    initial: 0,
    terminal: mdp.terminal,
    syncPeriod: TAU,
    lanes: [{ discount: mdp.discount, averaging: 'equal' }],
    members: [
      {
        seed: 1,
        initialSeed: 1,
        rewardRange: [0, 1],
        experience: { kind: 'walk', mdp, behaviors: uniformBehavior(STATES, ACTIONS, agents) },
      },
    ],
  })
  return contestant(`${agents}`, effort, agents * TAU, (rounds) => run.advance(rounds, TAU, [STEP_SIZE]))
}

/** Milliseconds from the module's bytes to a kernel that can be called, in a process that never had one. */
function loadTime(): number {
  const script = fileURLToPath(new URL('load.ts', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, script], { encoding: 'utf8' })
  const ms = Number.parseFloat(stdout)
  if (Number.isNaN(ms)) throw new Error(`${script}: expected milliseconds, got ${stdout}${stderr}`)
  return ms
}

const shown = ({ median, low, high }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`

/** Measures, prints and records. */
export async function scaling(effort: Effort): Promise<void> {
  const where = circumstances()
  const contestants: Contestant[] = []
  for (const agents of AGENTS) contestants.push(await kernelOf(agents, effort))
  const times = interleave(contestants, effort)
  const cells = [...times].map(([agents, ns]) => ({
    agents: Number(agents),
    ns: spreadOf(ns),
    ratio: ratioOf(times, agents, `${AGENTS[0]}`) as Spread,
  }))
  const loadMs = spreadOf(Array.from({ length: LOADS }, loadTime))
  const command = 'npm run bench -- --scaling'
  const markdown = [
    described(where, command),
    table(
      ['K', 'ns', `of K = ${AGENTS[0]}`],
      cells.map(({ agents, ns, ratio }) => [`${agents}`, shown(ns, 1), shown(ratio, 2)]),
    ),
    `Decoding, compiling and instantiating the kernel: ${shown(loadMs, 1)} ms of wall time in ${LOADS} new processes.`,
  ].join('\n\n')
  console.log(markdown)
  await record('scaling', { ...where, command, ...effort, cells, loadMs }, markdown)
}
