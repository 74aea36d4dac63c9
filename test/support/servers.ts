import type { ChildProcess } from 'node:child_process';

type Servers = { dir?: string; running: ChildProcess[] };
const shared = globalThis as { fleetTestServers?: Servers };

/** What the set-up started and the tear-down ends. Jest runs both in one process, but loads this file for each. */
export const servers: Servers = shared.fleetTestServers ?? { running: [] };
shared.fleetTestServers = servers;
