import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { FakeTelegram } from '../support/telegram.ts';

/** A notifier as PM2 runs it. Returns once it has said `ready`; throws with its log when it ends before that. */
export async function notifierProcess(databaseUrl: string, telegram: FakeTelegram, settings: NodeJS.ProcessEnv = {}) {
  const { NODE_OPTIONS: _, DATABASE_URL: __, REDIS_URL: ___, ...rest } = process.env;
  const child: ChildProcess = spawn(process.execPath, ['workers/notifier/main.ts'], {
    env: {
      ...rest,
      DATABASE_URL: databaseUrl,
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.apiRoot,
      QUIET_HOURS: 'off',
      LOG_LEVEL: 'info',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr]) createInterface({ input: output! }).on('line', (line) => lines.push(line));
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const [message] = await Promise.race([once(child, 'message'), ended]);
  if (message !== 'ready') throw new Error(`the notifier did not start:\n${lines.join('\n')}`);
  return {
    lines,
    /** Ends it as PM2 does; returns its exit code. */
    async stop() {
      child.kill('SIGTERM');
      return (await ended)[0];
    },
    /** `kill -9`. */
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
