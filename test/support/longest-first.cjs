const Sequencer = require('@jest/test-sequencer').default;

/** What takes long by itself, longest first: begun last, one of them would keep everybody waiting. */
const longest = [
  'faults/faults',
  'e2e/fleet',
  'notifier/fleet',
  'finance/races/races',
  'e2e/reload',
  'api/rights-sweep',
  'subscriptions/year',
  'slots/truth',
  'faults/swallowed',
  'subscriptions/properties',
  'finance/properties',
  'bookings/properties',
  'finance/lock-order',
  'bot/faults',
  'slots/worker',
  'bookings/offered',
  'bookings/races',
  'bookings/killed',
  'api/trouble',
  'bookings/patience',
  'cleanup/tidy-up',
  'bookings/written-by-sql',
  'e2e/own-database',
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
