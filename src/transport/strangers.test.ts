import { expect, it } from 'vitest'
import { Strangers, networkOf } from './strangers.ts'

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::9', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['127.0.0.1', null],
  ['::ffff:127.0.0.9', null],
  ['::1', null],
  [undefined, null],
])('%s is of the network %s', (address, network) => expect(networkOf(address)).toBe(network))

it('counts by network those who are neither admitted nor gone', () => {
  const strangers = new Strangers()
  strangers.add('a', '2001:db8::1')
  strangers.add('b', '2001:db8::ffff')
  strangers.add('c', '192.0.2.7')
  strangers.add('d', '127.0.0.1')
  expect(['a', 'b', 'c', 'd'].map((peer) => strangers.around(peer))).toEqual([2, 2, 1, 0])
  strangers.drop('a')
  strangers.drop('a')
  expect(['a', 'b', 'c'].map((peer) => strangers.around(peer))).toEqual([0, 1, 1])
})
