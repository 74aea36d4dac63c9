/** What was asked of the fleet, under an idempotency key that is its id of the request as well. */
export type Asked = {
  id: string;
  kind: 'payment' | 'booking' | 'booking_cancel' | 'booking_move' | 'undo' | 'add' | 'take_out' | 'run';
  path: string;
  body: Record<string, unknown>;
  /** What came back in the end, whether it was yes or no; undefined as long as nobody knows. */
  answer?: { status: number; body: Record<string, unknown> };
  tries: number;
  /** What the asker believes about the world once it is answered. */
  believe?: (asked: Asked) => void;
};
/** A booking as its answers say. */
export type Believed = { id: number; client: number; starts: string; isCancelled: boolean; isBusy: boolean };

/** The account of what was asked and answered, outside of the fleet. */
export function account() {
  const entries: Asked[] = [];
  const bookings: Believed[] = [];
  return {
    entries,
    bookings,
    note(entry: Omit<Asked, 'id' | 'tries'>): Asked {
      const asked = { ...entry, id: `chaos-${entries.length + 1}`, tries: 0 };
      entries.push(asked);
      return asked;
    },
    open: () => entries.filter(({ answer }) => answer === undefined),
    granted: () => entries.filter(({ answer }) => answer !== undefined && answer.status < 300),
  };
}
export type Account = ReturnType<typeof account>;

/** Asks once; true when that was answered for good. A fleet in trouble, or a twin that is being answered, is no answer. */
export async function askOnce(url: string, key: string, asked: Asked): Promise<boolean> {
  asked.tries += 1;
  try {
    const response = await fetch(url + asked.path, {
      method: 'POST',
      headers: { 'X-API-Key': key, 'Idempotency-Key': asked.id, 'X-Request-Id': asked.id, 'Content-Type': 'application/json' },
      body: JSON.stringify(asked.body),
      signal: AbortSignal.timeout(12_000),
    });
    const text = await response.text();
    const { status } = response;
    const isTwin = status === 409 && text.includes('is being answered right now');
    if (status >= 500 || status === 429 || isTwin) return false;
    // Of two tries under way at once the first answer counts: believed twice, one booking would stand in the account as two.
    if (asked.answer) return true;
    asked.answer = { status, body: text ? JSON.parse(text) : {} };
    asked.believe?.(asked);
    return true;
  } catch {
    return false;
  }
}
