const Sequencer = require('@jest/test-sequencer').default;

/** What takes long by itself, longest first: begun last, one of them would keep everybody waiting. */
const longest = [
  'e2e/fleet',
  'notifier/fleet',
  'faults/faults',
  'faults/swallowed',
  'finance/races/races',
  'cleanup/tidy-up',
  'e2e/reload',
  'bot/faults',
  'bookings/rush',
  'slots/worker',
  'api/rights-sweep',
  'renewal/at-once',
  'workers/dry-run',
  'bookings/patience',
  'api/trouble',
  'subscriptions/year',
  'api/rate-limit',
  'finance/guards',
  'bookings/races',
  'e2e/own-database',
  'bookings/killed',
  'bookings/written-by-sql',
  'finance/properties',
  'subscriptions/properties',
  'slots/truth',
];
const rank = ({ path }) => {
  const place = longest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return place === -1 ? longest.length : place;
};

/** On a machine that has never run the tests, Jest goes by the size of files; these are short and take minutes. */
module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
};
