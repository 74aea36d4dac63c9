import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { log } from '../../queues/log/log.ts';
import { startTracing } from '../../queues/process/tracing.ts';
import { traced } from '../../sql/database/tracing.ts';
import { byMail } from '../../workers/notifier/channels/by-mail.ts';
import { bySms } from '../../workers/notifier/channels/by-sms.ts';
import { closeMail, verifyMail } from '../../workers/notifier/channels/mail.ts';
import { postToPushService } from '../../workers/notifier/channels/push-services.ts';
import { authorizationUrl, newFlow, telegramIdOf } from '../../workers/sign-in/telegram-oidc.ts';
import { oidcServer } from '../sign-in/oidc-server.ts';
import { eventually } from '../support/eventually.ts';
import { hurried } from '../support/hurried.ts';

/** No service outside is waited for longer than this. */
const MOST_MS = 10_000;

type Silent = Awaited<ReturnType<typeof silentServer>>;

/** A server that takes every connection, says what it is given, a line for each that it gets, and is silent from then on. */
async function silentServer(greeting: readonly string[] = [], answers: readonly string[] = []) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const left = [...answers];
    const say = (line: string | undefined) => line !== undefined && socket.write(`${line}\r\n`);
    for (const line of greeting) say(line);
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        for (let lines = String(chunk).split('\r\n').length - 1; lines > 0; lines -= 1) say(left.shift());
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** How often somebody came. */
    count: () => sockets.size,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const servers: Silent[] = [];
async function silent(...what: Parameters<typeof silentServer>) {
  const server = await silentServer(...what);
  servers.push(server);
  return server;
}
afterEach(async () => {
  jest.restoreAllMocks();
  await closeMail();
  for (const server of servers.splice(0)) server.close();
});

const letter = { id: 1, address: 'anna@mail.example', subject: 'Training', text: 'Training\nat 18:00' };
const later = { outcome: 'later', error: expect.stringMatching(/time/i) };
/** Something limited every wait, and by no more than ten seconds. */
function expectLimited(limits: readonly number[]) {
  expect(limits.length).toBeGreaterThan(0);
  expect(limits.filter((ms) => ms > MOST_MS)).toEqual([]);
}

describe('a mail server', () => {
  const ready = ['250 mail.example'];
  test.each<[string, string[], string[]]>([
    ['does not greet', [], []],
    ['does not answer a greeting', ['220 mail.example'], []],
    ['does not answer to whom it is', ['220 mail.example'], [...ready, '250 ok']],
    ['does not say that it has taken the letter', ['220 mail.example'], [...ready, '250 ok', '250 ok', '354 go on']],
  ])('that %s is given up, and the letter waits', async (_, greeting, answers) => {
    const server = await silent(greeting, answers);
    const limits = hurried();
    const mail = { url: `smtp://${server.address}`, from: 'Studio <hello@studio.example>' };
    expect(await byMail(letter, { mail } as never)).toMatchObject(later);
    expect(server.count()).toBe(1);
    expectLimited(limits);
  });

  test('that does not greet is no mail server that is well', async () => {
    const server = await silent();
    const limits = hurried();
    await expect(verifyMail({ mail: { url: `smtp://${server.address}`, from: 'a@b.example' } })).rejects.toThrow(/time|never/i);
    expectLimited(limits);
  });
});

const begun = ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nonly'];
describe.each([
  ['from the beginning', []],
  ['after the first bytes of its answer', begun],
])('a service that is silent %s', (_, words) => {
  test('for short messages is given up, and the message waits', async () => {
    const { address } = await silent([], words);
    const limits = hurried();
    const sms = { url: `http://${address}/send?to={{phone}}`, type: 'application/json', length: 160 };
    expect(await bySms({ ...letter, address: '+79160000001' }, { sms } as never)).toMatchObject(later);
    expectLimited(limits);
  });

  test('for push is given up', async () => {
    const { address } = await silent([], words);
    const limits = hurried();
    const sent = postToPushService(`http://${address}/push/1`, {}, Buffer.from('sealed'), { pushLoopback: true });
    await expect(sent).rejects.toThrow(/abort/i);
    expectLimited(limits);
  });
});

describe('signing in with Telegram', () => {
  const client = { id: '424242', secret: 'of-the-client' };
  const back = 'https://studio.example/auth/telegram/callback';
  let issuer: Awaited<ReturnType<typeof oidcServer>>;
  beforeAll(async () => {
    issuer = await oidcServer(client);
  });
  afterAll(() => issuer.close());
  const away = { name: expect.stringMatching(/Timeout/) };

  test.each(['/.well-known/openid-configuration', '/token', '/jwks'])(
    'gives up an issuer that is silent at %s, which is nobody’s fault',
    async (path) => {
      const at = { ...client, root: issuer.root };
      const flow = newFlow();
      const isDiscovery = path.startsWith('/.well-known');
      const href = isDiscovery ? '' : await authorizationUrl(at, flow, back);
      issuer.said.silentAt = path;
      const limits = hurried();
      const signIn = isDiscovery
        ? authorizationUrl(at, flow, back)
        : telegramIdOf(at, flow, issuer.agree(href).code, back, new Date());
      await expect(signIn).rejects.toMatchObject(away);
      expectLimited(limits);
      issuer.said.silentAt = '';
    },
  );
});

describe('a collector of traces', () => {
  const span = () => traced({ name: 'GET /students', kind: 'server' }, async () => undefined);

  test('that is silent costs its spans, and one warning', async () => {
    const { address, count } = await silent();
    const limits = hurried();
    const warned = jest.spyOn(log, 'warn').mockImplementation(() => undefined);
    const stop = startTracing({ endpoint: `http://${address}`, headers: {}, share: 1 }, 'test');
    await span();
    await eventually(() => warned.mock.calls.length > 0);
    expect(warned.mock.calls).toEqual([[expect.anything(), 'the receiver of traces does not take them']]);
    expect(count()).toBeGreaterThan(0);
    expect(limits).toContain(MOST_MS);
    await stop();
  });

  test('that is silent does not hold a process that ends for more than three seconds', async () => {
    const { address } = await silent();
    const limits = hurried();
    const warned = jest.spyOn(log, 'warn').mockImplementation(() => undefined);
    const stop = startTracing({ endpoint: `http://${address}`, headers: {}, share: 1 }, 'test');
    await span();
    await stop();
    expect(limits).toContain(3_000);
    // The exporter itself is more patient: it has not given up yet.
    expect(warned).not.toHaveBeenCalled();
    await eventually(() => warned.mock.calls.length > 0);
  });
});
