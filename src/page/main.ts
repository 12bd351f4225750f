/** The join page: what the person says goes to the worker, what the worker reports is shown. The experience of the agent lies in the worker. */
import { keyLine } from '../federation/keys/key-list.ts'
import { keyOfPem, makeKey, storedKey } from './keys.ts'
import { emptyLedger } from './ledger.ts'
import type { Order, Report, Start } from './messages.ts'
import { forget, remember, remembered } from './remembered.ts'
import { after, initialStatus, isActive, type Status } from './status.ts'
import { element, show } from './view.ts'

const form = element('form', HTMLFormElement)
const nameInput = element('name', HTMLInputElement)
const logInput = element('log', HTMLInputElement)
const pemInput = element('pem', HTMLInputElement)
const makeKeyButton = element('make-key', HTMLButtonElement)
const startButton = element('start', HTMLButtonElement)
const pauseButton = element('pause', HTMLButtonElement)
const leaveButton = element('leave', HTMLButtonElement)

/** Of the server: the page lies one step below it. */
const server = new URL('../', location.href)
server.protocol = server.protocol === 'https:' ? 'wss:' : 'ws:'
server.hash = server.search = ''

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'agent' })
let report: Report = { status: initialStatus, ledger: emptyLedger }
/** called when the agent stops for whatever reason; it lets go of the name */
let release: (() => void) | null = null

function update(next: Report): void {
  report = next
  show(report)
  const { state } = report.status
  const [isAtWork, isPaused] = [isActive(report.status), state === 'paused']
  startButton.disabled = isAtWork || isPaused || !isSecureContext
  startButton.textContent = isAtWork || state === 'idle' ? 'Start' : 'Start again'
  pauseButton.disabled = !(isAtWork || isPaused)
  pauseButton.textContent = isPaused ? 'Resume' : 'Pause'
  leaveButton.disabled = pauseButton.disabled
  for (const input of [nameInput, logInput, pemInput, makeKeyButton]) input.disabled = !leaveButton.disabled
  if (isAtWork) return
  release?.()
  release = null
  if (!isPaused) forget()
}

/** Shows that something happened here, and not in the worker. */
function tell(status: Status): void {
  update({ ...report, status })
}

const fail = (reason: string): void => tell(after(initialStatus, { type: 'failed', reason }))

const order = (what: Order): void => worker.postMessage(what)

async function keyFor(name: string): Promise<CryptoKey | null> {
  const [pem] = pemInput.files ?? []
  return pem === undefined ? ((await storedKey(name))?.privateKey ?? null) : keyOfPem(await pem.text())
}

async function orderOf(name: string): Promise<Start> {
  const log = logInput.files?.[0] ?? null
  return { type: 'start', name, url: server.href, key: await keyFor(name), log }
}

/** Starts the agent, unless another tab of this browser is it already: two writers would spoil what it keeps. */
async function start(): Promise<void> {
  const name = nameInput.value
  startButton.disabled = true
  try {
    const what = await orderOf(name)
    void navigator.locks.request(`fedrl ${server.href} ${name}`, { ifAvailable: true }, (lock) => {
      if (lock === null) return fail(`another tab of this browser takes part as ${name}`)
      const isOver = new Promise<void>((resolve) => (release = resolve))
      remember({ name, needsFiles: what.log !== null || pemInput.value !== '' })
      tell(after(initialStatus, { type: 'started' }))
      // what the agent keeps is not the browser's to throw away
      void navigator.storage.persist()
      order(what)
      return isOver
    })
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error))
  }
}

function pauseOrResume(): void {
  if (report.status.state === 'paused') void start()
  else order({ type: 'stop', how: 'paused' })
}

function leave(): void {
  if (isActive(report.status)) order({ type: 'stop', how: 'left' })
  else tell(after(report.status, { type: 'stopped', how: 'left' }))
}

async function showKey(key = storedKey(nameInput.value)): Promise<void> {
  const found = await key.catch(() => null)
  makeKeyButton.textContent =
    found === null ? 'Make a key in this browser' : 'Replace the key of this browser'
  element('public-line', HTMLOutputElement).value =
    found === null ? 'none yet' : keyLine({ name: nameInput.value, key: found.publicKey, revoked: false })
}

function makeAndShowKey(): void {
  if (!form.reportValidity()) return
  void showKey(
    makeKey(nameInput.value).catch((error: unknown) => {
      fail(`this browser makes no Ed25519 key: ${String(error)}`)
      return null
    }),
  )
}

/** What stands in the way of any agent here. */
function obstacle(): string {
  if (!isSecureContext)
    return `This page came over ${location.protocol}//${location.host}, without encryption and from another machine: browsers neither keep keys nor protect what is sent there. Ask the operator for an https: link (fedrl serve --tls-cert ... --tls-key ...).`
  return ''
}

function begin(): void {
  element('server', HTMLElement).textContent = server.href
  const before = remembered()
  nameInput.value = before?.name ?? new URLSearchParams(location.hash.slice(1)).get('agent') ?? ''
  update(report)
  const trouble = obstacle()
  if (trouble !== '') return fail(trouble)
  void showKey()
  if (before === null) return
  if (!before.needsFiles) void start()
  else
    tell({
      ...initialStatus,
      reason: 'Choose the same files again, then Start: the agent goes on where it was.',
    })
}

worker.addEventListener('message', ({ data }: MessageEvent<Report>) => update(data))
worker.addEventListener('error', ({ message }) => fail(`the worker of this page failed: ${message}`))
form.addEventListener('submit', (event) => {
  event.preventDefault()
  void start()
})
pauseButton.addEventListener('click', pauseOrResume)
leaveButton.addEventListener('click', leave)
makeKeyButton.addEventListener('click', makeAndShowKey)
nameInput.addEventListener('input', () => void showKey())
begin()
