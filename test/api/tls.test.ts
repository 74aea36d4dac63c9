import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SettingsError } from '../../queues/process/given-settings.ts';
import { readSettings } from '../../queues/process/settings.ts';
import { readTls } from '../../queues/process/tls.ts';
import { freePort } from '../../sql/database/embedded.ts';
import { askApi, baseUrl } from '../../workers/fleet/ask-api.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

let dir: string;
let database: TestDatabase;
let server: ChildProcess;
let environment: Record<string, string>;

/** A key and a certificate that names `localhost`, of a day. */
function certificate(name: string) {
  const [key, cert] = [join(dir, `${name}.key.pem`), join(dir, `${name}.pem`)];
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...options, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key, cert };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tls-'));
  const { key, cert } = certificate('own');
  database = await testDatabase();
  environment = { DATABASE_URL: database.url, PORT: String(await freePort()), HOST: '0.0.0.0', TLS_CERT: cert, TLS_KEY: key };
  const env = { ...process.env, ...environment, LOG_LEVEL: 'silent', REDIS_URL: '' };
  server = spawn(process.execPath, ['api/server.ts'], { env, stdio: 'ignore' });
});
afterAll(async () => {
  server.kill('SIGKILL');
  await once(server, 'exit');
  await database.close();
});

const settings = () => readSettings(environment, '/nowhere/.env');

test('with a certificate the API speaks https, and the commands of the fleet find it', async () => {
  expect(baseUrl(settings())).toBe(`https://127.0.0.1:${environment.PORT}`);
  const answer = await eventually(() => askApi(settings(), '/health/live').catch(() => undefined));
  expect(answer).toEqual({ status: 200, body: { status: 'up' } });
  const socket = connect({ host: '127.0.0.1', port: Number(environment.PORT), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  expect(socket.getPeerCertificate().subject.CN).toBe('localhost');
  socket.destroy();
  await expect(fetch(`http://127.0.0.1:${environment.PORT}/health/live`)).rejects.toThrow();
});

test('files that cannot be read, or do not belong together, are named', () => {
  const other = certificate('other');
  const rubbish = join(dir, 'rubbish.pem');
  writeFileSync(rubbish, 'no certificate');
  const says = (tls: { cert: string; key: string }) => {
    try {
      readTls({ tls });
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      return (error as Error).message;
    }
  };
  const { TLS_CERT: cert = '', TLS_KEY: key = '' } = environment;
  expect(says({ cert: '/nowhere.pem', key })).toMatch(/^TLS_CERT: ENOENT.*; accepted: a PEM file this user may read$/);
  expect(says({ cert, key: '/nowhere.pem' })).toMatch(/^TLS_KEY: ENOENT/);
  expect(says({ cert: rubbish, key })).toMatch(/^TLS_CERT, TLS_KEY: .*; accepted: a certificate and its key, both in PEM$/);
  expect(says({ cert, key: other.key })).toMatch(/^TLS_CERT, TLS_KEY: .*mismatch/);
  expect(says({ cert, key })).toBeUndefined();
  expect(readTls({ tls: undefined })).toBeUndefined();
});
