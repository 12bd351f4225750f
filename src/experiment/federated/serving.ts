/** The server of one run folder: what it keeps there, who watches it, and how its agents get in. */
import type { Clock } from '../../federation/clock.ts'
import type { RunKey } from '../../federation/served-run.ts'
import { openServer, type FederationServer, type ServerNotice } from '../../federation/server.ts'
import type { Gate } from '../../federation/server/gate.ts'
import { Traffic } from '../../federation/server/traffic.ts'
import { participationOf } from '../../server/round-machine/participation.ts'
import { DEFAULT_LIMITS, type Listener } from '../../transport.ts'
import { guarded, type Writer } from '../disk.ts'
import { InputError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { diskStore, type DiskStore, type RecordCopy } from './disk-store.ts'
import type { Serving } from './executor.ts'
import { identityOf } from './identity.ts'
import { sentExperiment } from './sent.ts'
import { statusOfExperiment } from './status.ts'
import { readTraffic, writeTraffic } from './traffic-file.ts'
import { keepTraffic } from './traffic-keeper.ts'
import type { Watch } from './watch.ts'

/** Where agents meet the server, and what it needs for that. */
export interface MeetingPoint {
  readonly listener: Pick<Listener, 'connections'>
  readonly clock: Clock
  /** 32 hexadecimal digits, new at each call */
  readonly newSession: () => string
  /** names of agents by index, where they are known beforehand */
  readonly names?: readonly string[]
  /** who is let in; without it whoever gives a name that is free */
  readonly gate?: Gate
  readonly onNotice?: (notice: ServerNotice) => void
}

/** What the server of a run folder is made from. */
export interface ServingOptions extends MeetingPoint {
  /** K */
  readonly agents: number
  /** the run folder, absolute */
  readonly folder: string
  /** the run that agents are to work on first */
  readonly first: RunKey
  readonly write: Writer
  readonly watch: Required<Watch>
  /** where else records are kept */
  readonly copy?: RecordCopy
}

/**
 * Opens the server, and takes agents in as soon as a run begins.
 * @param onClosed told how many rounds of the run under way have closed
 * @throws InputError where the names are not those of the run so far, or a file that agents need cannot be read; Damaged where what is
 * kept of the first run is
 */
export async function openServing(
  experiment: Experiment,
  options: ServingOptions,
  onClosed: (rounds: number) => void,
): Promise<Serving> {
  const { agents, folder, first, clock, watch, names = [], newSession, gate } = options
  const sent = await sentExperiment(experiment)
  const write = guarded(options.write)
  const store = timed(diskStore(folder, write, options.copy), clock, watch)
  await store.check(first)
  const traffic = new Traffic(agents, await readTraffic(folder))
  const server = await openServer({
    agents,
    names,
    ...identityOf(sent),
    store,
    clock,
    newSession,
    ...(gate && { gate }),
    limits: DEFAULT_LIMITS,
    traffic,
    onNotice(notice) {
      if (notice.type === 'closed') onClosed(notice.position.round + 1)
      watch.notice(notice)
      options.onNotice?.(notice)
    },
  }).catch((error: unknown) => {
    throw error instanceof RangeError ? new InputError('--agents', error.message) : error
  })
  void server.accept(options.listener)
  tellBegun(experiment, sent, server, options)
  const keeper = keepTraffic(
    clock,
    () => bytesOf(traffic),
    () => writeDown(folder, store, traffic, write),
  )
  return { server, store, endTraffic: () => keeper.end() }
}

/** @param sent the experiment as agents hear of it */
function tellBegun(
  { participation = {} }: Experiment,
  sent: Experiment,
  server: FederationServer,
  { agents, folder, watch }: ServingOptions,
): void {
  const toStatus = statusOfExperiment(sent, participationOf(participation, agents))
  watch.begun({
    folder,
    run: identityOf(sent).run,
    status() {
      const snapshot = server.snapshot()
      return snapshot === null ? null : toStatus(snapshot)
    },
  })
}

/** All that is counted comes with bytes. */
function bytesOf(traffic: Traffic): number {
  const { receivedBytes, sentBytes } = traffic.total()
  return receivedBytes + sentBytes
}

async function writeDown(folder: string, store: DiskStore, traffic: Traffic, write: Writer): Promise<void> {
  const names = await store.members()
  const agents = names.map((name, agent) => ({ name, ...traffic.of(agent) }))
  await writeTraffic(folder, agents, write)
}

/** The store, which tells how long its checkpoints take. */
const timed = (store: DiskStore, clock: Clock, watch: Required<Watch>): DiskStore => ({
  ...store,
  async save(run, lines, checkpoint) {
    const start = clock.now()
    await store.save(run, lines, checkpoint)
    watch.saved((clock.now() - start) / 1000)
  },
})
