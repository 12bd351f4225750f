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
 * @returns null where there is nothing new to tell: of an absence that lasts, every attempt to come back would be a line. An absence is told
 * again when its reason changes, and when it has become a long one
 */
export function noticeLines(now: () => number, kept: string): (notice: AgentNotice) => string | null {
  let since: number | null = null
  let remindAt = Infinity
  let told: string | null = null
  /** why agents are put off, by name */
  const putOff = new Map<string, string>()
  const away = (reason: string): string | null => {
    const time = now()
    since ??= time
    if (time - since < LONG_MS) {
      if (reason === told) return null
      told = reason
      return `not connected: ${reason}; trying again`
    }
    const isFirst = remindAt === Infinity
    if (!isFirst && time < remindAt) return null
    remindAt = time + REMINDER_MS
    const minutes = Math.floor((time - since) / 60_000)
    const line = `not connected for ${minutes} min: ${reason}; trying again`
    return isFirst
      ? `${line}. A server that is started again is found; where all runs are over none comes back: Ctrl-C leaves, and ${kept} keeps what a server may ask for`
      : line
  }
  return (notice) => {
    switch (notice.type) {
      case 'joined':
        since = told = null
        remindAt = Infinity
        putOff.delete(notice.name)
        return `${notice.name} joined as agent ${notice.agent}`
      case 'refused':
        return `the server refused an update of agent ${notice.agent}: ${notice.reason}`
      case 'turned-away':
        return `the server refused ${refusalOf(notice)}`
      case 'put-off':
        if (putOff.get(notice.name) === notice.reason) return null
        putOff.set(notice.name, notice.reason)
        return `the server does not take ${refusalOf(notice)}; trying again`
      case 'away':
        return away(notice.reason)
    }
  }
}
