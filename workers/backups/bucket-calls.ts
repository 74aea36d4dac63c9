import { setTimeout as pause } from 'node:timers/promises';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { type BackupBucket, demandBucketKey } from '../../queues/process/backup-bucket.ts';

/** How long a store is waited for, in milliseconds, and how often it is asked for one thing. */
export type Patience = {
  /** For a connection. */
  connect: number;
  /** While nothing comes and nothing goes. */
  silence: number;
  /** For the head of an answer, from the first byte of what is asked. */
  answer: number;
  /** For all attempts at one call. */
  call: number;
  /** Before the next attempt at something that broke off. */
  again: number;
  attempts: number;
};
const PATIENCE: Patience = { connect: 10_000, silence: 60_000, answer: 300_000, call: 900_000, again: 1_000, attempts: 4 };

/** What a call failed of, in words without the key, without what was sent, and without whatever the store says of it. */
export class BucketError extends Error {
  override name = 'BucketError';
  /** Of the answer; undefined where there was none. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  constructor(what: string, why: string, status?: number) {
    super(`${what}: ${why}`);
    this.status = status;
    this.code = status === 404 ? 'ENOENT' : undefined;
  }
  /** Nobody answered, or somebody who cannot do what he should just now. */
  get isAway() {
    return this.status === undefined || this.status >= 500;
  }
}

type Failure = Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };

/** An answer that was good, and is not to be understood: cut off on its way, or of something that is no such store. */
const isGarbled = ({ status }: BucketError) => status !== undefined && status < 300;

/** Of an answer that says it is good and lacks what it must have. */
export const garbled = ($metadata: object) => Object.assign(new Error('garbled'), { $metadata });

function failureOf(error: unknown, what: string): BucketError {
  const { name, code, $metadata } = error as Failure;
  const status = $metadata?.httpStatusCode;
  if (status !== undefined && status < 300)
    return new BucketError(what, 'its answer is cut off, or not that of an S3 store', status);
  if (status !== undefined)
    return new BucketError(what, `it refuses with ${status} ${/^[A-Z]\w+$/.test(name) ? name : ''}`.trim(), status);
  if (name === 'AbortError') return new BucketError(what, 'it took too long, or the process ends');
  return new BucketError(what, `it cannot be reached (${typeof code === 'string' ? code : name})`);
}

/**
 * A store and how it is called: what is away, slow or overloaded is asked again, never without a limit. Loads Amazon's client, which nobody
 * else does. Throws where the bucket has no key.
 * @param signal ends what is under way
 */
export async function openBucketCalls(settings: BackupBucket, signal: AbortSignal | undefined, patience: Patience = PATIENCE) {
  const key = demandBucketKey({ backupBucket: settings });
  const s3 = await import('@aws-sdk/client-s3');
  const place = `s3://${[settings.bucket, settings.folder].filter(Boolean).join('/')}`;
  const options: S3ClientConfig = {
    region: settings.region,
    endpoint: settings.endpoint,
    // Every store but Amazon's has it; buckets as host names few have.
    forcePathStyle: settings.endpoint !== undefined,
    credentials: { accessKeyId: key?.id ?? '', secretAccessKey: key?.secret ?? '' },
    maxAttempts: patience.attempts,
    // The SHA-256 of what is sent is signed and so checked by every store; other checksums many do not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: patience.connect,
      socketTimeout: patience.silence,
      requestTimeout: patience.answer,
      throwOnRequestTimeout: true,
    },
  };
  const client = new s3.S3Client(options);

  /** Calls the store. Throws {@link BucketError}. */
  async function call<T>(what: string, ask: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const limits = [AbortSignal.timeout(patience.call), ...(signal ? [signal] : [])];
      try {
        return await ask({ abortSignal: AbortSignal.any(limits) });
      } catch (error) {
        const failure = failureOf(error, `${place}: ${what}`);
        if (!isGarbled(failure) || attempt >= patience.attempts) throw failure;
        await pause(patience.again, undefined, { signal });
      }
    }
  }

  /** Tidies up there, also where the process ends; it is no matter whether that goes well. */
  const tidy = (ask: (options: { abortSignal: AbortSignal }) => Promise<unknown>) =>
    ask({ abortSignal: AbortSignal.timeout(patience.connect) }).catch(() => undefined);

  return { s3, client, place, call, tidy, patience, close: () => client.destroy() };
}
export type BucketCalls = Awaited<ReturnType<typeof openBucketCalls>>;
