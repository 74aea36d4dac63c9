import { isIPv6 } from 'node:net';

const WINDOW_MS = 60_000;
/** So many addresses are remembered; then the oldest is forgotten. */
const MOST_ADDRESSES = 10_000;

/**
 * Wrong keys by the address they come from. After so many in a minute nothing that comes from there is judged for the rest of it, not
 * even the right key: who guesses must not see which guess was right.
 */
export function countGuesses(most: number, now: () => number = () => performance.now()) {
  const counts = new Map<string, { misses: number; until: number }>();
  const of = (address: string) => {
    const found = counts.get(address);
    return found && found.until > now() ? found : undefined;
  };
  return {
    /** Seconds until an address is judged again; 0 where it is. */
    restOf(address: string): number {
      const found = of(networkOf(address));
      return found && found.misses >= most ? Math.max(1, Math.ceil((found.until - now()) / 1_000)) : 0;
    },
    miss(address: string) {
      const network = networkOf(address);
      const found = of(network) ?? { misses: 0, until: now() + WINDOW_MS };
      found.misses += 1;
      counts.delete(network);
      counts.set(network, found);
      if (counts.size > MOST_ADDRESSES) counts.delete(counts.keys().next().value as string);
    },
  };
}

/** The network an address stands for. Who has one IPv6 address has as many as he likes: the network of 64 bits stands for all of them. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('%')[0]!.split('::');
  const [front, back] = [head, tail].map((part) => part.split(':').filter(Boolean)) as [string[], string[]];
  const groups = [...front, ...Array(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return groups.slice(0, 4).join(':');
}
