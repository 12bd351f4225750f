/**
 * Connections over NATS (core publish and subscribe). An agent named a publishes to `SUBJECT.up.a.<session>` and hears
 * `SUBJECT.down.a.<session>`, so the permissions of one user of the broker are one agent's. What a broker loses, links send again; nothing
 * is stored in it, for an Update is safe only when the server's checkpoint holds it, and is offered again until then.
 */
import { TransportError, limitsOf, type Closing, type Connection, type Listener } from '../transport.ts'
import { Guests } from './guests.ts'
import { Link } from './link.ts'
import {
  checkName,
  checkSubject,
  isDenied,
  isUnheard,
  reach,
  wireTo,
  type Broker,
  type NatsPlace,
} from './nats-broker.ts'
import { takeLease, type Claimant, type Lease } from './nats-lease.ts'
import { Links } from './nats-links.ts'
import { Probe } from './nats-probe.ts'

export type { NatsPlace } from './nats-broker.ts'

/** Where agents connect to, on a broker. */
export interface NatsListener extends Listener {
  /** resolves with the reason when another server has taken the federation over; never where no lease was asked for */
  readonly lost: Promise<string>
  /** What is answered from now on to whoever asks {@link askServer}, bytes. */
  answerWith(status: () => Uint8Array): void
}

const BROKEN: Closing = { code: 'lost', reason: 'the connection to the broker ended' }

/** Whether a server answers under `subject`. */
export async function isTaken(connection: Broker['connection'], subject: string): Promise<boolean> {
  try {
    await connection.request(`${subject}.server`, new Uint8Array(0), { timeout: 1000 })
    return true
  } catch {
    return false
  }
}

/** Makes sure that no other server has the subject. @throws TransportError where one has */
async function claim(broker: Broker, { url, subject }: NatsPlace, as: Claimant | null): Promise<Lease> {
  const isServed = () => isTaken(broker.connection, subject)
  try {
    if (as !== null) return await takeLease(broker, url, subject, as, isServed)
    if (await isServed())
      throw new TransportError(`cannot listen on ${url}: another server has the subject ${subject}`)
    return { lost: new Promise(() => {}), release: () => Promise.resolve() }
  } catch (error) {
    await broker.connection.close()
    if (error instanceof TransportError || !(error instanceof Error)) throw error
    throw new TransportError(`cannot listen on ${url}: ${error.message}`, { cause: error })
  }
}

/**
 * Serves the agents of one subject. A broker that goes away and comes back within `silenceMs` ends no connection.
 * @param as who takes the lease of the subject, which needs JetStream; null: none is taken
 * @throws TransportError where the broker cannot be reached, or another server has the subject
 * @throws RangeError for a subject with spaces or wildcards
 */
export async function listenNats(place: NatsPlace, as: Claimant | null = null): Promise<NatsListener> {
  const { url, subject, pace } = place
  checkSubject(subject)
  const limits = limitsOf(place.limits)
  const guests = new Guests(limits)
  const links = new Links(subject, limits, pace ?? {}, guests)
  const broker = await reach(place, { returned: () => links.repeat() })
  const { connection } = broker
  const lease = await claim(broker, place, as)
  let status = (): Uint8Array => new Uint8Array(0)
  connection.subscribe(`${subject}.server`, {
    callback: (error, message) => {
      if (error === null) message.respond(status())
    },
  })
  connection.subscribe(`${subject}.up.*.*`, {
    callback: (error, message) => {
      if (error === null) links.hear(broker, message)
    },
  })
  await connection.flush()
  void connection.closed().then(() => links.end(BROKEN))
  return {
    address: `${url} ${subject}`,
    connections: guests.connections,
    lost: lease.lost,
    answerWith: (answer) => (status = answer),
    async close(reason) {
      await guests.close(reason)
      await lease.release()
      await connection.close()
    },
  }
}

/** Resolves when the server has answered; asks again until then, for what is asked first may be lost. */
function opened(link: Link, { limits, url, subject }: NatsPlace, askMs = 250): Promise<void> {
  const { helloMs } = limitsOf(limits)
  return new Promise((resolve, reject) => {
    const asking = setInterval(() => link.open(), askMs)
    const settle = (why: string | null): void => {
      clearInterval(asking)
      clearTimeout(late)
      if (why === null) resolve()
      else reject(new TransportError(`cannot connect to ${url}, subject ${subject}: ${why}`))
    }
    const late = setTimeout(() => settle(`no server answered within ${helloMs} ms`), helloMs)
    void link.answered.then(() => settle(null))
    void link.endpoint.closed.then(({ reason }) => settle(reason))
    link.open()
  })
}

/** So long a server has to answer, ms. */
const ANSWER_MS = 5000

/**
 * Asks the server of a subject how its run stands.
 * @throws TransportError where the broker cannot be reached, or no server answers
 */
export async function askServer(place: Pick<NatsPlace, 'url' | 'subject' | 'options'>): Promise<Uint8Array> {
  const { url, subject } = place
  const { connection } = await reach(place)
  try {
    const { data } = await connection.request(`${subject}.server`, new Uint8Array(0), { timeout: ANSWER_MS })
    return data
  } catch (error) {
    const why = isDenied(error) ? 'the broker lets nobody but the server ask' : 'no server answers'
    throw new TransportError(`${url}, subject ${subject}: ${why}`, { cause: error })
  } finally {
    await connection.close()
  }
}

/** Why an agent finds nobody. */
function absent({ info }: Broker['connection']): Closing {
  const couldBe = info?.jetstream === true || info?.cluster !== undefined
  const reason = couldBe
    ? 'no server listens there'
    : 'no server listens there, nor can one: the broker has no JetStream'
  return { code: 'lost', reason }
}

/**
 * Connects an agent.
 * @param name the agent's, or that of the process that holds several: letters, digits, - and _
 * @throws TransportError where the broker cannot be reached, or no server answers within `helloMs`
 * @throws RangeError for a name or subject that NATS would read otherwise
 */
export async function connectNats(place: NatsPlace, name: string): Promise<Connection> {
  const { url, subject, limits, pace } = place
  checkSubject(subject)
  checkName(name)
  const broker = await reach(place, {
    returned: () => link.repeat(),
    denied: (reason) => link.endpoint.gone({ code: 'lost', reason }),
  })
  const { connection } = broker
  const id = `${name}.${broker.session}`
  const [up, down] = [`${subject}.up.${id}`, `${subject}.down.${id}`]
  const wire = wireTo(broker, up, down, () => void connection.close())
  const link: Link = new Link(`${url} ${subject}`, limitsOf(limits), wire, pace)
  const probe = new Probe(link)
  let isAnswered = false
  void link.answered.then(() => (isAnswered = true))
  connection.subscribe(down, {
    callback: (error, message) => {
      // told as `denied`
      if (error !== null) return
      if (!isUnheard(message)) {
        probe.heard()
        link.hear(message.data)
      } else if (isAnswered) probe.unheard()
      else link.endpoint.gone(absent(connection))
    },
  })
  void connection.closed().then(() => link.endpoint.gone(BROKEN))
  try {
    await opened(link, place, pace?.resendMs)
  } catch (error) {
    link.endpoint.gone(BROKEN)
    throw error
  }
  return link.endpoint
}
