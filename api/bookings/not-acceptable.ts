import { Problem } from '../problems.ts';

/** A body that is well formed and still wrong here: the field and what is accepted. */
export const notAcceptable = (path: string, message: string) =>
  new Problem(422, 'the body is not acceptable', { errors: [{ path, message }] });
