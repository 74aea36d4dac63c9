import { join } from 'node:path';
import { nouns } from './queues/jobs/catalog.ts';
import { readSettings } from './queues/process/settings.ts';
import { hasEmbedded, serverCommand } from './sql/database/embedded.ts';

const settings = readSettings();

/**
 * Of Node: compiled code is kept in the data folder, so that a start compiles nothing and keeps no compiler in memory. Young objects
 * get 2 MB instead of 16, and one thread beside the main one collects them: a worker makes few, and memory once taken would stay.
 */
const compileCache = new URL('queues/process/compile-cache.js', import.meta.url);
compileCache.searchParams.set('folder', join(settings.dataDir, 'compiled'));
const nodeArgs = [`--import=${compileCache.href}`, '--max-semi-space-size=2', '--v8-pool-size=1', '--optimize-for-size'];

/** A process of ours: started anew before the old one drains, so that a reload leaves no gap. */
const app = (name, script) => ({
  name,
  script,
  namespace: 'studio-fleet',
  cwd: import.meta.dirname,
  exec_mode: 'cluster',
  instances: 1,
  node_args: nodeArgs,
  wait_ready: true,
  listen_timeout: 60_000,
  kill_timeout: (settings.drainSeconds + 5) * 1_000,
  exp_backoff_restart_delay: 100,
  // Settings that cannot be used do not become usable by trying again.
  stop_exit_codes: [78],
  merge_logs: true,
  vizion: false,
  pmx: false,
});

/** The embedded database is a foreign program: SIGINT makes it end its sessions, write a checkpoint and stop. */
const database = () => {
  const { program, args } = serverCommand(settings.dataDir, {
    backupDir: settings.backupDir,
    backupKeyFile: settings.backupKeyFile,
  });
  return {
    name: 'postgres',
    script: program,
    args,
    namespace: 'studio-fleet',
    cwd: import.meta.dirname,
    interpreter: 'none',
    exec_mode: 'fork',
    kill_timeout: 60_000,
    treekill: false,
    exp_backoff_restart_delay: 100,
    merge_logs: true,
    vizion: false,
    pmx: false,
  };
};

export const apps = [
  ...(!settings.databaseUrl && hasEmbedded(settings.dataDir) ? [database()] : []),
  app('api', 'api/server.ts'),
  app('scheduler', 'queues/timetable/scheduler.ts'),
  ...nouns.map((noun) => app(noun, `workers/${noun}/main.ts`)),
];
