import { nouns } from './queues/jobs/catalog.ts';
import { readSettings } from './queues/process/settings.ts';
import { hasEmbedded, serverCommand } from './sql/database/embedded.ts';

const settings = readSettings();

/** A process of ours: started anew before the old one drains, so that a reload leaves no gap. */
const app = (name, script) => ({
  name,
  script,
  namespace: 'studio-fleet',
  cwd: import.meta.dirname,
  exec_mode: 'cluster',
  instances: 1,
  wait_ready: true,
  listen_timeout: 60_000,
  kill_timeout: (settings.drainSeconds + 5) * 1_000,
  exp_backoff_restart_delay: 100,
  merge_logs: true,
  vizion: false,
  pmx: false,
});

/** The embedded database is a foreign program: SIGINT makes it end its sessions, write a checkpoint and stop. */
const database = () => {
  const { program, args } = serverCommand(settings.dataDir);
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
