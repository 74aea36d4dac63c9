import { expect, test } from '@jest/globals';
import { BackendTerminatedError, ConnectionError } from 'slonik';
import { isOutage } from '../../sql/database/outage.ts';

const coded = (code: string) => Object.assign(new Error('no'), { code });

test.each([
  ['refused', coded('ECONNREFUSED')],
  ['starting up', coded('57P03')],
  ['stopped by an admin', coded('57P01')],
  ['idle for too long', coded('57P05')],
  ['idle in a transaction for too long', coded('25P03')],
  ['too many connections', coded('53300')],
  ['cut off', new Error('Connection terminated unexpectedly')],
  ['no answer to a connection attempt', new Error('timeout exceeded when trying to connect')],
  ['a connection that is being thrown away', new Error('Client is pending destroy.')],
  ['slonik: terminated', new BackendTerminatedError(new Error('no'))],
  ['slonik: no connection', new ConnectionError('no', { cause: new Error('no') })],
  ['as a cause', new Error('the run failed', { cause: coded('ECONNRESET') })],
])('the database is away: %s', (_, error) => expect(isOutage(error)).toBe(true));

test.each([
  ['a wrong statement', coded('42601')],
  ['a taken key', coded('23505')],
  ['a deadlock', coded('40P01')],
  ['a statement that took too long', coded('57014')],
  ['a dropped database', coded('57P04')],
  ['a mistake', new TypeError('undefined is not a client')],
  ['no error at all', 'ECONNREFUSED'],
])('the database is there: %s', (_, error) => expect(isOutage(error)).toBe(false));
