/** What the commands of a federation share: names of sessions and agents, and what they tell a person. */
import { randomBytes } from 'node:crypto'
import { InputError } from '../experiment/errors.ts'
import type { ServerNotice } from '../federation/server.ts'

/** A name for a session: 32 hexadecimal digits. */
export const newSession = (): string => randomBytes(16).toString('hex')

/** The names of agents in a flag. @throws InputError where one is none, or stands there twice */
export function parseNames(flag: string, text: string | undefined): string[] {
  const names = text === undefined ? [] : text.split(',').map((name) => name.trim())
  for (const [i, name] of names.entries()) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
      throw new InputError(
        flag,
        `expected names of 1 to 64 letters, digits, - and _, separated by commas, got "${name}"`,
      )
    if (names.indexOf(name) !== i) throw new InputError(flag, `expected each name once, got ${name} twice`)
  }
  return names
}

/** What a person is told of a notice; null where it is nothing to tell. */
export function noticeText(notice: ServerNotice): string | null {
  switch (notice.type) {
    case 'joined':
      return `${notice.name} joined as agent ${notice.agent}`
    case 'left':
      return `${notice.name} left`
    case 'refused':
      return `an update of ${notice.name} was refused: ${notice.reason}`
    case 'turned-away':
      return `${notice.peer} was turned away: ${notice.reason}`
    case 'closed':
      return null
  }
}
