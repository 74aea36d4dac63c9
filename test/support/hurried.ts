import { Socket } from 'node:net';
import { jest } from '@jest/globals';

const TIMES = 100;

/**
 * From now on limits of time pass a hundred times as fast, until `jest.restoreAllMocks()`: timers, `AbortSignal.timeout`, and sockets
 * that are silent. Returns the limits that were asked for, in milliseconds, as they come.
 */
export function hurried(): number[] {
  const limits: number[] = [];
  const quick = (ms = 0) => {
    if (ms > 0) limits.push(ms);
    return Math.ceil(ms / TIMES);
  };
  const [timer, signal, silence] = [globalThis.setTimeout, AbortSignal.timeout, Socket.prototype.setTimeout];
  const later = (work: () => void, ms?: number, ...args: []) => timer(work, quick(ms), ...args);
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(later as typeof setTimeout);
  jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => signal.call(AbortSignal, quick(ms)));
  jest.spyOn(Socket.prototype, 'setTimeout').mockImplementation(function (this: Socket, ms, ended) {
    return silence.call(this, quick(ms), ended);
  });
  return limits;
}
