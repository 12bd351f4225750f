/** Logs as CSV: one step a line, read as a stream so that only the numbers are ever held in memory. */
import type { Issue, Result } from '../numeric/result.ts'
import { MOST_ISSUES, shown } from './issues.ts'
import type { Log } from './log.ts'
import { isReward, LARGEST_REWARD } from './validate.ts'

/** The columns, in order: the header is exactly this line. */
export const LOG_COLUMNS = ['state', 'action', 'reward', 'next_state', 'terminated'] as const
const HEADER = LOG_COLUMNS.join(',')

/** Longer lines are refused, so that a file without line breaks does not fill the memory. */
const LONGEST_LINE = 1000

/** The sizes that states and actions must lie in. */
export interface LogSizes {
  readonly states: number
  readonly actions: number
}

/**
 * Reads a log: UTF-8 text with the header `state,action,reward,next_state,terminated`, then one step a line; states in [0, S), actions in
 * [0, A), finite rewards, terminated `true`/`false` or `1`/`0`. Windows line ends, a byte order mark and a missing last line end are
 * accepted. Reading stops at the fifth fault; each has the line, the column of the text and, as path, the name of the field.
 * @param chunks the file in pieces, cut anywhere
 */
export async function parseLog(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sizes: LogSizes,
): Promise<Result<Log>> {
  const reader = newReader(sizes)
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    rest = readLines(reader, rest + decoder.decode(chunk, { stream: true }))
    if (rest.length > LONGEST_LINE) readLine(reader, rest)
    if (reader.stopped) break
  }
  rest += decoder.decode()
  if (!reader.stopped && rest !== '') readLine(reader, rest)
  return finish(reader)
}

interface Reader extends LogSizes {
  readonly issues: Issue[]
  readonly steps: GrowingLog
  /** lines read so far */
  line: number
  stopped: boolean
}

const newReader = ({ states, actions }: LogSizes): Reader => ({
  states,
  actions,
  issues: [],
  steps: growingLog(),
  line: 0,
  stopped: false,
})

/** Reads the whole lines of a text and returns what follows the last of them. */
function readLines(reader: Reader, text: string): string {
  let from = 0
  for (let end = text.indexOf('\n'); end >= 0 && !reader.stopped; end = text.indexOf('\n', from)) {
    readLine(reader, text.slice(from, end))
    from = end + 1
  }
  return text.slice(from)
}

function tell(reader: Reader, column: number, path: Issue['path'], message: string): void {
  reader.issues.push({ path, message, line: reader.line, column })
  if (reader.issues.length >= MOST_ISSUES) reader.stopped = true
}

/** Reads one line, with or without the carriage return of a Windows line end. */
function readLine(reader: Reader, text: string): void {
  const line = text.endsWith('\r') ? text.slice(0, -1) : text
  reader.line++
  if (reader.line === 1) readHeader(reader, line)
  else if (line.length > LONGEST_LINE) tellLine(reader, `a line of at most ${LONGEST_LINE} characters`, line)
  else readStep(reader, line)
}

function tellLine(reader: Reader, expected: string, line: string): void {
  tell(reader, 1, [], `expected ${expected}, got ${shown(line)}`)
  if (line.length > LONGEST_LINE) reader.stopped = true
}

function readHeader(reader: Reader, line: string): void {
  if (line === HEADER) return
  tellLine(reader, `the header ${HEADER}`, line)
  reader.stopped = true
}

/** Where the five fields of the line just read begin and end. */
const bounds = new Int32Array(6)

/** Splits a line at its commas; false where it has not five fields. */
function split(line: string): boolean {
  let from = 0
  for (let field = 0; field < 4; field++) {
    const comma = line.indexOf(',', from)
    if (comma < 0) return false
    bounds[field] = from
    from = comma + 1
  }
  bounds[4] = from
  bounds[5] = line.length + 1
  return !line.includes(',', from)
}

const fieldOf = (line: string, field: number): string =>
  line.slice(bounds[field], (bounds[field + 1] as number) - 1)

