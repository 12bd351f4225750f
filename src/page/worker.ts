/** The worker of the join page: one agent at a time, away from what the person sees. */
import { config } from 'zod'
import { clock } from '../experiment/federated/clock.ts'
import { journalIndexedDb } from '../federation/journal-indexed-db.ts'
import { connectPage } from '../transport/websocket-browser.ts'
import { takePartInTab } from './agent.ts'
import { choose } from './chosen-files.ts'
import { signerWith } from './keys.ts'
import type { Order, Report, Start } from './messages.ts'

// the page's policy allows no code that is made of text
config({ jitless: true })

let stopping: AbortController | null = null

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  if (data.type === 'stop') stopping?.abort(data.how)
  else void start(data)
})

async function start({ name, url, key, log }: Start): Promise<void> {
  stopping = new AbortController()
  choose(log)
  await takePartInTab({
    name,
    clock,
    connect: () => connectPage(url),
    journal: (run) => journalIndexedDb(`fedrl/${name}/${run.slice(0, 16)}`),
    signer: key === null ? null : signerWith(key),
    hasLog: log !== null,
    signal: stopping.signal,
    onReport: (report: Report) => postMessage(report),
  })
}
