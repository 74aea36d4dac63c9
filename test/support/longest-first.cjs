const Sequencer = require('@jest/test-sequencer').default;

/** What takes long by itself, longest first: begun last, one of them would keep everybody waiting. */
const longest = [
  'faults/faults',
  'subscriptions/year',
  'e2e/fleet',
  'finance/races/races',
  'bot/faults',
  'notifier/fleet',
  'finance/properties',
  'subscriptions/properties',
  'slots/truth',
  'slots/worker',
  'bookings/killed',
  'e2e/own-database',
  'cleanup/tidy-up',
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