function readStep(reader: Reader, line: string): void {
  if (!split(line)) {
    const got = line === '' ? 'an empty line' : `${line.split(',').length} fields`
    tell(reader, 1, [], `expected 5 fields, ${HEADER}, got ${got}`)
    return
  }
  const state = readIndex(reader, line, 0, reader.states)
  const action = readIndex(reader, line, 1, reader.actions)
  const reward = readReward(reader, line)
  const next = readIndex(reader, line, 3, reader.states)
  const terminated = readFlag(reader, line)
  if (reader.issues.length === 0) reader.steps.add(state, action, reward, next, terminated)
}

function tellField(reader: Reader, line: string, field: number, expected: string): number {
  if (!reader.stopped)
    tell(
      reader,
      (bounds[field] as number) + 1,
      [LOG_COLUMNS[field as 0]],
      `expected ${expected}, got ${shown(fieldOf(line, field))}`,
    )
  return NaN
}

/** An integer in [0, bound), digits only. */
function readIndex(reader: Reader, line: string, field: number, bound: number): number {
  const from = bounds[field] as number
  const end = (bounds[field + 1] as number) - 1
  let value = 0
  let digits = end > from
  for (let i = from; i < end; i++) {
    const digit = line.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) digits = false
    value = value * 10 + digit
  }
  return digits && value < bound ? value : tellField(reader, line, field, `an integer in [0, ${bound})`)
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

function readReward(reader: Reader, line: string): number {
  const text = fieldOf(line, 2)
  const value = NUMBER.test(text) ? Number(text) : NaN
  return isReward(value)
    ? value
    : tellField(reader, line, 2, `a number in [${-LARGEST_REWARD}, ${LARGEST_REWARD}]`)
}

function readFlag(reader: Reader, line: string): number {
  const text = fieldOf(line, 4)
  if (text === 'false' || text === '0') return 0
  return text === 'true' || text === '1' ? 1 : tellField(reader, line, 4, 'true, false, 1 or 0')
}

function finish(reader: Reader): Result<Log> {
  const { issues, steps, line } = reader
  if (issues.length === 0 && line === 0)
    issues.push({ path: [], message: `expected the header ${HEADER}, got an empty file`, line: 1, column: 1 })
  if (issues.length === 0 && steps.length() === 0)
    issues.push({
      path: [],
      message: 'expected at least one step after the header, got none',
      line: line + 1,
      column: 1,
    })
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: steps.log() }
}

interface GrowingLog {
  add(state: number, action: number, reward: number, next: number, terminated: number): void
  length(): number
  /** the steps so far, without spare room */
  log(): Log
}

function growingLog(): GrowingLog {
  const columns = (room: number): Log => ({
    state: new Uint32Array(room),
    action: new Uint32Array(room),
    reward: new Float64Array(room),
    next: new Uint32Array(room),
    terminated: new Uint8Array(room),
  })
  const copied = (from: Log, room: number): Log => {
    const wider = columns(room)
    for (const key of ['state', 'action', 'reward', 'next', 'terminated'] as const)
      wider[key].set(from[key].subarray(0, Math.min(room, from[key].length)))
    return wider
  }
  let length = 0
  let data = columns(1024)
  return {
    add: (state, action, reward, next, terminated) => {
      if (length === data.state.length) data = copied(data, 2 * length)
      data.state[length] = state
      data.action[length] = action
      data.reward[length] = reward
      data.next[length] = next
      data.terminated[length] = terminated
      length++
    },
    length: () => length,
    log: () => copied(data, length),
  }
}

/** A log as CSV text that {@link parseLog} reads back exactly; terminated as `true` or `false`. */
export function writeLog(log: Log): string {
  const lines = [HEADER]
  for (const [i, state] of log.state.entries()) {
    const reward = log.reward[i] as number
    const shortest = Object.is(reward, -0) ? '-0' : String(reward)
    lines.push([state, log.action[i], shortest, log.next[i], log.terminated[i] === 1].join(','))
  }
  return `${lines.join('\n')}\n`
}
