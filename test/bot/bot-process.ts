import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { liveBot } from '../../api/telegram/live.ts';
import { openFleet } from '../../queues/process/fleet.ts';
import { signalReady } from '../../queues/process/lifecycle.ts';

/** The bot in a process of its own, to be killed. */
export async function botProcess(settings: NodeJS.ProcessEnv) {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...rest, ...settings },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const [message] = await Promise.race([once(child, 'message'), ended]);
  if (message !== 'ready') throw new Error('the bot did not start');
  return {
    /** `kill -9`. */
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fleet = await openFleet('bot');
  signalReady();
  await liveBot(fleet, { turn: async () => true, answered: () => {} }, new AbortController().signal);
}
