import { EVERYTHING } from '../../sql/auth/whose.ts';
import type { Sql } from '../../sql/database/database.ts';
import { listRates } from '../../sql/pay/rates.ts';
import type { PayLine } from '../../sql/pay/rows.ts';
import { countedSeats, trainingsOf } from '../../sql/pay/sheets.ts';

/** Lines with what they stand on: the training, and the card as it was valid then. */
export async function withGrounds(db: Sql, lines: readonly PayLine[]) {
  const trainings = lines.filter(({ kind }) => kind !== 'month').map(({ source_id }) => source_id);
  const known = new Map((await trainingsOf(db, trainings)).map((training) => [training.source_id, training]));
  const ids = lines.flatMap(({ rate_id }) => (rate_id === null ? [] : [rate_id]));
  const rates = new Map((await listRates(db, { ids, whose: EVERYTHING })).map((rate) => [rate.id, rate]));
  return lines.map(({ trainer_id: _, basis: _basis, ...line }) => {
    const training = line.kind === 'month' ? undefined : known.get(line.source_id);
    const rate = line.rate_id === null ? undefined : rates.get(line.rate_id);
    return {
      ...line,
      training_type: training?.training_type ?? null,
      starts_at: training?.starts_at ?? null,
      is_substitute: training?.is_substitute ?? false,
      rate_minor: line.kind === 'percent' ? null : (rate?.[`${line.kind}_minor`] ?? null),
      percent_bp: line.kind === 'percent' ? (rate?.percent_bp ?? null) : null,
    };
  });
}

/** The registrations behind lines, as they were counted: whose, and what each is worth where a percentage is paid. */
export async function seatsBehind(db: Sql, lines: readonly PayLine[]) {
  const counted = lines.filter(({ kind }) => kind === 'head' || kind === 'percent');
  const seats = new Map(
    (await countedSeats(db, [...new Set(counted.flatMap(({ basis }) => basis.map(([id]) => id)))])).map((seat) => [
      seat.registration_id,
      seat,
    ]),
  );
  return counted.flatMap(({ kind, source_id, day, is_correction, basis }) =>
    basis.flatMap(([id, value]) => {
      const seat = seats.get(id);
      return seat ? [{ kind, source_id, day, is_correction, ...seat, value_minor: kind === 'percent' ? value : null }] : [];
    }),
  );
}
