import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';

/** Starts an entry in a folder of its own. */
async function start(entry: string, environment: Record<string, string>, envFile = '') {
  const cwd = mkdtempSync(join(tmpdir(), 'process-'));
  if (envFile) writeFileSync(join(cwd, '.env'), envFile);
  const child = spawn(process.execPath, [resolve(entry)], { cwd, env: { PATH: process.env.PATH, ...environment } });
  const code = new Promise<number | null>((exit) => child.once('exit', exit));
  // Both at once: what nobody reads by the time the child exits is thrown away.
  const [err, out] = await Promise.all([text(child.stderr), text(child.stdout)]);
  return { err, out, code: await code };
}

const processes = ['api/server.ts', 'queues/timetable/scheduler.ts', 'workers/generation/main.ts', 'api/auth/key.ts'];
describe('a process with a bad setting ends with code 78 and one line', () => {
  test.each(processes)('%s', async (entry) => {
    expect(await start(entry, { PORT: 'http' })).toEqual({
      code: 78,
      out: '',
      err: 'PORT: got "http"; accepted: a whole number from 1 to 65535\n',
    });
  });

  test.each([
    ['a bad LOG_LEVEL', { LOG_LEVEL: 'loud' }, '', /^LOG_LEVEL: got "loud"; accepted: fatal, .*\n$/],
    ['a typo in the environment', { STUDIO_ZONE: 'x' }, '', /^STUDIO_ZONE: there is no such setting; accepted: .*\n$/],
    ['a typo in .env', {}, 'DATABSE_URL=postgres://u:secret@h/d', /^DATABSE_URL: \.env knows no such setting; accepted: .*\n$/],
  ])('%s', async (_, environment, file, line) => {
    const ended = await start('api/server.ts', environment, file);
    expect(ended).toEqual({ code: 78, out: '', err: expect.stringMatching(line) });
    expect(ended.err).not.toContain('secret');
  });
});

test('LOG_LEVEL in .env is heeded', async () => {
  const script = `const { settingsOrExit } = await import('${resolve('queues/process/settings.ts')}');
    const { log } = await import('${resolve('queues/log/log.ts')}');
    settingsOrExit(); log.info('told'); log.warn('shown');`;
  const cwd = mkdtempSync(join(tmpdir(), 'process-'));
  writeFileSync(join(cwd, '.env'), 'LOG_LEVEL=warn\n');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd, env: { PATH: process.env.PATH } });
  const out = await text(child.stdout);
  expect(out).toContain('"msg":"shown"');
  expect(out).not.toContain('"msg":"told"');
});
