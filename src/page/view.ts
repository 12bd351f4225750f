/** What the join page shows, from what is known of the agent. */
import type { Ledger, SentField, SentKind } from './ledger.ts'
import type { Report } from './messages.ts'
import { isActive, type State, type Status } from './status.ts'

const STATES: Readonly<Record<State, string>> = {
  idle: 'Not started',
  connecting: 'Connecting',
  waiting: 'Waiting for the other agents',
  learning: 'Learning',
  away: 'Not connected; trying again',
  held: 'The server pauses the run',
  paused: 'Paused: the server goes on without this agent where the experiment allows it',
  left: 'Left',
  finished: 'Finished: all runs are over',
  refused: 'Refused by the server',
  failed: 'Cannot take part',
}

/** The element with this id. @throws Error where index.html has none of this class */
export function element<T extends HTMLElement>(id: string, Class: abstract new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof Class)) throw new Error(`index.html: expected a ${Class.name} with the id ${id}`)
  return found
}

const number = new Intl.NumberFormat('en')

/** Shows a report. */
export function show({ status, ledger }: Report): void {
  showState(status)
  showFacts(status)
  showTraffic(ledger)
}

function showState({ state, reason, warning, refusedUpdates, refusal }: Status): void {
  const line = element('state', HTMLElement)
  line.dataset['state'] = state
  // a live region is read aloud when it is written, even where it stays the same
  if (line.textContent !== STATES[state]) line.textContent = STATES[state]
  showNotice('reason', reason)
  showNotice('warning', warning)
  const updates = refusedUpdates === 1 ? 'An update was' : `${refusedUpdates} updates were`
  showNotice('refusal', refusedUpdates === 0 ? '' : `${updates} refused by the server: ${refusal}`)
}

function showNotice(id: string, text: string): void {
  const notice = element(id, HTMLElement)
  notice.hidden = text === ''
  notice.textContent = text
}

function showFacts(status: Status): void {
  const { experiment, agent, agents, runs, run, rounds, round } = status
  const facts: [string, string][] = []
  if (experiment !== '') facts.push(['Experiment', experiment])
  if (agent !== null) facts.push(['Agent', `${agent + 1} of ${number.format(agents)}`])
  if (runs > 0) facts.push(['Run', `${number.format(run)} of ${number.format(runs)}`])
  if (rounds > 0) facts.push(['Round', `${number.format(round)} of ${number.format(rounds)}`])
  element('facts', HTMLElement).replaceChildren(
    ...facts.flatMap(([term, value]) => [made('dt', term), made('dd', value)]),
  )
  const progress = element('progress', HTMLProgressElement)
  const isKnown = rounds > 0 && (isActive(status) || status.state === 'finished' || round > 0)
  progress.hidden = !isKnown
  element('progress-label', HTMLElement).hidden = !isKnown
  progress.max = Math.max(rounds, 1)
  progress.value = status.state === 'finished' ? progress.max : round
}

function showTraffic({ sent, bytesIn, bytesOut }: Ledger): void {
  const messages = sent.reduce((sum, one) => sum + (one.inside === null ? one.messages : 0), 0)
  element('totals', HTMLElement).textContent =
    `${number.format(messages)} messages, ${number.format(bytesOut)} bytes out; ${number.format(bytesIn)} bytes in`
  const table = element('traffic', HTMLTableElement)
  table.hidden = sent.length === 0
  table.replaceChildren(...(table.tHead === null ? [] : [table.tHead]), ...sent.map(bodyOf))
}

function bodyOf({ kind, inside, messages, bytes, fields }: SentKind): HTMLTableSectionElement {
  const body = document.createElement('tbody')
  body.dataset['kind'] = kind
  const heading = made('th', '')
  heading.scope = 'rowgroup'
  heading.colSpan = 4
  const times = `${number.format(messages)} ${messages === 1 ? 'message' : 'messages'}`
  heading.append(
    made('code', kind),
    inside === null
      ? `: ${times}, ${number.format(bytes)} bytes`
      : ` inside ${inside}: ${number.format(bytes)} of its bytes`,
  )
  body.insertRow().append(heading)
  for (const field of fields) body.append(rowOf(field))
  return body
}

function rowOf({ name, type, elements, last }: SentField): HTMLTableRowElement {
  const row = document.createElement('tr')
  row.dataset['field'] = name
  const cells = [name, type, number.format(elements), last]
  row.append(...cells.map((text) => made('td', text)))
  row.cells[2]?.classList.add('number')
  return row
}

function made<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text: string,
): HTMLElementTagNameMap[Name] {
  const one = document.createElement(name)
  one.textContent = text
  return one
}
