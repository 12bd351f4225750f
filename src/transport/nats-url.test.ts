import { expect, it } from 'vitest'
import { parseNatsUrl } from './nats-url.ts'

it('writes port and federation that an address leaves out, and hosts in lower case', () => {
  expect(parseNatsUrl('nats://Broker.Example')).toEqual({
    url: 'nats://broker.example:4222',
    hosts: ['broker.example'],
    isEncrypted: false,
    federation: 'default',
    subject: 'fedrl.default',
    names: ['nats://broker.example:4222/default'],
  })
})

it('knows several brokers of a cluster, IPv6 and TLS', () => {
  expect(parseNatsUrl('tls://a:1,[::1]:2/Ward-3')).toEqual({
    url: 'tls://a:1,tls://[::1]:2',
    hosts: ['a', '[::1]'],
    isEncrypted: true,
    federation: 'Ward-3',
    subject: 'fedrl.Ward-3',
    names: ['tls://a:1/Ward-3', 'tls://[::1]:2/Ward-3'],
  })
})

it.each([
  ['tls://[0:0:0:0:0:0:0:1]:7', 'tls://[::1]:7/default'],
  ['tls://[::FFFF:127.0.0.1]', 'tls://[::ffff:7f00:1]:4222/default'],
  ['nats://127.1', 'nats://127.0.0.1:4222/default'],
])('writes an address in one way, so that both sides call the server the same: %s', (text, name) =>
  expect(parseNatsUrl(text)?.names).toEqual([name]),
)

it.each([
  'nats://[1::2::3]',
  'nats://',
  'nats:///x',
  'ws://a:1',
  'nats://a:65536',
  'nats://a:1/b/c',
  'nats://a:1/b.c',
  'nats://u:p@a:1',
  'nats://a,',
])('refuses %s', (text) => expect(parseNatsUrl(text)).toBeNull())
