import type { GivenSettings } from '../../queues/process/given-settings.ts';
import type { App } from './app.ts';
import { lastWords, marksOf } from './last-words.ts';
import { fleetApps, type RunningApp, removeProcesses, startBeside } from './pm2.ts';
import { withSettingsFile } from './settings-files.ts';

/**
 * Starts a new process of an app beside the old one and waits until it is ready. PM2's own reload removes the old one when
 * `listen_timeout` is over, ready or not, which is why it is not used.
 * Throws with the new process's last words if it ended or was not ready in time; it is gone then and the old one is as it was.
 */
export async function startNew(app: App, old: readonly RunningApp[], given: GivenSettings, dataDir: string) {
  const next = withSettingsFile(app, given, dataDir);
  const marks = marksOf(old[0]);
  const began = performance.now();
  await startBeside(next);
  const isLate = performance.now() - began >= app.listen_timeout;
  const started = (await fleetApps()).filter((process) => process.settingsFile === next.settingsFile);
  if (!isLate && started.some(({ status, restarts }) => status === 'online' && restarts === 0)) return;
  await removeProcesses(started);
  const why = isLate ? `it was not ready within ${app.listen_timeout / 1_000} s` : lastWords(marks);
  throw new Error(`The new "${app.name}" did not come up, so the old one goes on: ${why}`);
}
