/** The certificate of a server: read, looked at before anybody connects, and put to use again when it has been renewed. */
import { X509Certificate, createPrivateKey } from 'node:crypto'
import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { blaming } from '../experiment/disk.ts'
import { InputError } from '../experiment/errors.ts'
import { watchFiles } from '../experiment/watch-file.ts'
import type { Certificate } from '../transport/http-server.ts'

/** The files of a certificate and its key, as typed. */
export interface CertificateFlags {
  readonly tlsCert?: string
  readonly tlsKey?: string
}

/** A certificate that can be used now. */
export interface ServerCertificate {
  readonly pem: Certificate
  /** the hosts that it is for, without those of a wildcard */
  readonly hosts: readonly string[]
  /** whether it is for a host */
  isFor(host: string): boolean
}

/**
 * Reads the certificate that the flags name, null where they name none.
 * @throws InputError where it cannot be used: only one of two files, not PEM, out of date, of another key
 */
export async function certificateOf({
  tlsCert,
  tlsKey,
}: CertificateFlags): Promise<ServerCertificate | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null
  if (tlsCert === undefined)
    throw new InputError('--tls-cert', 'expected the certificate of --tls-key, got none')
  if (tlsKey === undefined) throw new InputError('--tls-key', 'expected the key of --tls-cert, got none')
  const cert = await textIn('--tls-cert', tlsCert)
  const key = await textIn('--tls-key', tlsKey)
  const parsed = certificateIn('--tls-cert', tlsCert, cert)
  expectValid(parsed, tlsCert)
  expectKey(parsed, tlsKey, key)
  return {
    pem: { cert, key },
    hosts: hostsOf(parsed),
    isFor: (host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined,
  }
}

const textIn = (flag: string, path: string): Promise<string> =>
  blaming(flag, path, 'a PEM file that can be read', () => readFile(path, 'utf8'))

/** The first certificate in a PEM text. @throws InputError */
function certificateIn(flag: string, path: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch {
    throw new InputError(flag, `expected a certificate (PEM) in ${path}, got something else`)
  }
}

function expectValid({ validFrom, validTo }: X509Certificate, path: string): void {
  const now = Date.now()
  if (now > Date.parse(validTo))
    throw new InputError('--tls-cert', `expected a certificate that is valid, got ${path}, which expired on ${validTo}`) // prettier-ignore
  if (now < Date.parse(validFrom))
    throw new InputError('--tls-cert', `expected a certificate that is valid, got ${path}, which is so from ${validFrom}`) // prettier-ignore
}

function expectKey(certificate: X509Certificate, path: string, text: string): void {
  let isOf: boolean
  try {
    isOf = certificate.checkPrivateKey(createPrivateKey(text))
  } catch {
    throw new InputError('--tls-key', `expected a private key (PEM) without a password in ${path}, got something else`) // prettier-ignore
  }
  if (!isOf)
    throw new InputError('--tls-key', `expected the key of --tls-cert, got that of another in ${path}`)
}

/** `DNS:a.example, IP Address:127.0.0.1` as hosts. */
const hostsOf = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName.split(', ').flatMap((entry) => {
    const [, host = ''] = /^(?:DNS|IP Address):(.+)$/.exec(entry) ?? []
    return host === '' || host.includes('*') ? [] : [host]
  })

/**
 * Uses the certificate anew whenever its files change, so that a renewal needs no restart.
 * @returns ends it
 */
export async function renewCertificate(
  server: Server,
  flags: CertificateFlags,
  onNote: (line: string) => void,
): Promise<() => void> {
  const paths = [flags.tlsCert, flags.tlsKey].filter((path) => path !== undefined)
  return watchFiles(paths, async () => {
    try {
      const certificate = await certificateOf(flags)
      if (certificate === null || !(server instanceof TlsServer)) return
      server.setSecureContext({ cert: certificate.pem.cert.toString(), key: certificate.pem.key.toString() })
      onNote(`${flags.tlsCert} was read again: new connections see it`)
    } catch (error) {
      onNote(`the certificate stays as it was: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
}

/** The certificates that are believed instead of those that Node knows. @throws InputError where the file holds none */
export async function authorityIn(flag: string, path: string): Promise<string> {
  const text = await textIn(flag, path)
  certificateIn(flag, path, text)
  return text
}
