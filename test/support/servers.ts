import type { ChildProcess } from 'node:child_process';

/** What the set-up started and the tear-down ends. Jest runs both in one process. */
export const servers: { dir?: string; running: ChildProcess[] } = ((globalThis as Record<string, unknown>).fleetTestServers ??= {
  running: [],
}) as never;
