import type { Import, Owner } from './use-vending.ts';

type Step = { name: 'login' | 'machines' | 'history'; state: 'done' | 'runs' | 'waits' };
const isOver = ({ status }: Import) => !['queued', 'running'].includes(status);

/** What of an owner's first reading is done: the login is tried, machines are read, then what was sold before. */
export function readingOf(
  owner: Pick<Owner, 'id' | 'has_credentials' | 'credentials' | 'payment_status'>,
  runs: readonly Import[],
): Step[] {
  const mine = runs.filter(({ owner_id }) => owner_id === owner.id);
  const whole = (process: string) => {
    const run = mine.find(({ process_type }) => process_type === process);
    return run !== undefined && isOver(run) && run.stopped.length === 0;
  };
  const isGood = owner.has_credentials && owner.credentials === 'valid' && owner.payment_status === 'active';
  const [machines, history] = [whole('vending_terminals'), whole('vending_history')];
  const login = isGood && (machines || history);
  const order = [
    ['login', login],
    ['machines', machines],
    ['history', history],
  ] as const;
  const next = isGood ? order.find(([, isDone]) => !isDone)?.[0] : undefined;
  return order.map(([name, isDone]) => ({ name, state: isDone ? 'done' : name === next ? 'runs' : 'waits' }));
}
