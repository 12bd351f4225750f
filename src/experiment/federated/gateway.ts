/** What a server answers over HTTP, on the port on which agents join: health, readiness, status, metrics, and the pages that others add. */
import type { Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { isLoopback } from './loopback.ts'
import type { FederationStatus } from './status.ts'
import { withoutNames } from './status.ts'

/** Whether agents may join, or why not. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string }

/** Metrics as text, and the content type that says in which format. */
export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/** What a gateway is made of. */
export interface GatewayParts {
  readonly readiness: () => Readiness
  /** null until agents may join */
  readonly status: () => FederationStatus | null
  readonly metrics: () => Promise<Exposition>
  /** the status names no agent and no address: others than the operator can ask for it */
  readonly hidesNames: boolean
  /** routes of a page, below /join */
  readonly page?: Hono
}

/** The routes of a server: GET /healthz, /readyz, /status, /metrics and, where there is a page, /join. */
export function gatewayOf({ readiness, status, metrics, hidesNames, page }: GatewayParts): Hono {
  const app = new Hono()
  app.use(async (context, next) => {
    await next()
    context.header('Cache-Control', 'no-store')
    context.header('X-Content-Type-Options', 'nosniff')
  })
  app.get('/healthz', (context) => context.text('ok\n'))
  app.get('/readyz', (context) => {
    const now = readiness()
    return now.ready ? context.text('ready\n') : context.text(`${now.reason}\n`, 503)
  })
  app.get('/status', (context) => {
    const now = status()
    if (now === null) return context.json({ program: PROGRAM, reason: 'the server is not ready yet' }, 503)
    // a page elsewhere, or a server in front of this one, asks by a name of its own
    const isPassedOn =
      !isLoopback(new URL(context.req.url).hostname) || context.req.header('x-forwarded-for') !== undefined
    return context.json({ program: PROGRAM, ...(hidesNames || isPassedOn ? withoutNames(now) : now) })
  })
  app.get('/metrics', async (context) => {
    const { contentType, text } = await metrics()
    return context.body(text, 200, { 'Content-Type': contentType })
  })
  if (page !== undefined) app.route('/join', page)
  app.notFound((context) => context.text('a server of fedrl: /healthz, /readyz, /status, /metrics\n', 404))
  return app
}

/** By this a client sees that it is fedrl who answers. */
export const PROGRAM = 'fedrl'

/** Lets the gateway answer the requests of a server that has no other routes. */
export function hang(server: Pick<Server, 'on'>, gateway: Hono): void {
  const listener = getRequestListener(gateway.fetch)
  server.on('request', (request, response) => void listener(request, response))
}
