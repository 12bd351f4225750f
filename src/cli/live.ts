/** What the commands of a federation share: names of sessions and agents, and what they tell a person. */
import { randomBytes } from 'node:crypto'
import { InputError } from '../experiment/errors.ts'
import type { Experiment } from '../experiment/experiment.ts'
import { freeRunFolder } from '../experiment/run-folder.ts'
import type { ServerNotice } from '../federation/server.ts'

/** A name for a session: 32 hexadecimal digits. */
export const newSession = (): string => randomBytes(16).toString('hex')

/**
 * The folder of a run, and what finishes it once it was stopped.
 * @param out as typed; without it, the folder is a new one at `runs/<name>/<id>`
 */
export async function runFolderOf(
  out: string | undefined,
  { name }: Pick<Experiment, 'name'>,
): Promise<{ readonly out: string; readonly toFinish: string }> {
  if (out !== undefined) return { out, toFinish: 'the same command again' }
  const folder = await freeRunFolder(name, new Date())
  return { out: folder, toFinish: `the same command with --out ${folder}` }
}

/** The names of agents in a flag. @throws InputError where one is none, or stands there twice */
export function parseNames(flag: string, text: string | undefined): string[] {
  const names = text === undefined ? [] : text.split(',').map((name) => name.trim())
  const known = new Set<string>()
  for (const name of names) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
      throw new InputError(
        flag,
        `expected names of 1 to 64 letters, digits, - and _, separated by commas, got "${name}"`,
      )
    if (known.has(name)) throw new InputError(flag, `expected each name once, got ${name} twice`)
    known.add(name)
  }
  return names
}

/** What somebody was turned away for is remembered of so many. */
const MOST_REMEMBERED = 1000

/**
 * Makes lines of notices, one after the other.
 * @returns null where there is nothing new to tell: who comes again and again is told of once, until the reason changes
 */
export function noticeLines(): (notice: ServerNotice) => string | null {
  const reasons = new Map<string, string>()
  return (notice) => {
    if (notice.type === 'joined') reasons.delete(notice.name)
    if (notice.type !== 'turned-away') return noticeText(notice)
    // another attempt comes from another port
    const who = notice.name ?? notice.peer.replace(/:\d+$/, '')
    if (reasons.get(who) === notice.reason) return null
    const [oldest = ''] = reasons.keys()
    if (reasons.size === MOST_REMEMBERED) reasons.delete(oldest)
    reasons.set(who, notice.reason)
    return noticeText(notice)
  }
}

/** a (agent 0) at 127.0.0.1:40112; the peer alone where nobody is known there. */
function whoIs({ peer, name, agent }: Extract<ServerNotice, { type: 'turned-away' }>): string {
  if (name === null) return peer
  return `${name}${agent === null ? '' : ` (agent ${agent})`} at ${peer}`
}

/** A notice in words; null where it is nothing to tell. */
function noticeText(notice: ServerNotice): string | null {
  switch (notice.type) {
    case 'joined':
      return `${notice.name} joined as agent ${notice.agent}`
    case 'left':
      return `${notice.name} left`
    case 'freed':
      return `${notice.name} cannot take part: another agent may come in its place`
    case 'paused':
    case 'resumed':
      return `the run is ${notice.type}`
    case 'refused':
      return `an update of ${notice.name} was refused: ${notice.reason}`
    case 'turned-away':
      return `${whoIs(notice)} was turned away: ${notice.reason}`
    case 'closed':
      return null
  }
}
