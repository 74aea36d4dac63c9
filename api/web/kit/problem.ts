/** A refusal of the server, or its silence. `status` 0: nobody answered, so nothing is known of what was asked. */
export class AskFailed extends Error {
  override name = 'AskFailed';
  readonly status: number;
  /** Fields that are wrong, by their path, and what is accepted there. */
  readonly fields: Readonly<Record<string, string>>;
  /** Seconds until it makes sense to ask again; null: not said. */
  readonly retryAfter: number | null;
  /** The problem as it came (RFC 9457), with whatever a route adds to it. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Record<string, unknown>, retryAfter: number | null = null) {
    super(typeof problem.detail === 'string' ? problem.detail : `status ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
    const errors = Array.isArray(problem.errors) ? (problem.errors as { path: string; message: string }[]) : [];
    this.fields = Object.fromEntries(errors.map(({ path, message }) => [path, message]));
  }
}
