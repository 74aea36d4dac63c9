import type { Backend } from '../../queues/backend/backend.ts';
import { backendKinds } from '../support/backends.ts';
import { part } from '../support/nightly-only.ts';
import type { Case } from './cases.ts';
import { emptied } from './emptied.ts';
import { frozen } from './frozen.ts';
import { killed } from './killed.ts';
import { killedAtNight } from './killed-at-night.ts';
import { lab } from './lab.ts';
import { AWAY_SECONDS, postgresAway } from './postgres-away.ts';
import { redisAway } from './redis-away.ts';
import { sideBySide } from './side-by-side.ts';
import { night, type Trade, week } from './trades.ts';

const inLab = (kind: Backend['kind'], [name, play]: Case, trade: Trade = week): [string, () => Promise<void>] => [
  `a run on ${kind}, ${name}`,
  async () => {
    const at = await lab(kind, { trade });
    await play(at).finally(() => at.close());
  },
];
const away = (kind: Backend['kind'], signal: 'SIGINT' | 'SIGKILL'): [string, () => Promise<void>] => [
  `a run on ${kind}, PostgreSQL away for ${AWAY_SECONDS} s (${signal}): workers go on by themselves`,
  () => postgresAway(kind, signal),
];

/** By day every fault happens on one backend, in turns. */
const onBackends = <T>(faults: T[], inOne: (kind: Backend['kind'], fault: T) => ReturnType<typeof inLab>) =>
  faults.flatMap((fault, n) => part(backendKinds, 1, n).map((kind) => inOne(kind, fault)));

// The longest ones first, since the whole takes as long as the last one to end.
sideBySide([
  ...onBackends(killedAtNight, (kind, play) => inLab(kind, play, night)),
  ...backendKinds.map((kind) => away(kind, kind === 'postgres' ? 'SIGKILL' : 'SIGINT')),
  ...onBackends([...frozen, ...killed, ...emptied], inLab),
  ...backendKinds.filter((kind) => kind === 'redis').flatMap((kind) => redisAway.map((play) => inLab(kind, play))),
]);
