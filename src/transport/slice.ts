/**
 * The message of a link, 40 bytes and a payload, little-endian: u32 magic, u32 CRC-32 of all that follows, u32 kind,
 * u32 rest, f64 number, f64 next, u32 room, u32 0. A message that is cut short or damaged fails its checksum.
 */
import { crc32 } from 'node:zlib'

/** What a message is. */
export const Kind = {
  /** the agent asks for the connection */
  open: 0,
  /** nothing but `next` and `room`; a sign of life */
  ack: 1,
  /** a piece of a frame */
  slice: 2,
  /** the sender is done, after all its slices; the payload is why */
  close: 3,
  /** the sender knows the connection no more; the payload is why */
  cut: 4,
} as const

/** A message; every one of them acknowledges. */
export interface Message {
  readonly kind: number
  /** bytes of the frame that come in later slices */
  readonly rest: number
  /** of the slice or the close, from 0 */
  readonly number: number
  /** slices of the other side that were taken: all before this number */
  readonly next: number
  /** bytes that the other side may have under way beyond those, with what each frame costs besides its own */
  readonly room: number
  readonly payload: Uint8Array
}

const MAGIC = 0x53445246 // "FRDS"
const HEADER = 40

/** Bytes that a message has besides its payload. */
export const MESSAGE_OVERHEAD = HEADER

/** So many bytes that are all to be written: nobody zeroes them first. */
export const memory = (bytes: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer)

/** A message as bytes. */
export function encodeMessage({ kind, rest, number, next, room, payload }: Message): Uint8Array {
  const bytes = memory(HEADER + payload.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(8, kind, true)
  view.setUint32(12, rest, true)
  view.setFloat64(16, number, true)
  view.setFloat64(24, next, true)
  view.setUint32(32, room, true)
  view.setUint32(36, 0, true)
  bytes.set(payload, HEADER)
  view.setUint32(4, crc32(bytes.subarray(8)), true)
  return bytes
}

/** Reads a message, whose payload shares the memory of `bytes`; null where it is not whole and undamaged. */
export function decodeMessage(bytes: Uint8Array): Message | null {
  if (bytes.byteLength < HEADER) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== crc32(bytes.subarray(8))) return null
  return {
    kind: view.getUint32(8, true),
    rest: view.getUint32(12, true),
    number: view.getFloat64(16, true),
    next: view.getFloat64(24, true),
    room: view.getUint32(32, true),
    payload: bytes.subarray(HEADER),
  }
}
