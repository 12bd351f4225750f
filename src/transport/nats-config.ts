/**
 * The configuration of a nats-server for one federation: an account of its own, in which each agent is a user that may send and hear on its
 * own subjects alone, and the server is another. Pure: text out.
 */
import { nkeyOf } from './nats-key.ts'
import { mirrorName, subjectOf } from './nats-url.ts'

/** What goes into the configuration. */
export interface BrokerConfig {
  readonly federation: string
  readonly listen: { readonly host: string; readonly port: number }
  /** of the server of the federation, [32] */
  readonly serverKey: Uint8Array
  /** each name with its Ed25519 public key, [32] */
  readonly agents: readonly { readonly name: string; readonly key: Uint8Array }[]
  /** paths of certificate and private key, PEM; null: not encrypted */
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** where JetStream keeps its files; absolute */
  readonly jetStreamFolder: string
}

/** What the broker may use for JetStream, bytes. */
const MEMORY = 64 * 1024 * 1024
const DISK = 4 * 1024 * 1024 * 1024

/** The longest message, bytes; longer frames are cut into slices. */
const MAX_PAYLOAD = 1024 * 1024

/** Subjects of the inboxes of a user. */
const inboxOf = (name: string): string => `_INBOX_${name}.>`

/** What a user may do. */
interface Rights {
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

const rightsOfServer = (subject: string, federation: string): Rights => ({
  publish: [
    `${subject}.down.>`,
    `${subject}.server`,
    `${subject}.mirror.>`,
    '$JS.API.>',
    // acknowledgements of what is read at one's own pace
    '$JS.FC.>',
    '$KV.fedrl.>',
    `$O.${mirrorName(federation)}.>`,
    '_INBOX.>',
  ],
  subscribe: [`${subject}.up.>`, `${subject}.server`, '_INBOX.>'],
})

const rightsOfAgent = (subject: string, name: string): Rights => ({
  publish: [`${subject}.up.${name}.*`],
  subscribe: [`${subject}.down.${name}.*`, inboxOf(name)],
})

const list = (subjects: readonly string[]): string => subjects.map((one) => JSON.stringify(one)).join(', ')

const user = (name: string, key: Uint8Array, { publish, subscribe }: Rights): string => `
      # ${name}
      {
        nkey: ${nkeyOf(key)}
        permissions: {
          publish: { allow: [${list(publish)}] }
          subscribe: { allow: [${list(subscribe)}] }
        }
      }`

/** The text of the configuration. @throws RangeError where a key is not 32 bytes long */
export function brokerConfig(config: BrokerConfig): string {
  const { federation, listen, serverKey, agents, tls, jetStreamFolder } = config
  const subject = subjectOf(federation)
  const users = [
    user('the server', serverKey, rightsOfServer(subject, federation)),
    ...agents.map(({ name, key }) => user(`agent ${name}`, key, rightsOfAgent(subject, name))),
  ]
  return `# nats-server for the federation ${federation}; written by fedrl nats-config
listen: ${JSON.stringify(`${listen.host}:${listen.port}`)}
max_payload: ${MAX_PAYLOAD}
${tls === null ? '' : `tls: { cert_file: ${JSON.stringify(tls.cert)}, key_file: ${JSON.stringify(tls.key)} }\n`}jetstream: {
  store_dir: ${JSON.stringify(jetStreamFolder)}
  max_memory_store: ${MEMORY}
  max_file_store: ${DISK}
}
accounts: {
  FEDRL: {
    jetstream: enabled
    users: [${users.join('')}
    ]
  }
}
`
}
