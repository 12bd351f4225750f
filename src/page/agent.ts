/** An agent that takes part from a tab: what it needs of the outside it is given, so that it runs in tests as well. */
import { InputError } from '../experiment/errors.ts'
import { invitee } from '../experiment/federated/join.ts'
import { Refused, takePart, type AgentNotice, type TakePartOptions } from '../federation/agent.ts'
import type { Signer } from '../federation/agent/signer.ts'
import type { JournalStore } from '../federation/agent-journal.ts'
import type { Clock } from '../federation/clock.ts'
import { decodeFrame } from '../protocol/frame.ts'
import type { Connection } from '../transport.ts'
import { OWN_LOG } from './chosen-files.ts'
import { described } from './described.ts'
import { emptyLedger, received, sent } from './ledger.ts'
import type { Report } from './messages.ts'
import { after, initialStatus, isActive, type Happening } from './status.ts'
import { watchedConnection, type Watcher } from './wire.ts'

/** What an agent in a tab needs. */
export interface TabAgent {
  readonly name: string
  readonly connect: () => Promise<Connection>
  readonly journal: (run: string) => Promise<JournalStore>
  readonly clock: Clock
  /** its key, for servers that ask for one */
  readonly signer: Signer | null
  /** whether it learns from a log that was chosen */
  readonly hasLog: boolean
  /** aborted with `paused` or `left` */
  readonly signal: AbortSignal
  /** told whenever something has changed, at most every {@link REPORT_MS} */
  readonly onReport: (report: Report) => void
}

/** Reports come no faster, ms. */
const REPORT_MS = 100
/** An agent that has not been asked for so long waits for the others, ms. */
const UNASKED_MS = 1000

/** Takes part until all runs are over, the person stops it, or it cannot go on; which of them, the last report says. */
export async function takePartInTab(agent: TabAgent): Promise<void> {
  const reporter = new Reporter(agent)
  reporter.tell({ type: 'started' })
  try {
    const outcome = await takePart(optionsOf(agent, reporter))
    const how = agent.signal.reason === 'paused' ? 'paused' : 'left'
    reporter.tell(outcome === 'finished' ? { type: 'finished' } : { type: 'stopped', how })
  } catch (error) {
    reporter.tell(failureOf(error, agent.hasLog))
  } finally {
    reporter.end()
  }
}

function optionsOf(agent: TabAgent, reporter: Reporter): TakePartOptions {
  const { name, clock, signal, journal, signer } = agent
  const open = invitee(agent.hasLog ? { log: OWN_LOG } : {})
  return {
    names: [name],
    client: 'fedrl page',
    wantsExperiment: true,
    patienceMs: Infinity,
    clock,
    signal,
    journal,
    signerOf: () => signer,
    connect: async () => watchedConnection(await agent.connect(), reporter),
    open(invitation) {
      const text = new TextDecoder().decode(invitation.experiment ?? new Uint8Array())
      const what = described(text, invitation)
      if (what !== null) reporter.tell({ type: 'opened', ...what })
      return open(invitation)
    },
    onNotice: (notice) => reporter.notice(notice),
  }
}

function failureOf(error: unknown, hasLog: boolean): Happening {
  if (error instanceof Refused) return { type: 'refused', code: error.code, reason: error.message }
  if (error instanceof InputError && error.file.startsWith('--'))
    return { type: 'failed', reason: withoutFlags(error, hasLog) }
  return { type: 'failed', reason: error instanceof Error ? error.message : String(error) }
}

/** What is wrong, where the message is made for people who start programs with flags. */
function withoutFlags({ file, issues }: InputError, hasLog: boolean): string {
  if (file === '--logs' && !hasLog)
    return 'The agents of this experiment learn from logs of their own: choose one above. It stays in this tab.'
  if (file === '--module')
    return 'The agents of this experiment act in programs of their own, which this page does not load: fedrl join does.'
  return issues.map(({ message }) => message).join('; ')
}

/** Gathers what happens into reports. */
class Reporter implements Watcher {
  readonly #agent: TabAgent
  #status = initialStatus
  #ledger = emptyLedger
  #agents = 0
  #report: (() => void) | null = null
  #unasked: (() => void) | null = null

  constructor(agent: TabAgent) {
    this.#agent = agent
  }

  tell(happening: Happening): void {
    this.#status = after(this.#status, happening)
    this.#changed()
  }

  notice(notice: AgentNotice): void {
    if (notice.type === 'joined') this.tell({ type: 'welcomed', agent: notice.agent, agents: this.#agents })
    if (notice.type === 'refused') this.tell({ type: 'update-refused', reason: notice.reason })
    if (notice.type === 'away') this.tell({ type: 'away', reason: notice.reason })
  }

  onSent(frame: Uint8Array): void {
    this.#ledger = sent(this.#ledger, frame)
    this.#changed()
  }

  onReceived(frame: Uint8Array): void {
    this.#ledger = received(this.#ledger, frame)
    const read = decodeFrame(frame)
    if (!read.ok) return
    const { kind, agents, round, action } = read.value.fields
    if (kind === 'welcome') this.#agents = Number(agents)
    if (kind === 'control' && action === 'pause') this.tell({ type: 'held' })
    if (kind === 'control' && action === 'resume') this.tell({ type: 'asked', round: this.#status.round })
    if (kind === 'task') this.#asked(Number(round) + 1)
  }

  /** Reports for the last time. */
  end(): void {
    this.#unasked?.()
    this.#report?.()
    this.#send()
  }

  #asked(round: number): void {
    this.tell({ type: 'asked', round })
    this.#unasked?.()
    this.#unasked = this.#agent.clock.after(UNASKED_MS, () => {
      this.#unasked = null
      this.tell({ type: 'unasked' })
    })
  }

  #changed(): void {
    if (isActive(this.#status)) this.#report ??= this.#agent.clock.after(REPORT_MS, () => this.#send())
  }

  #send(): void {
    this.#report = null
    this.#agent.onReport({ status: this.#status, ledger: this.#ledger })
  }
}
