import type { Random } from '../../sql/demo/random.ts';
import type { Gate } from '../support/gate.ts';
import type { ChaosFleet } from './chaos-fleet.ts';
import { type Cut, cutOff } from './cuts.ts';
import type { Fault } from './faults.ts';

/** What can be done to the services outside, and to the ways to them. `seconds` passes some time between two bounds. */
export function outsideFaults(
  fleet: Pick<ChaosFleet, 'telegram' | 'mail' | 'ways'>,
  random: Random,
  cuts: Cut[],
  seconds: (least: number, most: number) => Promise<unknown>,
): Record<string, Fault> {
  /** Ways are cut, or swallow everything, for a while. */
  async function close(gates: readonly Gate[]) {
    const isSilent = random.chance(0.5);
    await Promise.all(gates.map((gate) => (isSilent ? gate.blackHole() : gate.shut())));
    await seconds(3, 15);
    await Promise.all(gates.map((gate) => (isSilent ? gate.heal() : gate.open())));
  }
  /** Half of the time for every notifier, else for one of them, as for a host with a way of its own to what is outside. */
  async function cut(ways: ChaosFleet['ways']['telegram'], kind: 'way to Telegram' | 'way to the mail server') {
    const closed = random.chance(0.5) ? ways : [random.pick(ways)];
    const ends = closed.map(({ sender }) => cutOff(cuts, kind, sender));
    try {
      await close(closed.map(({ gate }) => gate));
    } finally {
      for (const end of ends) end();
    }
  }

  return {
    'Telegram in trouble': {
      weight: 3,
      async strike() {
        const answers = ['drop', 500, 'lost answer', 'drop', 'lost answer'] as const;
        fleet.telegram.answerNext(...Array.from({ length: random.int(1, 5) }, () => random.pick(answers)));
      },
    },
    'Telegram is away': { weight: 2, strike: () => cut(fleet.ways.telegram, 'way to Telegram'), of: 'Telegram' },
    'the mail server is away': { weight: 2, strike: () => cut(fleet.ways.mail, 'way to the mail server'), of: 'mail' },
    'the mail server in trouble': {
      weight: 1,
      async strike() {
        const isTaken = random.chance(0.5);
        const end = isTaken ? cutOff(cuts, 'answers of the mail server') : undefined;
        fleet.mail.said.data = isTaken ? null : '451 later';
        try {
          await seconds(2, 8);
        } finally {
          fleet.mail.said.data = '250 taken';
          end?.();
        }
      },
      of: 'the mail server’s answers',
    },
  };
}
