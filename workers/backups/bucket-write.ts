import { createHash } from 'node:crypto';
import { type BucketCalls, garbled } from './bucket-calls.ts';
import { demandSame, type Measured } from './store.ts';

/** Pieces of one size, the last one shorter or empty where nothing is left. */
export async function* inParts(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, size - length);
      rest = rest.subarray(taken.length);
      waiting.push(taken);
      length += taken.length;
      if (length < size) continue;
      const piece = Buffer.concat(waiting);
      [waiting, length] = [[], 0];
      yield piece;
    }
  }
  yield Buffer.concat(waiting);
}

/**
 * Sends a file: a small one at once, else part by part, and only the last word gives it its name. What is sent is signed with its SHA-256,
 * so that the store refuses a part that has changed on its way. Whatever goes wrong, nothing is left there. Returns how many bytes it has.
 */
export async function writeBucketFile(
  { s3, client, call, tidy }: BucketCalls,
  named: { Bucket: string; Key: string },
  file: string,
  pieces: AsyncIterable<Buffer>,
  size: number,
  expected: Measured | undefined,
) {
  const hash = createHash('sha256');
  const parts: { PartNumber: number; ETag: string | undefined }[] = [];
  let bytes = 0;
  let upload: { UploadId: string | undefined } | undefined;
  const demandExpected = () => demandSame(file, { bytes, sha256: hash.digest('hex') }, expected);
  try {
    for await (const piece of pieces) {
      hash.update(piece);
      bytes += piece.length;
      if (!upload && piece.length < size) {
        demandExpected();
        await call(file, (options) => client.send(new s3.PutObjectCommand({ ...named, Body: piece }), options));
        return bytes;
      }
      if (piece.length === 0) break;
      upload ??= await call(`beginning of ${file}`, async (options) => {
        const { UploadId, $metadata } = await client.send(new s3.CreateMultipartUploadCommand(named), options);
        if (UploadId === undefined) throw garbled($metadata);
        return { UploadId };
      });
      const part = { ...named, ...upload, PartNumber: parts.length + 1, Body: piece };
      const { ETag } = await call(`part ${part.PartNumber} of ${file}`, (options) =>
        client.send(new s3.UploadPartCommand(part), options),
      );
      parts.push({ PartNumber: part.PartNumber, ETag });
    }
    demandExpected();
    const whole = { ...named, UploadId: upload?.UploadId, MultipartUpload: { Parts: parts } };
    await call(`end of ${file}`, (options) => client.send(new s3.CompleteMultipartUploadCommand(whole), options));
    return bytes;
  } catch (error) {
    const left = { ...named, UploadId: upload?.UploadId };
    if (upload) await tidy((options) => client.send(new s3.AbortMultipartUploadCommand(left), options));
    throw error;
  }
}
