/** Certificates for tests, made by openssl. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

const openssl = (args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })

/** The files of a certificate. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** Somebody who vouches for servers: its certificate, and what it signs. */
export interface Authority {
  /** path, PEM */
  readonly ca: string
  /** A certificate for these hosts, `DNS:a.example` or `IP:127.0.0.1`. @param days until it ends; negative: it has ended */
  issue(name: string, hosts: readonly string[], days?: number): CertificateFiles
}

/** An authority whose files lie in a new folder. */
export function authority(folder: string): Authority {
  mkdirSync(folder)
  const path = (name: string): string => join(folder, name)
  const [ca, caKey] = [path('ca.pem'), path('ca.key')]
  const request = ['req', '-x509', ...EC, '-days', '2', '-subj', '/CN=an authority of tests']
  openssl([...request, '-keyout', caKey, '-out', ca])
  return {
    ca,
    issue(name, hosts, days = 1) {
      const [cert, key, csr] = [path(`${name}.crt`), path(`${name}.pem`), path(`${name}.csr`)]
      const names = ['-addext', `subjectAltName=${hosts.join()}`]
      openssl(['req', ...EC, '-subj', `/CN=${name}`, ...names, '-keyout', key, '-out', csr])
      const by = ['-CA', ca, '-CAkey', caKey, '-copy_extensions', 'copy', '-days', String(days)]
      openssl(['x509', '-req', '-in', csr, ...by, '-out', cert])
      return { cert, key }
    },
  }
}
