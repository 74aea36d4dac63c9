import { cellsOf } from './free-time.ts';

/** What a service takes, in minutes. */
export type Times = { duration_minutes: number; break_minutes: number };

/** How many minutes of the grid a service takes: duration and break, each rounded up to cells (D29). */
export const busyMinutes = (service: Times) => 15 * (cellsOf(service.duration_minutes) + cellsOf(service.break_minutes));
