import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Refused } from '../refusal.ts';

const derive = promisify(argon2);

/** argon2id with 19 MiB, two passes, one lane (OWASP's second choice): about 30 ms of one core. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const TAG_BYTES = 32;
const NONCE_BYTES = 16;
/** Nobody waits longer for a place, so that everybody has an answer within two seconds. */
const PATIENCE_MS = 1_500;

/** A password as it is kept: PHC string of argon2id. */
export async function hashPassword(password: string, place: HashPlace = ANYWHERE): Promise<string> {
  const nonce = randomBytes(NONCE_BYTES);
  const tag = await inLane(place, () => tagOf(password, nonce, COST, TAG_BYTES));
  const encode = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${encode(nonce)}$${encode(tag)}`;
}

/** Whether a password is the one behind a hash of argon2id, or of bcrypt from elsewhere. */
export async function isPassword(password: string, hash: string, place: HashPlace): Promise<boolean> {
  if (hash.startsWith('$2'))
    return inLane(place, async () => (await import('bcryptjs')).compare(password, hash.replace(/^\$2[xy]\$/, '$2b$')));
  const [, memory, passes, parallelism, nonce, tag] =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(hash) ?? [];
  if (!nonce || !tag) throw new TypeError('a stored password hash is not one that is known here');
  const kept = Buffer.from(tag, 'base64');
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const given = await inLane(place, () => tagOf(password, Buffer.from(nonce, 'base64'), cost, kept.length));
  return timingSafeEqual(given, kept);
}

/** Whether a hash is of the kind and cost that are made now. */
export const isCurrent = (hash: string) =>
  hash.startsWith(`$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$`);

const tagOf = (password: string, nonce: Buffer, { memory, passes, parallelism }: typeof COST, tagLength: number) =>
  derive('argon2id', { message: password.normalize('NFC'), nonce, memory, passes, parallelism, tagLength });

/** Spends the time of a comparison where there is nothing to compare with: an unknown login must not answer sooner. */
export const spendTheSame = (password: string, place: HashPlace) => hashPassword(password, place);

/**
 * At most two hashes are made at once in a process, one for whoever comes from a device that signed in before and one for all others,
 * so that guessing from outside shuts nobody out.
 */
export type Lane = 'known device' | 'anybody';
/** For whom a hash is made: by which of the two, and from where. */
export type HashPlace = { lane: Lane; from: string };
const ANYWHERE: HashPlace = { lane: 'anybody', from: '' };
/** For somebody who is signed in. */
export const SIGNED_IN: HashPlace = { lane: 'known device', from: '' };

/** So many wait for a place at most, and so many from one network: whoever sends thousands leaves room for others. */
const MOST_WAITING = 40;
const MOST_FROM_ONE = 10;

type Waiting = { from: string; go: () => void };
const lanes: Record<Lane, { isBusy: boolean; waiting: Set<Waiting> }> = {
  'known device': { isBusy: false, waiting: new Set() },
  anybody: { isBusy: false, waiting: new Set() },
};

async function inLane<T>(place: HashPlace, work: () => Promise<T>): Promise<T> {
  const lane = lanes[place.lane];
  if (lane.isBusy) await turn(lane.waiting, place.from);
  lane.isBusy = true;
  try {
    return await work();
  } finally {
    lane.isBusy = false;
    const [next] = lane.waiting;
    if (next) {
      // Taken over at once: whoever comes between two turns must wait, too.
      lane.isBusy = true;
      lane.waiting.delete(next);
      next.go();
    }
  }
}

function turn(waiting: Set<Waiting>, from: string): Promise<void> {
  const own = [...waiting].filter((one) => one.from === from).length;
  if (waiting.size >= MOST_WAITING || own >= MOST_FROM_ONE) throw crowded();
  return new Promise((resolve, reject) => {
    const mine = {
      from,
      go() {
        clearTimeout(tired);
        resolve();
      },
    };
    const tired = setTimeout(() => {
      waiting.delete(mine);
      reject(crowded());
    }, PATIENCE_MS);
    waiting.add(mine);
  });
}

const crowded = () => new Refused('too_many', 'many people sign in right now; try again in a moment');
