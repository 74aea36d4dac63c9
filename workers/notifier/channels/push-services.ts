import { createECDH } from 'node:crypto';
import { lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Settings } from '../../../queues/process/settings.ts';

/** Where browsers get their messages: Chrome and Edge, Firefox, Safari, Edge on Windows. Nothing is sent anywhere else. */
const PUSH_SERVICES = [
  /^(fcm|android|jmt17)\.googleapis\.com$/,
  /^([\w-]+\.)*push\.services\.mozilla\.com$/,
  /^([\w-]+\.)*push\.apple\.com$/,
  /^([\w-]+\.)*notify\.windows\.com$/,
];
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

type Loopback = Partial<Pick<Settings, 'pushLoopback'>>;

/** Whether an endpoint is at a push service: https, its usual port, and nobody's password. With `PUSH_LOOPBACK` also at this machine. */
export function isPushEndpoint(endpoint: string, { pushLoopback }: Loopback): boolean {
  const url = URL.parse(endpoint);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  if (pushLoopback && LOOPBACK.test(url.hostname)) return url.protocol === 'https:' || url.protocol === 'http:';
  return url.protocol === 'https:' && url.port === '' && PUSH_SERVICES.some((service) => service.test(url.hostname));
}

/** Whether a browser's keys are such: an uncompressed point of P-256, and 16 bytes. */
export function arePushKeys({ p256dh, auth }: { p256dh: string; auth: string }): boolean {
  const point = Buffer.from(p256dh, 'base64url');
  if (point.length !== 65 || point[0] !== 4 || Buffer.from(auth, 'base64url').length !== 16) return false;
  const own = createECDH('prime256v1');
  own.generateKeys();
  try {
    own.computeSecret(point);
    return true;
  } catch {
    return false;
  }
}

/** Addresses of networks that are nobody's business outside: no name of a push service leads there. */
const inner = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inner.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b:1::', 48],
] as const)
  inner.addSubnet(network, bits, 'ipv6');

/** Whether an address is in a network of somebody's own, this machine's included. One of IPv4 within IPv6 counts as what it is. */
export function isInner(address: string): boolean {
  const [, v4] = /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  const plain = v4 ?? address;
  return inner.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

/** Looks a name up as the socket would, and fails where it leads inside: what was checked is what is connected to. */
const outerLookup: LookupFunction = (hostname, options, callback) =>
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const found = error ? undefined : addresses.find(({ address }) => !isInner(address));
    if (error) return callback(error, '', 0);
    if (!found || addresses.some(({ address }) => isInner(address)))
      return callback(Object.assign(new Error(`${hostname} leads to an inner address`), { code: 'ERR_INNER_ADDRESS' }), '', 0);
    return options.all ? callback(null, addresses) : callback(null, found.address, found.family);
  });

const PATIENCE_MS = 10_000;
const MOST_READ = 1_000;

/** Sends a request to an endpoint that is one; redirects are not followed. Rejects where there is no answer within ten seconds. */
export function postToPushService(
  endpoint: string,
  headers: Record<string, string | number>,
  body: Buffer,
  { pushLoopback }: Loopback,
): Promise<{ status: number; words: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; words: string }>();
  const url = new URL(endpoint);
  const isHere = pushLoopback && LOOPBACK.test(url.hostname);
  const send = url.protocol === 'http:' ? requestHttp : requestHttps;
  const options = {
    method: 'POST',
    headers,
    signal: AbortSignal.timeout(PATIENCE_MS),
    ...(isHere ? {} : { lookup: outerLookup }),
  };
  const request = send(url, options, (response) => {
    let words = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      if (words.length < MOST_READ) words += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, words: words.slice(0, MOST_READ) }));
    response.on('error', reject);
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}
