/**
 * Why a rule refuses what is asked: what it names does not exist, something stands in its way, the caller may not, the input is
 * wrong, nobody knows who the caller is, or it was asked too often.
 */
export type RefusalKind = 'missing' | 'conflict' | 'not_allowed' | 'invalid' | 'unknown' | 'too_many';

/**
 * Further members of the answer; `errors` names the fields that are wrong and what is accepted there, `retry_after_seconds` says when
 * what was refused as too much may be asked again.
 */
export type RefusalFields = {
  errors?: { path: string; message: string }[];
  retry_after_seconds?: number;
  [name: string]: unknown;
};

/**
 * An expected refusal, thrown by the rules of a noun, which know no HTTP. Whoever calls them turns it into an answer of their own: the
 * API into a status (api/http/problems.ts), the bot into a sentence.
 */
export class Refused extends Error {
  override name = 'Refused';
  readonly kind: RefusalKind;
  readonly fields: RefusalFields;
  constructor(kind: RefusalKind, detail: string, fields: RefusalFields = {}) {
    super(detail);
    this.kind = kind;
    this.fields = fields;
  }
}

/** Input that is well formed and still wrong here: the field and what is accepted. */
export const notAcceptable = (path: string, message: string) =>
  new Refused('invalid', 'the body is not acceptable', { errors: [{ path, message }] });
