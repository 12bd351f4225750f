/** `fedrl reproduce`: the published claims, each with its verdict. */
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { Claim, TableRow } from '../experiment/claim.ts'
import type { Verdict } from '../experiment/claim/judge.ts'
import { reproduceClaim, type Reproduction } from '../experiment/claim/reproduce.ts'
import { InputError } from '../experiment/errors.ts'
import { didYouMean } from '../numeric/suggest.ts'
import { outcomeOf } from '../experiment/report/words.ts'
import { terminalChart } from '../plot/terminal.ts'
import type { Io } from './io.ts'
import { showProgress } from './progress-bar.ts'
import { alignColumns, figure } from './results-table.ts'
import { parseThreads } from './run.ts'

/** The flags of `fedrl reproduce`, as typed. */
export interface ReproduceFlags {
  readonly quick?: boolean
  readonly threads?: string
  readonly out?: string
}

/** Every claim, by id. */
export const CLAIMS: Readonly<Record<string, () => Promise<{ readonly claim: Claim }>>> = {
  'woo-fig3': () => import('../../experiments/woo-fig3/claim.ts'),
  'woo-fig4': () => import('../../experiments/woo-fig4/claim.ts'),
  'woo-fig5': () => import('../../experiments/woo-fig5/claim.ts'),
  'woo-speedup': () => import('../../experiments/woo-speedup/claim.ts'),
  'woo-coverage': () => import('../../experiments/woo-coverage/claim.ts'),
  'woo-communication': () => import('../../experiments/woo-communication/claim.ts'),
  'zhu-bias': () => import('../../experiments/zhu-bias/claim.ts'),
  'zhu-average-mdp': () => import('../../experiments/zhu-average-mdp/claim.ts'),
  'zhu-dynamics': () => import('../../experiments/zhu-dynamics/claim.ts'),
  'zhu-speedup': () => import('../../experiments/zhu-speedup/claim.ts'),
  'zhu-local-steps': () => import('../../experiments/zhu-local-steps/claim.ts'),
}

/** Carries the command out; without an id, or with `list`, lists the claims. The verdicts do not change the exit code. */
export async function reproduce(id: string | undefined, flags: ReproduceFlags, io: Io): Promise<void> {
  if (id === undefined || id === 'list') return listClaims(io)
  const load = Object.hasOwn(CLAIMS, id) ? CLAIMS[id] : undefined
  if (load === undefined) throw unknownClaim(id)
  const threads = parseThreads(flags.threads)
  const { claim } = await load()
  const display = showProgress(io)
  let result: Reproduction
  try {
    result = await reproduceClaim(claim, dataFolder(id), {
      ...(flags.quick === true && { quick: true }),
      ...(flags.out !== undefined && { out: flags.out }),
      ...(threads !== undefined && { threads }),
      signal: io.signal,
      onProgress: (progress) => display.update(progress),
    })
  } finally {
    display.stop()
  }
  const report = join(flags.out ?? relative('.', result.folder), 'report.html')
  const { verdicts, table } = result.judged
  io.result({ id, verdicts, table, notes: result.notes, agentSteps: result.agentSteps, report }, () =>
    textOf(claim, result, report),
  )
}

/** Settings and published numbers are not compiled: they lie in the package itself, wherever this code runs from. */
const dataFolder = (id: string): string =>
  join(dirname(createRequire(import.meta.url).resolve('fedrl/package.json')), 'experiments', id)

async function listClaims(io: Io): Promise<void> {
  const claims = await Promise.all(Object.values(CLAIMS).map(async (load) => (await load()).claim))
  const lines = claims.map(({ id, title, source }) => ({ id, title, source }))
  io.result({ claims: lines }, () => alignColumns(lines.map(({ id, title, source }) => [id, title, source])))
}

function unknownClaim(id: string): InputError {
  const known = Object.keys(CLAIMS)
  return new InputError(
    'fedrl reproduce',
    `expected one of ${known.join(', ')}, got ${id}${didYouMean(id, known)}`,
  )
}

/** What came out stands first and last: who reads but one line reads that. */
function textOf({ title, source }: Claim, { judged, notes }: Reproduction, report: string): string {
  const outcome = outcomeOf(judged.verdicts)
  return [
    `${title}\n${source}`,
    outcome,
    chartOf(judged),
    briefTable(judged.table),
    notes.map((note) => `note: ${note}`).join('\n'),
    verdictsText(judged.verdicts),
    `${outcome}\nreport: ${report}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** The first panel of the first figure: more would not be told apart in a terminal. */
function chartOf({ figures }: Reproduction['judged']): string {
  const chart = figures[0]?.chart
  if (chart === undefined) return ''
  const panel = chart.series[0]?.panel
  const shown = chart.series.filter((series) => series.panel === panel)
  const logX = chart.xScale === 'log'
  const logY = chart.yScale === 'log'
  const series = shown.map(({ name, points }) => ({
    name,
    points: points.map(({ x, y }): [number, number] => [x, y]),
  }))
  const lines = terminalChart(series, {
    xLabel: logX ? `${chart.xLabel} (log)` : chart.xLabel,
    yLabel: logY ? `${chart.yLabel} (log)` : chart.yLabel,
    logX,
    logY,
  })
  return panel === undefined ? lines : `${panel}\n${lines}`
}

function briefTable(table: readonly TableRow[]): string {
  const shown = table.filter(({ brief }) => brief)
  const rest = table.length - shown.length
  return rest === 0 ? tableText(table) : `${tableText(shown)}\nand ${rest} more in the report`
}

function tableText(table: readonly TableRow[]): string {
  const has = {
    published: table.some(({ published }) => published !== null),
    spread: table.some(({ spread }) => spread !== undefined),
  }
  const cells = ({ quantity, published, ours, spread, verdict }: TableRow): string[] => [
    quantity,
    ...(has.published ? [published === null ? '' : figure(published)] : []),
    figure(ours.value),
    `[${figure(ours.low)}, ${figure(ours.high)}]`,
    ...(has.spread
      ? [spread === undefined ? '' : `${figure(spread[0])} to ${figure(spread[1])}`, spreadWord(verdict)]
      : []),
  ]
  const head = [
    '',
    ...(has.published ? ['published'] : []),
    'ours',
    '95 % interval',
    ...(has.spread ? ['single frozen draws', 'published within'] : []),
  ]
  return alignColumns([head, ...table.map(cells)])
}

const spreadWord = (verdict: TableRow['verdict']): string =>
  verdict === undefined ? '' : { holds: 'yes', 'does not hold': 'no', undecided: 'undecided' }[verdict]

const verdictsText = (verdicts: readonly Verdict[]): string =>
  verdicts
    .map(({ claim, verdict, evidence }) => `${verdict.toUpperCase()}: ${claim}\n    ${evidence}`)
    .join('\n')
