/** What a person reads of a federation while it is under way, behind the bar. */
import type { FederationStatus } from '../experiment/federated/status.ts'
import type { Watch } from '../experiment/federated/watch.ts'
import { describeBytes, describeCount } from '../experiment/progress.ts'

/** The line is made anew no more often than this: it takes a look at every agent. */
const EVERY_MS = 250

/** '4/5 agents | round 120/6000 | 840 rounds/s | 12.3 MB'. @param rate rounds per second; null while it is not known */
export function liveText(
  { present, agents, round, rounds, total }: FederationStatus,
  rate: number | null,
): string {
  return [
    `${present}/${agents.length} agents`,
    `round ${round}/${rounds}`,
    ...(rate === null ? [] : [`${describeCount(rate)} rounds/s`]),
    describeBytes(total.receivedBytes + total.sentBytes),
  ].join(' | ')
}

/**
 * Shows the line of a federation, again and again.
 * @param show puts a text in place of the one before
 * @param now a clock, ms
 */
export function liveLine(show: (text: string) => void, now: () => number = () => performance.now()): Watch {
  let status: () => FederationStatus | null = () => null
  let last = { at: -Infinity, rounds: 0 }
  let rounds = 0
  return {
    begun: (federation) => void (status = federation.status),
    notice(notice) {
      if (notice.type === 'closed' && notice.position.phase === notice.phases - 1) rounds++
      const at = now()
      const ms = at - last.at
      const current = ms < EVERY_MS ? null : status()
      if (current === null) return
      show(liveText(current, ms === Infinity ? null : (1000 * (rounds - last.rounds)) / ms))
      last = { at, rounds }
    },
  }
}
