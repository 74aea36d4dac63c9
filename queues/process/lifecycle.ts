import { log } from '../log/log.ts';

/** Tells PM2 (`wait_ready`) that this process does its work now. */
export function signalReady() {
  process.send?.('ready');
  log.info('ready');
}

/**
 * On SIGINT or SIGTERM: drains, and exits 0 when done or when `seconds` are over, whichever is first.
 * What is not finished by then is handed on: its transaction rolls back and its job is redelivered.
 */
export function drainOnSignal(seconds: number, drain: () => Promise<unknown>) {
  let draining = false;
  const start = (signal: string) => {
    if (draining) return;
    draining = true;
    log.info({ signal }, 'draining');
    setTimeout(() => {
      log.warn({ seconds }, 'the drain took too long; what is left is handed on');
      process.exit(0);
    }, seconds * 1_000).unref();
    drain().then(
      () => {
        log.info('drained');
        process.exit(0);
      },
      (error) => {
        log.error({ err: error }, 'the drain failed; what is left is handed on');
        process.exit(0);
      },
    );
  };
  process.on('SIGINT', start);
  process.on('SIGTERM', start);
}

/** An exception nobody caught leaves unknown state behind: it is logged and ends the process; PM2 starts a fresh one. */
export function dieOnUncaught() {
  const die = (error: unknown) => {
    log.fatal({ err: error }, 'uncaught; this process ends');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
