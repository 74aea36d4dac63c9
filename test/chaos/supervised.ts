import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

export type Supervised = ReturnType<typeof supervised>;
const all = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of all) child.kill('SIGKILL');
});

/**
 * A process that is kept alive as PM2 keeps the fleet's: started again whenever it ends, at once the first time and later and later
 * while it ends soon after its start. What it says lies in `dir/NAME.log`.
 */
export function supervised(name: string, program: string, args: string[], { dir, env }: { dir: string; env: NodeJS.ProcessEnv }) {
  const log = createWriteStream(join(dir, `${name}.log`), { flags: 'a' });
  let command = { program, args };
  const environment = { ...env };
  let child: ChildProcess;
  let isWanted = true;
  let isReady = false;
  let pause = 100;
  let starts = 0;
  let again: NodeJS.Timeout | undefined;

  function start() {
    const began = Date.now();
    starts += 1;
    const started = spawn(command.program, command.args, { env: environment, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    child = started;
    all.add(child);
    for (const output of [child.stdout, child.stderr]) output?.pipe(log, { end: false });
    child.on('error', () => undefined);
    child.on('message', (message) => {
      if (message === 'ready') isReady = true;
    });
    child.on('exit', () => {
      all.delete(started);
      isReady = false;
      if (!isWanted) return;
      pause = Date.now() - began > 5_000 ? 100 : Math.min(pause * 1.5, 5_000);
      again = setTimeout(start, pause);
    });
  }
  async function stop(signal: NodeJS.Signals = 'SIGKILL') {
    isWanted = false;
    clearTimeout(again);
    const isOver = child.exitCode !== null || child.signalCode !== null;
    const ended = isOver ? undefined : once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
  }
  start();
  return {
    name,
    isReady: () => isReady,
    starts: () => starts,
    pid: () => child.pid,
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** `kill -9` or another signal, and it is not started again until that is asked for, or something else in its place. */
    stop,
    startAgain(more: NodeJS.ProcessEnv = {}) {
      Object.assign(environment, more);
      isWanted = true;
      start();
    },
    startInstead(other: { program: string; args: string[] }) {
      command = other;
      isWanted = true;
      start();
    },
    async end() {
      await stop();
      log.end();
    },
  };
}
