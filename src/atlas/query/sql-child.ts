/** What a process that answers SQL is asked. Values are plain data. */
export type Order =
  /** `sql`, before the database is locked; the first order of all. */
  | { kind: 'open'; settings: Record<string, string>; before: readonly string[] }
  /** All rows of a query; `select`: it must be one statement that only reads. At most `most` bytes, about. */
  | { kind: 'rows'; sql: string; values: readonly unknown[]; select?: string; most: number }
  /** A statement that gives no rows. */
  | { kind: 'run'; sql: string; select?: string }
  /** The rows of the batch before were taken. */
  | { kind: 'more' }
  /** What is running is of no more use. */
  | { kind: 'stop' };

/** What it answers, in this order: names, any number of rows, end; or an error at any time. */
export type Reply =
  | { kind: 'names'; names: string[] }
  | { kind: 'rows'; rows: unknown[][] }
  | { kind: 'end' }
  /** `missing`: DuckDB itself cannot be loaded. `large`: the answer has more than `most` bytes. */
  | { kind: 'error'; message: string; missing?: boolean; large?: boolean; statement?: string };

/**
 * The whole program of the process that answers SQL, as `node -e` runs its text: nothing outside of it may be named.
 * `load` loads DuckDB's package.
 */
export function sqlChild(load: () => typeof import('@duckdb/node-api')): void {
  /** Bytes of a batch of rows, about. */
  const BATCH = 1 << 18;
  let instance: import('@duckdb/node-api').DuckDBInstance | undefined;
  let running: import('@duckdb/node-api').DuckDBConnection | undefined;
  let more = () => {};

  const send = (reply: Reply): void => {
    process.send?.(reply);
  };
  // Whoever asked is gone: nobody is left to answer.
  process.on('disconnect', () => process.exit());

  process.on('message', (order: Order) => {
    if (order.kind === 'more') more();
    else if (order.kind === 'stop') running?.interrupt();
    else
      carryOut(order)
        .then(() => send({ kind: 'end' }))
        .catch((error) => {
          const { message = String(error), large, statement } = error as Reply & { kind: 'error' };
          send({ kind: 'error', message, large, statement, missing: order.kind === 'open' && !instance });
        });
  });

  async function carryOut(order: Exclude<Order, { kind: 'more' | 'stop' }>): Promise<void> {
    if (order.kind === 'open') {
      const { DuckDBInstance } = load();
      instance = await DuckDBInstance.create(':memory:', order.settings);
    }
    const connection = await instance!.connect();
    running = connection;
    try {
      if (order.kind === 'open') {
        for (const sql of order.before) await connection.run(sql);
        return;
      }
      if (order.select !== undefined) await checkSelect(connection, order.select);
      if (order.kind === 'run') await connection.run(order.sql);
      else await giveRows(connection, order);
    } finally {
      running = undefined;
      connection.closeSync();
    }
  }

  async function checkSelect(connection: import('@duckdb/node-api').DuckDBConnection, sql: string): Promise<void> {
    const { StatementType } = load();
    const statements = await connection.extractStatements(sql);
    if (statements.count !== 1) throw Object.assign(new Error(), { statement: `${statements.count} statements` });
    const prepared = await statements.prepare(0);
    const { statementType } = prepared;
    prepared.destroySync();
    if (statementType !== StatementType.SELECT)
      throw Object.assign(new Error(), { statement: `${StatementType[statementType]}` });
  }

  async function giveRows(
    connection: import('@duckdb/node-api').DuckDBConnection,
    { sql, values, most }: Extract<Order, { kind: 'rows' }>,
  ): Promise<void> {
    const { JSDuckDBValueConverter } = load();
    const result = await connection.stream(sql, [...values] as never);
    send({ kind: 'names', names: result.deduplicatedColumnNames() });
    let [rows, bytes, total]: [unknown[][], number, number] = [[], 0, 0];
    const flush = async (): Promise<void> => {
      if (rows.length === 0) return;
      const taken = new Promise<void>((resolve) => {
        more = resolve;
      });
      send({ kind: 'rows', rows });
      [rows, bytes] = [[], 0];
      await taken;
    };
    for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (let row = 0; row < chunk.rowCount; row++) {
        const converted = chunk.convertRowValues(row, JSDuckDBValueConverter).map(plain);
        const size = sizeOf(converted);
        bytes += size;
        total += size;
        if (total > most) throw Object.assign(new Error(), { large: true });
        rows.push(converted);
        if (bytes > BATCH) await flush();
      }
    }
    await flush();
  }

  /** 64-bit integers as numbers where they are safe, else as text. */
  function plain(value: unknown): unknown {
    if (typeof value === 'bigint')
      return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
    if (Array.isArray(value)) return value.map(plain);
    if (value !== null && typeof value === 'object' && !(value instanceof Date) && !ArrayBuffer.isView(value))
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
    return value;
  }

  /** What a value takes in memory, about. */
  function sizeOf(value: unknown): number {
    if (typeof value === 'string') return 16 + 2 * value.length;
    if (value === null || typeof value !== 'object') return 8;
    if (ArrayBuffer.isView(value)) return 64 + value.byteLength;
    let sum = 32;
    for (const inner of Object.values(value)) sum += sizeOf(inner);
    return sum;
  }
}
