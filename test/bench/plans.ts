import { z } from 'zod';
import { type Database, type Sql, sql } from '../../sql/database/database.ts';

const planned = z.object({ 'QUERY PLAN': z.string() });
const verbs = ['query', 'any', 'anyFirst', 'one', 'oneFirst', 'maybeOne', 'maybeOneFirst', 'exists'] as const;

/**
 * Runs some work in a transaction that is rolled back, and returns for each statement what EXPLAIN ANALYZE says it read and wrote:
 * a line for each node that touches a table.
 */
export async function plansOf(db: Database, work: (transaction: Sql) => Promise<unknown>) {
  const plans: { statement: string; ms: number; nodes: string[] }[] = [];
  await db
    .transaction(async (transaction) => {
      await work(explaining(transaction, plans));
      throw new RolledBack();
    }, 0)
    .catch((error) => {
      if (!(error instanceof RolledBack)) throw error;
    });
  return plans;
}

class RolledBack extends Error {}

type Plans = Awaited<ReturnType<typeof plansOf>>;

/** The transaction, but each statement is explained first, in a savepoint that is undone. */
function explaining(transaction: Parameters<Parameters<Database['transaction']>[0]>[0], plans: Plans): Sql {
  const wrapped = { ...transaction } as unknown as Record<string, unknown>;
  for (const verb of verbs) {
    wrapped[verb] = async (statement: { sql: string; values: unknown }) => {
      if (!/^\s*set /.test(statement.sql)) plans.push(await explain(transaction, statement));
      return (transaction[verb] as (statement: unknown) => unknown)(statement);
    };
  }
  return wrapped as unknown as Sql;
}

async function explain(transaction: Parameters<typeof explaining>[0], statement: { sql: string; values: unknown }) {
  let lines: string[] = [];
  await transaction
    .transaction(async (inner) => {
      // Its text and values only: a prepared statement's name belongs to the statement without EXPLAIN.
      const { sql: text, values } = statement;
      const explained = { ...sql.type(planned)``, values, sql: `explain (analyze, costs off) ${text}` };
      const rows = await inner.any(explained as ReturnType<typeof sql.unsafe>);
      lines = z
        .array(planned)
        .parse(rows)
        .map((row) => row['QUERY PLAN']);
      throw new RolledBack();
    }, 0)
    .catch((error) => {
      if (!(error instanceof RolledBack)) throw error;
    });
  const took = Number(/Execution Time: ([\d.]+)/.exec(lines.join('\n'))?.[1]);
  const nodes = lines
    .filter((line) =>
      /(Scan|Insert|Update|Delete) (using|on) (?!"?\*|due|given|chosen|owed|paid|made|entered|charged)/.test(line),
    )
    .map((line) => line.replace(/^[\s>-]+/, '').replace(/actual time=\S+ /, ''));
  return { statement: statement.sql.replace(/\s+/g, ' ').trim().slice(0, 90), ms: took, nodes };
}
