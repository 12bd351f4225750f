/** What has left the tab, and how much has come in: counted from the very bytes that were sent, by reading them back. Pure. */
import { decodeFrame, type Frame, type TensorData } from '../protocol/frame.ts'

/** A field, or a tensor, of the messages of one kind. */
export interface SentField {
  readonly name: string
  readonly type: 'integer' | 'string' | 'f64' | 'u32' | 'u8'
  /** values, or elements of tensors, of all messages together */
  readonly elements: number
  /** of the last message: its value, or how long it was where it is a tensor */
  readonly last: string
}

/** All messages of one kind. */
export interface SentKind {
  readonly kind: string
  /** the kind of the messages that it travelled in, and in whose bytes it is counted; null where it was sent by itself */
  readonly inside: string | null
  readonly messages: number
  readonly bytes: number
  readonly fields: readonly SentField[]
}

/** What went over the connections of an agent. */
export interface Ledger {
  /** in the order in which they were first sent */
  readonly sent: readonly SentKind[]
  readonly bytesOut: number
  readonly bytesIn: number
}

/** Nothing yet. */
export const emptyLedger: Ledger = { sent: [], bytesOut: 0, bytesIn: 0 }

/** The ledger after a frame came in. */
export const received = (ledger: Ledger, frame: Uint8Array): Ledger => ({
  ...ledger,
  bytesIn: ledger.bytesIn + frame.length,
})

/** The ledger after a frame was sent. @throws Error where the bytes are no frame, which would be a fault of this program */
export const sent = (ledger: Ledger, frame: Uint8Array): Ledger => ({
  ...ledger,
  sent: entered(ledger.sent, frame, null),
  bytesOut: ledger.bytesOut + frame.length,
})

function entered(kinds: readonly SentKind[], bytes: Uint8Array, inside: string | null): readonly SentKind[] {
  const read = decodeFrame(bytes)
  if (!read.ok) throw new Error('ledger: expected a frame')
  const kind = String(read.value.fields['kind'])
  const at = kinds.findIndex((one) => one.kind === kind && one.inside === inside)
  const before = kinds[at] ?? { kind, inside, messages: 0, bytes: 0, fields: [] }
  const after: SentKind = {
    ...before,
    messages: before.messages + 1,
    bytes: before.bytes + bytes.length,
    fields: fieldsOf(read.value).reduce(withField, before.fields),
  }
  const all = at < 0 ? [...kinds, after] : kinds.with(at, after)
  const frame = read.value.tensors.find(({ name }) => name === 'frame')?.data
  return frame instanceof Uint8Array ? entered(all, frame, kind) : all
}

function fieldsOf({ fields, tensors }: Frame): SentField[] {
  return [
    ...Object.entries(fields).map(([name, value]): SentField => {
      const type = typeof value === 'string' ? 'string' : 'integer'
      return { name, type, elements: 1, last: String(value) }
    }),
    ...tensors.map(({ name, data }): SentField => ({
      name,
      type: typeOf(data),
      elements: data.length,
      last: `${data.length} ${data instanceof Uint8Array ? 'bytes' : 'numbers'}`,
    })),
  ]
}

function typeOf(data: TensorData): 'f64' | 'u32' | 'u8' {
  if (data instanceof Float64Array) return 'f64'
  return data instanceof Uint32Array ? 'u32' : 'u8'
}

function withField(fields: readonly SentField[], field: SentField): readonly SentField[] {
  const at = fields.findIndex(({ name, type }) => name === field.name && type === field.type)
  const before = fields[at]
  if (before === undefined) return [...fields, field]
  return fields.with(at, {
    ...field,
    elements: before.elements + field.elements,
  })
}
