/** What agents tell the person who started them. */
import type { AgentNotice } from '../federation/agent.ts'

/** Who is away for so long is told what that may mean, ms. */
const LONG_MS = 60_000

/** From then on it is told so often that they are still away, ms. */
const REMINDER_MS = 600_000

/** Who is not taken, and why. */
export const refusalOf = ({
  name,
  code,
  reason,
}: Extract<AgentNotice, { type: 'turned-away' | 'put-off' }>): string => `${name} (${code}): ${reason}`

/**
 * Makes lines of notices, one after the other.
 * @param now the time, ms
 * @param kept the folder with what the agents keep
 * @returns null where there is nothing new to tell: of an absence that lasts, every attempt to come back would be a line
 */
export function noticeLines(now: () => number, kept: string): (notice: AgentNotice) => string | null {
  let since: number | null = null
  let remindAt = Infinity
  const away = (reason: string): string | null => {
    const time = now()
    since ??= time
    if (time - since < LONG_MS) return `not connected: ${reason}; trying again`
    const isFirst = remindAt === Infinity
    if (!isFirst && time < remindAt) return null
    remindAt = time + REMINDER_MS
    const minutes = Math.floor((time - since) / 60_000)
    const told = `not connected for ${minutes} min: ${reason}; trying again`
    return isFirst
      ? `${told}. A server that is started again is found; where all runs are over none comes back: Ctrl-C leaves, and ${kept} keeps what a server may ask for`
      : told
  }
  return (notice) => {
    switch (notice.type) {
      case 'joined':
        since = null
        remindAt = Infinity
        return `${notice.name} joined as agent ${notice.agent}`
      case 'refused':
        return `the server refused an update of agent ${notice.agent}: ${notice.reason}`
      case 'turned-away':
        return `the server refused ${refusalOf(notice)}`
      case 'put-off':
        return `the server does not take ${refusalOf(notice)}; trying again`
      case 'away':
        return away(notice.reason)
    }
  }
}
