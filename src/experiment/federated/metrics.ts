/** The metrics of a server, for Prometheus. What is counted anyway is read when somebody asks. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { ACK_STATUSES, type AgentTraffic } from '../../federation/server/traffic.ts'
import type { Exposition } from './gateway.ts'
import type { FederationStatus } from './status.ts'
import type { Watch } from './watch.ts'

/** Upper ends of the buckets, s. */
const PHASE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const CHECKPOINT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** Metrics, and what feeds them. */
export interface FederationMetrics {
  readonly watch: Watch
  exposition(): Promise<Exposition>
}

/** The metrics of one server, those of the process beside them. */
export function federationMetrics(): FederationMetrics {
  const register = new Registry()
  collectDefaultMetrics({ register })
  let status: () => FederationStatus | null = () => null
  /** read once for all that is told of it */
  let now: FederationStatus | null = null
  const registers = [register]
  const { rounds, phases, checkpoints, turnedAway } = declareEvents(registers)
  declareState(registers, () => now)
  declareTraffic(registers, () => now?.total ?? null)
  return {
    watch: {
      begun: (federation) => void (status = federation.status),
      notice(notice) {
        if (notice.type === 'turned-away') turnedAway.inc()
        if (notice.type !== 'closed') return
        if (notice.seconds !== null) phases.observe(notice.seconds)
        if (notice.position.phase === notice.phases - 1) rounds.inc()
      },
      saved: (seconds) => checkpoints.observe(seconds),
    },
    async exposition() {
      now = status()
      return { contentType: register.contentType, text: await register.metrics() }
    },
  }
}

/** What is counted as it happens. */
const declareEvents = (registers: Registry[]) => ({
  rounds: new Counter({
    name: 'fedrl_rounds_closed_total',
    help: 'Rounds closed since the server started',
    registers,
  }),
  phases: new Histogram({
    name: 'fedrl_phase_seconds',
    help: 'From the first Task of a phase to its closing',
    buckets: PHASE_BUCKETS,
    registers,
  }),
  checkpoints: new Histogram({
    name: 'fedrl_checkpoint_seconds',
    help: 'Writing a checkpoint and the record before it, until they are on disk',
    buckets: CHECKPOINT_BUCKETS,
    registers,
  }),
  turnedAway: new Counter({
    name: 'fedrl_turned_away_total',
    help: 'Connections and agents that were sent away since the server started',
    registers,
  }),
})

/** Gauges of how the run under way stands; without one they keep what they said last. */
function declareState(registers: Registry[], status: () => FederationStatus | null): void {
  const gauge = (name: string, help: string, of: (now: FederationStatus) => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const now = status()
        if (now !== null) this.set(of(now))
      },
    })
  gauge('fedrl_agents', 'Agents of the experiment', ({ agents }) => agents.length)
  gauge('fedrl_agents_present', 'Agents that are connected', ({ present }) => present)
  gauge('fedrl_agents_missing', 'Agents that are connected, were asked and have not answered', ({ missing }) => missing) // prettier-ignore
  gauge('fedrl_round', 'Rounds closed of the run under way', ({ round }) => round)
  gauge('fedrl_round_durable', 'Rounds of the run under way that are on disk', ({ durableRound }) => durableRound) // prettier-ignore
  gauge('fedrl_run', 'Which run of the experiment is under way, from 1', ({ runOf }) => runOf.number)
}

/** Counters of what went to and fro, restarts of the server included. */
function declareTraffic(registers: Registry[], total: () => AgentTraffic | null): void {
  const counter = (name: string, help: string, of: (now: AgentTraffic) => number): Counter =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        const now = total()
        if (now === null) return
        this.reset()
        this.inc(of(now))
      },
    })
  counter('fedrl_received_bytes_total', 'Frames from agents that have joined', (now) => now.receivedBytes)
  counter('fedrl_sent_bytes_total', 'Frames to agents that have joined', (now) => now.sentBytes)
  counter('fedrl_sessions_total', 'Times that an agent was welcomed', (now) => now.sessions)
  declareUpdates(registers, total)
}

/** The only ones with a label: what agents were told of their Updates. */
function declareUpdates(registers: Registry[], total: () => AgentTraffic | null): Counter {
  return new Counter({
    name: 'fedrl_updates_total',
    help: 'Updates by what their agents were told; one that is folded counts as received and as durable',
    labelNames: ['status'],
    registers,
    collect() {
      const now = total()
      if (now === null) return
      this.reset()
      for (const status of ACK_STATUSES) this.inc({ status }, now.updates[status])
    },
  })
}
