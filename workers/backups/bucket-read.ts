import { setTimeout as pause } from 'node:timers/promises';
import { type BucketCalls, BucketError } from './bucket-calls.ts';

/**
 * What a file of a bucket holds. Where it breaks off, or nothing comes any more, it is read on from there, of the same version of the file;
 * after some attempts that brought nothing it throws {@link BucketError}, and with the code ENOENT where there is no such file.
 */
export async function* readBucketFile(
  { s3, client, place, call, patience }: BucketCalls,
  named: { Bucket: string; Key: string },
  file: string,
): AsyncGenerator<Uint8Array> {
  let [read, fruitless] = [0, 0];
  let total: number | undefined;
  let version: string | undefined;
  for (;;) {
    const rest = read === 0 ? {} : { Range: `bytes=${read}-`, IfMatch: version };
    const answer = await call(file, (options) => client.send(new s3.GetObjectCommand({ ...named, ...rest }), options));
    if (read > 0 && !answer.ContentRange?.startsWith(`bytes ${read}-`))
      throw new BucketError(`${place}: ${file}`, 'it cannot be read on from where it broke off');
    total ??= answer.ContentLength;
    version ??= answer.ETag;
    try {
      for await (const chunk of (answer.Body ?? []) as AsyncIterable<Uint8Array>) {
        [read, fruitless] = [read + chunk.length, 0];
        yield chunk;
      }
    } catch {
      // Broken off: what has come has come.
    }
    if (read === total) return;
    fruitless += 1;
    if (fruitless >= patience.attempts)
      throw new BucketError(`${place}: ${file}`, `it breaks off after ${read} of ${total} bytes`, 200);
    await pause(patience.again);
  }
}
