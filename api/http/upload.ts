import express, { type Request, type Response } from 'express';
import { hasBody, Problem } from './problems.ts';

const read = express.raw({ type: () => true, limit: '10mb' });

/** The file a request sends as its body. Throws a 415 for another type, a 422 for none, a 413 for one of more than 10 MB. */
export async function readUpload(request: Request, response: Response, types: readonly string[] = []): Promise<Uint8Array> {
  if (hasBody(request) && !request.is([...types])) {
    throw new Problem(415, `the body must be a file, sent as it is (Content-Type: ${types.join(', ')})`);
  }
  await new Promise<void>((resolve, reject) => read(request, response, (error) => (error ? reject(error) : resolve()))).catch(
    (error) => {
      // What is left of it is not read: the connection ends with the answer.
      response.set('Connection', 'close');
      throw error;
    },
  );
  if (!(request.body instanceof Uint8Array) || request.body.length === 0) {
    throw new Problem(422, 'the body is not acceptable', { errors: [{ path: 'file', message: 'a file' }] });
  }
  return request.body;
}
