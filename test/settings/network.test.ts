import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../queues/process/settings.ts';

const NOWHERE = '/nowhere/.env';
const read = (environment: Record<string, string>) => readSettings(environment, NOWHERE);

describe('HOST', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('%s is this machine alone', (HOST) => {
    expect(read({ HOST })).toMatchObject({ host: HOST, tls: undefined, trustProxy: undefined });
  });

  const open = ['0.0.0.0', '::', '192.168.1.5', '128.0.0.1', 'studio.example', '127.evil.example', 'localhost.example'];
  test.each(open)('%s can be reached by others, and is refused in plain http', (HOST) => {
    expect(() => read({ HOST })).toThrow(
      `HOST: got "${HOST}"; accepted: an address of this machine alone, such as 127.0.0.1, unless TLS_CERT and TLS_KEY, TRUST_PROXY ` +
        'or ALLOW_PLAIN_HTTP=yes is given, because keys and personal data would cross the network unencrypted',
    );
    expect(() => read({ HOST, ALLOW_PLAIN_HTTP: 'no' })).toThrow(/^HOST: /);
  });

  test.each([
    [{ TLS_CERT: '/a/cert.pem', TLS_KEY: '/a/key.pem' }, { tls: { cert: '/a/cert.pem', key: '/a/key.pem' } }],
    [{ TRUST_PROXY: '1' }, { trustProxy: 1 }],
    [{ ALLOW_PLAIN_HTTP: 'yes' }, { host: '0.0.0.0' }],
  ])('is accepted with %p', (guard, expected) => {
    expect(read({ HOST: '0.0.0.0', ...(guard as Record<string, string>) })).toMatchObject(expected);
  });
});

test.each([
  ['TLS_CERT', 'TLS_KEY'],
  ['TLS_KEY', 'TLS_CERT'],
])('%s without %s', (given, missing) => {
  expect(() => read({ [given]: '/a.pem' })).toThrow(`${missing}: not given; accepted: both or none, and ${given} is given`);
});

describe('TRUST_PROXY', () => {
  test.each<[string, number | string[]]>([
    ['1', 1],
    ['9', 9],
    ['loopback', ['loopback']],
    ['10.0.0.1, 172.16.0.0/12', ['10.0.0.1', '172.16.0.0/12']],
    ['10.0.0.0/1', ['10.0.0.0/1']],
    ['fd00::/8,::1', ['fd00::/8', '::1']],
    ['fd00::1/128', ['fd00::1/128']],
  ])('%s', (text, expected) => expect(read({ TRUST_PROXY: text }).trustProxy).toEqual(expected));

  const bad = [
    '0',
    '10',
    '-1',
    'true',
    'yes',
    'proxy.example',
    '10.0.0.0/0',
    '10.0.0.0/33',
    '::/0',
    'fd00::/129',
    '10.0.0.0/8/8',
    '1,',
  ];
  test.each(bad)('%s would let a client name any address, or means nothing', (text) => {
    expect(() => read({ TRUST_PROXY: text })).toThrow(
      /^TRUST_PROXY: got ".*"; accepted: a number of proxies from 1 to 9, or their addr/,
    );
  });
});
