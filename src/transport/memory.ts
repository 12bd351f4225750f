/** Connections within one process: a frame is copied from one end to the other, and counts as queued until it is read. */
import { TransportError, limitsOf, type Connection, type Limits, type Listener } from '../transport.ts'
import { Endpoint, type Line } from './endpoint.ts'
import { Guests } from './guests.ts'

/** A listener of this process. */
export interface MemoryListener extends Listener {
  /** @throws TransportError where the listener is closed or has its most connections */
  connect(peer?: string, limits?: Partial<Limits>): Promise<Connection>
}

/** The two ends of a line in this process; the other end of each is found when it is first needed. */
function pair(names: readonly [string, string], limits: readonly [Limits, Limits]): [Endpoint, Endpoint] {
  const line = (other: () => Endpoint): Line => ({
    write: (frame) => other().arrive(new Uint8Array(frame)),
    read: (cost) => other().taken(cost),
    end: (closing) => other().gone(closing),
  })
  const near: Endpoint = new Endpoint(
    names[0],
    limits[0],
    line(() => far),
  )
  const far: Endpoint = new Endpoint(
    names[1],
    limits[1],
    line(() => near),
  )
  return [near, far]
}

/** Listens in this process. @throws RangeError for limits that are not positive integers */
export function listenMemory(some: Partial<Limits> = {}): MemoryListener {
  const limits = limitsOf(some)
  const guests = new Guests(limits)
  return {
    address: 'memory',
    connections: guests.connections,
    close: (reason) => guests.close(reason),
    async connect(peer = 'agent', own = some) {
      const refused = guests.refusal
      if (refused !== null) throw new TransportError(`memory: ${refused.reason}`)
      const [agent, guest] = pair(['memory', peer], [limitsOf(own), limits])
      guests.add(guest)
      return agent
    },
  }
}
