/** The join page in a real Chromium, and the built program around it, for tests. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { startFedrl, type Running } from './processes.ts'
import { ROOT } from './source.ts'

/** Path of the browser; empty where its tests are to be skipped. */
export const EXECUTABLE = process.env['FEDRL_CHROMIUM'] ?? '/usr/bin/chromium'

/** A name that leads to this machine and is none of the names of this machine. */
export const OTHER_HOST = 'fedrl.example'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${OTHER_HOST} 127.0.0.1`,
]

/** A browser. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: EXECUTABLE, args: FLAGS })

/** A server that was started, and the addresses that it gave out. */
export interface ServerStarted extends Running {
  /** for agents */
  readonly url: string
  /** for people */
  readonly link: string
}

/** Starts `fedrl serve FILE --out OUT`, by default on a port that is free. */
export async function startServer(
  file: string,
  out: string,
  more: readonly string[] = [],
  port = '0',
): Promise<ServerStarted> {
  const started = startFedrl(['serve', file, '--listen', `127.0.0.1:${port}`, '--out', out, ...more])
  const link = await started.saying(/http:\S+/)
  return { ...started, link, url: new URL('/', link).href.replace('http:', 'ws:') }
}

/** A tab with the join page, and all that went wrong in it. */
export interface Tab {
  readonly page: Page
  /** what the console said, violations of the page's policy included, and requests to other machines */
  readonly troubles: string[]
}

/** Opens a tab and notes what goes wrong in it. */
export async function openTab(context: BrowserContext, link: string): Promise<Tab> {
  const page = await context.newPage()
  const troubles: string[] = []
  page.on('console', (message) => troubles.push(message.text()))
  page.on('pageerror', (error) => troubles.push(error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(link).origin) troubles.push(request.url())
  })
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== new URL(link).host) troubles.push(socket.url())
  })
  await page.goto(link)
  return { page, troubles }
}

/** The text of an element of the page. */
export const textIn = async ({ page }: Pick<Tab, 'page'>, id: string): Promise<string> =>
  (await page.locator(`#${id}`).innerText()).trim()

/** Waits until the state of the agent is this one. @throws Error with what is shown instead */
export async function reaches(tab: Pick<Tab, 'page'>, state: string, timeout = 180_000): Promise<void> {
  await tab.page.waitForSelector(`#state[data-state="${state}"]`, { timeout }).catch(async () => {
    throw new Error(
      `expected the state ${state}, got ${await textIn(tab, 'state')}: ${await tab.page.locator('#reason').textContent()}`,
    )
  })
}

/** Waits until the agent works on so late a round. @throws Error where it stops before */
export async function reachesRound({ page }: Pick<Tab, 'page'>, round: number): Promise<void> {
  for (;;) {
    const text = await page.locator('main').innerText()
    const [, now = '0'] = /Round\s+([\d,]+) of/.exec(text) ?? []
    if (Number(now.replaceAll(',', '')) >= round) return
    const state = await page.locator('#state').getAttribute('data-state')
    if (['refused', 'failed', 'finished', 'left'].includes(state ?? ''))
      throw new Error(`expected round ${round}, got ${state} in round ${now}: ${text}`)
    await page.waitForTimeout(20)
  }
}

/** The fields that the page shows as sent, by kind of message. */
export async function shownFields({ page }: Pick<Tab, 'page'>): Promise<Record<string, string[]>> {
  const shown = await page.evaluate(
    `[...document.querySelectorAll('#traffic tbody')].map((body) => [body.dataset.kind, [...body.querySelectorAll('tr[data-field]')].map((row) => row.dataset.field)])`,
  )
  return Object.fromEntries(shown as [string, string[]][])
}

/** The fields that docs/protocol.md gives each kind, \`kind\` aside. */
export function documentedFields(): Record<string, string[]> {
  const fields: Record<string, string[]> = {}
  let kind = ''
  for (const line of readFileSync(join(ROOT, 'docs', 'protocol.md'), 'utf8').split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim())
    const first = /^`([a-z-]+)`$/.exec(cells[1] ?? '')?.[1]
    const isMessage =
      first !== undefined && (/^[as]( s)?$/.test(cells[2] ?? '') || /-(task|update)$/.test(first))
    if (isMessage) kind = first
    else if (cells[1] !== '') kind = ''
    if (kind === '') continue
    const names = cells.slice(2, 4).join(' ')
    if (/position/.test(names)) (fields[kind] ??= []).push('variant', 'seed', 'round', 'phase')
    else
      (fields[kind] ??= []).push(...[...names.matchAll(/`([a-zA-Z]+)`/g)].map((match) => match[1] as string))
  }
  return fields
}
