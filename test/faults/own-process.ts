import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process of the fleet as PM2 runs it. Returns once it has said `ready`; throws with its log when it ends before that. */
export async function ownProcess(entry: string, settings: NodeJS.ProcessEnv) {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  const child: ChildProcess = spawn(process.execPath, [entry], {
    env: { ...rest, ...settings, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr]) createInterface({ input: output! }).on('line', (line) => lines.push(line));
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const [message] = await Promise.race([once(child, 'message'), ended]);
  if (message !== 'ready') throw new Error(`${entry} did not start:\n${lines.join('\n')}`);
  return {
    /** What it has logged so far. */
    said: (text: string) => lines.some((line) => line.includes(text)),
    lines,
    pid: child.pid,
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** Its exit code, once it has ended. */
    exit: async () => (await ended)[0],
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    /** `kill -9`. */
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
