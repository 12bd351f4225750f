import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { federationLog } from '../experiment/federated/log.ts'
import { parseExperiment } from '../experiment/parse.ts'
import { RunError } from '../experiment/errors.ts'
import { failureOf } from './failure.ts'
import type { Io } from './io.ts'
import { openLog, type LogFlags, type OpenLog } from './log.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-log-'))
afterAll(() => rm(root, { recursive: true }))

const notes: string[] = []
const io: Io = {
  json: false,
  interactive: true,
  signal: new AbortController().signal,
  result: () => undefined,
  note: (line) => void notes.push(line),
}

const parsed = parseExperiment(
  `environment: { family: two-state, actions: 2, discount: 0.9 }
algorithm: { name: fed-asyn-q, stepSize: 0.5, syncPeriod: 5, steps: 20 }
agents: { count: 2 }`,
  { folder: '/' },
)
if (!parsed.ok) throw new Error('expected an experiment')
const experiment = parsed.value

function write(log: OpenLog): void {
  const { log: options } = log.options
  if (options === undefined) throw new Error('expected a log')
  const watch = federationLog(experiment, options.level, options.destination)
  watch.begun?.({ folder: '/run', run: '0123456789abcdef'.repeat(4), status: () => null })
  watch.notice?.({ type: 'turned-away', peer: 'x', name: 'a', agent: 0, reason: 'y' })
  watch.ended?.(new Error('the reason'))
}

const opening = (flags: LogFlags) => (): OpenLog => openLog(flags, io)

it('appends lines of JSON to a file, and leaves the notes to people', async () => {
  const path = join(root, 'log')
  for (const logLevel of ['info', 'error']) {
    const log = openLog({ log: path, logLevel }, io)
    write(log)
    log.close()
    expect(log.people).toBe(io)
  }
  const lines = (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(lines).toMatchObject([
    { level: 'info', event: 'ready', folder: '/run' },
    { level: 'warn', event: 'turned-away', agent: 0, name: 'a', peer: 'x', reason: 'y' },
    { level: 'error', event: 'failed', msg: 'the reason' },
    { level: 'error', event: 'failed' },
  ])
  for (const line of lines) expect(line).toHaveProperty('run', '0123456789abcdef')
})

it('is told what becomes of keys and certificate, as people are', async () => {
  const path = join(root, 'guard')
  const told: string[] = []
  const people: Io = { ...io, note: (line) => void told.push(line) }
  const log = openLog({ log: path }, people)
  log.guard('the keys were read again')
  log.close()
  openLog({}, people).guard('so was the certificate')
  expect(told).toEqual(['the keys were read again', 'so was the certificate'])
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
    level: 'warn',
    event: 'guard',
    msg: 'the keys were read again',
  })
})

it('takes the place of the notes on the standard error stream', () => {
  const { people } = openLog({ log: '-' }, io)
  people.note('not told')
  expect([notes, people.interactive]).toEqual([[], false])
})

it('tells why a server ended, where it has the place of the notes, and nothing else does', async () => {
  const error = new RunError('the disk is full')
  const aside = openLog({ log: join(root, 'aside') }, io)
  expect(aside.failure(error, false)).toBe(error)
  aside.close()
  const log = openLog({ log: '-' }, io)
  const [instead, bug] = [log.failure(error, true), new TypeError('x is undefined')]
  expect(failureOf(instead, '')).toMatchObject({ exitCode: 1, message: 'the disk is full', text: '' })
  expect(log.failure(bug, true)).toBe(bug)
})

it('is refused where the file cannot be written, or there is no such level', () => {
  expect(opening({ log: join(root, 'none', 'log') })).toThrow(
    /^--log: expected a file that can be written, got .+: no such file or folder \(ENOENT\)$/,
  )
  expect(opening({ logLevel: 'trace' })).toThrow(
    '--log-level: expected one of error, warn, info, debug, got trace',
  )
})

it.skipIf(process.platform !== 'linux')(
  'that finds the disk full is told once, and the server goes on',
  async () => {
    const log = openLog({ log: '/dev/full' }, io)
    write(log)
    while (notes.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    expect(notes).toEqual(['the log /dev/full is not written any more: no space left on the device (ENOSPC)'])
  },
)
