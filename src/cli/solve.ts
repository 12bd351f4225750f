/** `fedrl solve`: the optimum of an Mdp file. */
import { InputError } from '../experiment/errors.ts'
import { readBytes, readText } from '../experiment/files.ts'
import { parseMdpJson } from '../mdp/json.ts'
import type { Mdp } from '../mdp/mdp.ts'
import { parseNpz } from '../mdp/npz.ts'
import { solveOptimal, type Optimum } from '../mdp/solve.ts'
import type { Result } from '../numeric/result.ts'
import type { Io } from './io.ts'
import { alignColumns, figure } from './results-table.ts'

/** The largest file that is read, MB. */
const MOST_MB = 500
/** The largest table that is printed for a person. */
const MOST_STATES = 20
const MOST_ACTIONS = 8
/** The accuracy that is aimed at. */
const AIM = 1e-10

/** Options of the command, both needed for an .npz file and refused for an .mdp.json. */
export interface SolveOptions {
  readonly layout?: string
  readonly discount?: string
}

/** Carries the command out. */
export async function solve(file: string, options: SolveOptions, io: Io): Promise<void> {
  const mdp = await readMdp(file, options)
  const optimum = solveOptimal(mdp)
  if (!(optimum.bound <= AIM)) {
    io.note(
      `${file}: the accuracy of ${AIM} was not reached; the bound on |Q - Q*| is ${known(optimum.bound)}`,
    )
  }
  io.result(documentOf(mdp, optimum), () => textOf(mdp, optimum))
}

async function readMdp(file: string, { layout, discount }: SolveOptions): Promise<Mdp> {
  if (file.endsWith('.npz')) {
    const given = { layout: layoutOf(layout), discount: discountOf(discount) }
    return valueOf(file, parseNpz(await readBytes(file, file, MOST_MB * 1e6), given))
  }
  const text = await readText(file, file, MOST_MB * 1e6)
  if (!file.endsWith('.json')) throw new InputError(file, 'expected a file that ends in .mdp.json or .npz')
  if (layout !== undefined) throw new InputError('--layout', 'only an .npz file takes a layout')
  if (discount !== undefined)
    throw new InputError('--discount', 'only an .npz file takes a discount, an .mdp.json states its own')
  if (text.trim() === '') throw new InputError(file, 'expected an Mdp in JSON, got an empty file')
  return valueOf(file, parseMdpJson(text))
}

function valueOf(file: string, result: Result<Mdp>): Mdp {
  if (result.ok) return result.value
  throw new InputError(file, result.issues)
}

function layoutOf(layout: string | undefined): 'SAS' | 'ASS' {
  if (layout === 'SAS' || layout === 'ASS') return layout
  const got = layout === undefined ? 'nothing' : JSON.stringify(layout)
  throw new InputError(
    '--layout',
    `an .npz file needs SAS (P is [S, A, S]) or ASS (P is [A, S, S]), got ${got}`,
  )
}

function discountOf(discount: string | undefined): number {
  const value = discount === undefined || discount.trim() === '' ? NaN : Number(discount)
  if (value >= 0 && value < 1) return value
  const got = discount === undefined ? 'nothing' : JSON.stringify(discount)
  throw new InputError('--discount', `an .npz file needs a number in [0, 1), got ${got}`)
}

/** What --json prints; `bound` and `loss` are null where nothing is known. */
function documentOf(mdp: Mdp, { q, v, policy, residual, bound, loss, iterations }: Optimum): unknown {
  const { states, actions, discount } = mdp
  const rows = Array.from({ length: states }, (_, state) => Array.from(rowOf(q, actions, state)))
  return {
    states,
    actions,
    discount,
    q: rows,
    v: [...v],
    policy: [...policy],
    residual,
    bound,
    loss,
    iterations,
  }
}

const rowOf = (q: Float64Array, actions: number, state: number): Float64Array =>
  q.subarray(state * actions, (state + 1) * actions)

function textOf(mdp: Mdp, optimum: Optimum): string {
  const { states, actions, discount } = mdp
  const columns = Math.min(actions, MOST_ACTIONS)
  const head = ['state', 'V*', 'action', ...Array.from({ length: columns }, (_, action) => `Q*(s,${action})`)]
  const rows = Array.from({ length: Math.min(states, MOST_STATES) }, (_, state) => {
    if (mdp.terminal[state] === 1) return [String(state), '0', 'terminal']
    const row = Array.from(rowOf(optimum.q, actions, state).subarray(0, columns), figure)
    return [String(state), figure(optimum.v[state] as number), String(optimum.policy[state]), ...row]
  })
  const hidden = states > rows.length || actions > columns
  return [
    `${states} states, ${actions} actions, discount ${discount}`,
    alignColumns([head, ...rows]),
    ...(hidden
      ? [`only the first ${rows.length} states and ${columns} actions are shown; --json prints all`]
      : []),
    `residual ${figure(optimum.residual)}; |Q - Q*| <= ${known(optimum.bound)}; the greedy policy loses at most ${known(optimum.loss)}`,
  ].join('\n')
}

const known = (bound: number): string => (bound === Infinity ? 'unknown' : figure(bound))
