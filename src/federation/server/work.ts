/** What agents hand in: Updates, and the wish to be told the last Tasks again. */
import type { Control, FailureCode, UpdateMessage } from '../../protocol/session-messages.ts'
import type { Line } from '../line.ts'
import type { Members } from '../members.ts'
import type { CurrentRun } from './current-run.ts'
import type { Seat } from './presence.ts'
import { MOST_REFUSED, type Refusals } from './refusals.ts'
import type { Traffic } from './traffic.ts'

/** What it needs of the server. */
export interface WorkHousehold {
  readonly members: Members
  readonly refusals: Refusals
  readonly traffic: Traffic
  /** the run under way; null where there is none */
  current(): CurrentRun | null
  /** nobody who keeps to the rules sends that: the connection ends */
  sendAway(line: Line, reason: string): void
  /** ends the session of an agent */
  dismiss(seat: Seat, code: FailureCode, reason: string): void
}

/** An Update of a run that is over is worth nothing any more. */
const OVER = 'its run is over'

/** Takes an Update of an agent of this connection. */
export function takeUpdate(house: WorkHousehold, line: Line, message: UpdateMessage): void {
  const current = house.current()
  const { variant, seed, agent } = message
  if (line.former.has(agent)) return
  if (current === null || !line.agents.has(agent))
    return house.sendAway(line, `an update of agent ${agent}, who did not join over this connection`)
  house.members.settle(agent)
  if (variant === current.host.variant && seed === current.host.seed) {
    current.apply({ type: 'update', message })
    if (house.refusals.hasTooMany(agent)) giveUp(house, line, agent)
  } else {
    line.ack(message, 'late', OVER, [agent])
    house.traffic.acked(agent, 'late', OVER)
  }
}

/** Ends the session of an agent whose Updates are refused again and again. */
function giveUp({ members, dismiss }: WorkHousehold, line: Line, agent: number): void {
  const name = members.nameOf(agent)
  dismiss({ agent, name, line }, 'malformed', `${MOST_REFUSED} updates of ${name} were refused, one after the other`) // prettier-ignore
}

/** Agents that have lost their last states are told the Tasks again that led there: once a session, for they cost more than the asking. */
export function remind(house: WorkHousehold, line: Line, { variant, seed, agents }: Control): void {
  const current = house.current()
  if (current === null || variant !== current.host.variant || seed !== current.host.seed) return
  const asking = [...(agents ?? line.agents)].filter((agent) => !line.former.has(agent))
  const bad = asking.find((agent) => !line.agents.has(agent) || line.behind.has(agent))
  if (bad !== undefined)
    return house.sendAway(line, `agent ${bad} asks for the last tasks, and has had them or did not join over this connection`) // prettier-ignore
  for (const agent of asking) line.behind.add(agent)
  if (asking.length > 0)
    current.apply({ type: 'behind', agents: asking.toSorted((one, other) => one - other) })
}
