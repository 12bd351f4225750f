/** Reads the fields and tensors of a frame: what is missing, unknown or out of range becomes an issue. */
import type { Issue } from '../numeric/result.ts'
import type { Frame } from './frame.ts'

/** Whether the frame has a tensor of this name. */
export const hasTensor = (frame: Frame, name: string): boolean =>
  frame.tensors.some((tensor) => tensor.name === name)

/** The integer fields of a frame of this kind, each in [0, most]; anything unknown, missing or doubled is an issue. */
export function readFields<Name extends string>(
  frame: Frame,
  kind: string,
  most: Record<Name, number>,
  tensors: readonly string[],
  issues: Issue[],
): Record<Name, number> {
  const names = Object.keys(most) as Name[]
  if (frame.fields['kind'] !== kind)
    issues.push({
      path: ['kind'],
      message: `expected "${kind}", got ${JSON.stringify(frame.fields['kind'])}`,
    })
  for (const key of Object.keys(frame.fields)) {
    if (key !== 'kind' && !names.includes(key as Name)) issues.push({ path: [key], message: `unknown field` })
  }
  frame.tensors.forEach(({ name }, i) => {
    if (!tensors.includes(name)) issues.push({ path: [name], message: `unknown tensor` })
    if (frame.tensors.findIndex((other) => other.name === name) !== i)
      issues.push({ path: [name], message: `expected one tensor of this name` })
  })
  const result: Record<string, number> = {}
  for (const name of names) {
    const value = frame.fields[name]
    if (typeof value !== 'number' || value < 0 || value > most[name]) {
      issues.push({
        path: [name],
        message: `expected an integer in [0, ${most[name]}], got ${JSON.stringify(value)}`,
      })
    }
    result[name] = typeof value === 'number' ? value : 0
  }
  return result
}

/** A tensor of `length` finite numbers; where it is not, that is an issue and the result means nothing. */
export function readF64(frame: Frame, name: string, length: number, issues: Issue[]): Float64Array {
  const data = frame.tensors.find((tensor) => tensor.name === name)?.data
  if (!(data instanceof Float64Array) || data.length !== length) {
    issues.push({ path: [name], message: `expected ${length} numbers, got ${data?.length ?? 'none'}` })
    return new Float64Array(0)
  }
  const bad = firstNotFinite(data)
  if (bad >= 0) issues.push({ path: [name, bad], message: `expected a finite number, got ${data[bad]}` })
  return data
}

/** A loop, for a callback for each number takes longer than the rest of reading a message. */
function firstNotFinite(data: Float64Array): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i
  return -1
}

/** A tensor of `length` integers, of any length where that is not given; where it is not, that is an issue and the result means nothing. */
export function readU32(
  frame: Frame,
  name: string,
  length: number | undefined,
  issues: Issue[],
): Uint32Array {
  const data = frame.tensors.find((tensor) => tensor.name === name)?.data
  if (data instanceof Uint32Array && (length === undefined || data.length === length)) return data
  issues.push({
    path: [name],
    message: `expected ${length ?? 'a list of'} integers, got ${data?.length ?? 'none'}`,
  })
  return new Uint32Array(0)
}
