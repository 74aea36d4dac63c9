import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

type Taken = { path: string; headers: IncomingHttpHeaders; bytes: number; said: Record<string, string> };

/** A push service (RFC 8030) on a free port whose browsers can read what they get (RFC 8291). */
export async function pushService() {
  const taken: Taken[] = [];
  const answers = new Map<string, number>();
  const browsers = new Map<string, ReturnType<typeof newBrowser>>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = request.url ?? '';
    const status = answers.get(path) ?? 201;
    const browser = browsers.get(path);
    if (request.method === 'POST' && browser && status < 300)
      taken.push({ path, headers: request.headers, bytes: body.length, said: JSON.parse(browser.read(body)) });
    response.writeHead(browser ? status : 404, { location: '/elsewhere' }).end('as the test says');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    root,
    taken,
    /** A browser that subscribed: what `PushSubscription.toJSON()` gives. */
    subscribe() {
      const path = `/push/${randomBytes(12).toString('base64url')}`;
      const browser = newBrowser();
      browsers.set(path, browser);
      return { endpoint: `${root}${path}`, keys: browser.keys };
    },
    /** What a browser's endpoint answers from now on. */
    answer: (endpoint: string, status: number) => answers.set(new URL(endpoint).pathname, status),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function newBrowser() {
  const pair = createECDH('prime256v1');
  const own = pair.generateKeys();
  const auth = randomBytes(16);
  return {
    keys: { p256dh: own.toString('base64url'), auth: auth.toString('base64url') },
    /** Decrypts aes128gcm of one record. */
    read(body: Buffer): string {
      const salt = body.subarray(0, 16);
      const sender = body.subarray(21, 21 + body.readUInt8(20));
      const record = body.subarray(21 + sender.length);
      const shared = pair.computeSecret(sender);
      const secret = derive(auth, shared, Buffer.concat([Buffer.from('WebPush: info\0'), own, sender]), 32);
      const key = derive(salt, secret, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
      const nonce = derive(salt, secret, Buffer.from('Content-Encoding: nonce\0'), 12);
      const decipher = createDecipheriv('aes-128-gcm', key, nonce);
      decipher.setAuthTag(record.subarray(-16));
      const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
      const end = plain.findLastIndex((byte) => byte !== 0);
      if (plain[end] !== 2) throw new Error('the last record does not end as one');
      return plain.subarray(0, end).toString();
    },
  };
}

/** HKDF-SHA-256 of one block. */
function derive(salt: Buffer, secret: Buffer, info: Buffer, length: number) {
  const middle = createHmac('sha256', salt).update(secret).digest();
  return createHmac('sha256', middle)
    .update(Buffer.concat([info, Buffer.from([1])]))
    .digest()
    .subarray(0, length);
}

/** The claims of a VAPID header (RFC 8292), if it is signed by that key. */
export function vapidClaims(header: string, publicKey: string): { aud: string; sub: string; exp: number } {
  const [, jwt = '', key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(header) ?? [];
  const [head = '', claims = '', signature = ''] = jwt.split('.');
  const point = Buffer.from(publicKey, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const jwk = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  const isGood = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: jwk, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isGood || key !== publicKey) throw new Error('the studio’s key did not sign this');
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}
