/** Asks a server how its federation stands; who else answers, or nobody, is told in one line. */
import { get as getHttp, type IncomingMessage } from 'node:http'
import { get as getHttps } from 'node:https'
import { InputError, RunError } from '../experiment/errors.ts'
import type { FederationStatus } from '../experiment/federated/status.ts'
import { authorityIn } from './certificate.ts'

/** So long a server has to answer, ms. */
const PATIENCE_MS = 5000

const SCHEMES: Readonly<Record<string, 'http:' | 'https:'>> = {
  'ws:': 'http:',
  'wss:': 'https:',
  'http:': 'http:',
  'https:': 'https:',
}

/**
 * The status of the server at `url`, as agents write it.
 * @param tlsCa a file of certificates to trust, PEM
 * @throws InputError where it is no such address, RunError where no server of fedrl answers
 */
export async function askStatus(
  url: string,
  { tlsCa }: { readonly tlsCa?: string } = {},
): Promise<FederationStatus> {
  const at = URL.canParse(url) ? new URL(url) : null
  const scheme = at === null ? undefined : SCHEMES[at.protocol]
  if (at === null || scheme === undefined)
    throw new InputError('URL', `expected the address of a server, as in ws://127.0.0.1:7070, got ${url}`)
  const ca = tlsCa === undefined ? undefined : await authorityIn('--tls-ca', tlsCa)
  const { status, text } = await answerOf(
    url,
    `${scheme}//${at.host}${at.pathname.replace(/\/$/, '')}/status`,
    ca,
  )
  const document = parsed(text)
  if (document?.program !== 'fedrl') throw new RunError(`${url} answers, but is no server of fedrl`)
  if (status !== 200) throw new RunError(`${url}: ${document.reason ?? 'the server has no status now'}`)
  return document
}

/** What a server of fedrl says of itself, whatever else. */
interface Introduction {
  readonly program?: string
  readonly reason?: string
}

function parsed(text: string): (Introduction & FederationStatus) | null {
  try {
    return JSON.parse(text) as (Introduction & FederationStatus) | null
  } catch {
    return null
  }
}

/** @throws RunError where nobody answers */
async function answerOf(
  url: string,
  address: string,
  ca: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await responseTo(address, ca)
    const pieces: Uint8Array[] = []
    for await (const piece of response) pieces.push(piece as Uint8Array)
    return { status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString('utf8') }
  } catch (error) {
    throw new RunError(whyNot(url, error as NodeJS.ErrnoException), { cause: error })
  }
}

function responseTo(address: string, ca: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { timeout: PATIENCE_MS, agent: false }
    const request = address.startsWith('https:')
      ? getHttps(address, ca === undefined ? options : { ...options, ca }, resolve)
      : getHttp(address, options, resolve)
    request.on('timeout', () => request.destroy(Object.assign(new Error(), { code: 'ETIMEDOUT' })))
    request.on('error', reject)
  })
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  EHOSTUNREACH: 'there is no way to this host',
  ENETUNREACH: 'there is no way to this host',
  ETIMEDOUT: `no answer within ${PATIENCE_MS / 1000} s`,
  ECONNRESET: 'it hung up: it is no server of fedrl, or one that wants wss://',
  EPROTO: 'it speaks no TLS: a server without a certificate has an address that begins with ws://',
}

function whyNot(url: string, { code = '', message }: NodeJS.ErrnoException): string {
  const reason = REASONS[code]
  if (reason !== undefined) return `${url}: ${reason}`
  if (code.startsWith('HPE_')) return `${url} answers, but is no server of fedrl`
  if (/CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/.test(code))
    return `${url}: its certificate is not trusted: ${message} (--tls-ca names what to trust)`
  return `${url}: ${message}`
}
