/** A process of the fleet as PM2 is given it; times in milliseconds. */
export type App = {
  name: string;
  script: string;
  namespace: string;
  cwd: string;
  instances: number;
  node_args: string[];
  /** How long it may take until it says `ready`. */
  listen_timeout: number;
  /** How long it may take to drain. */
  kill_timeout: number;
  exp_backoff_restart_delay: number;
  stop_exit_codes: number[];
  env?: Record<string, string>;
};
