/**
 * The raw side of a comparison: every write that the store made, statement by statement and transaction
 * by transaction, and a bare loop that makes the same writes on a copy of the file. Nothing is read,
 * judged or decided on the way; the values lie ready.
 */
import type { StoreFile } from '../../../src/adapters/sqlite/file.ts';
import type { LoggedDatabase, SqlValue, Statement } from '../../../src/adapters/sqlite/open.ts';

interface Step {
  /** Index of its text in the trace. */
  readonly statement: number;
  readonly values: readonly SqlValue[];
}

/** Writes in the order in which they were made, `begin` and `commit` among them. */
export type Writes = readonly Step[];

/** A store file whose writes are taken down. */
export class WriteRecorder {
  /** The file to work on. */
  readonly file: StoreFile;
  readonly #texts: { readonly sql: string; readonly answersRow: boolean }[] = [];
  #steps: Step[] = [];
  /** Whether the transaction that is open is one that writes. */
  #isWriting = false;

  constructor(file: StoreFile) {
    this.file = { ...file, db: this.#recording(file.db) };
  }

  /** What was written since the last call. */
  take(): Writes {
    const steps = this.#steps;
    this.#steps = [];
    return steps;
  }

  /** A function that makes recorded writes on another file of the same content. */
  replayerOn(db: LoggedDatabase): (writes: Writes) => void {
    const calls = this.#texts.map(({ sql, answersRow }) => {
      const statement = db.prepare(sql);
      return answersRow ? statement.get.bind(statement) : statement.run.bind(statement);
    });
    return (writes) => {
      for (const { statement, values } of writes) calls[statement]?.(...values);
    };
  }

  #recording(db: LoggedDatabase): LoggedDatabase {
    return {
      syncLog: () => db.syncLog(),
      syncLogNow: () => {
        db.syncLogNow();
      },
      prepare: <Row>(sql: string) => this.#recordingStatement(sql, db.prepare<Row>(sql)),
      exec: (sql) => {
        db.exec(sql);
      },
      close: () => {
        db.close();
      },
      get isTransaction() {
        return db.isTransaction;
      },
    };
  }

  #recordingStatement<Row>(sql: string, statement: Statement<Row>): Statement<Row> {
    if (!/^\s*(begin|commit|insert|update|delete)\b/i.test(sql)) return statement;
    const number = this.#texts.push({ sql, answersRow: /\breturning\b/i.test(sql) }) - 1;
    const isBegin = /^\s*begin\b/i.test(sql);
    const isBeginWrite = isBegin && /\bimmediate\b/i.test(sql);
    const record = (values: readonly SqlValue[]): void => {
      // Transactions that only read are no part of what is written.
      if (isBegin) this.#isWriting = isBeginWrite;
      if (this.#isWriting) this.#steps.push({ statement: number, values });
    };
    return {
      get: (...values) => {
        record(values);
        return statement.get(...values);
      },
      all: (...values) => statement.all(...values),
      run: (...values) => {
        record(values);
        return statement.run(...values);
      },
      setReturnArrays: (isOn) => {
        statement.setReturnArrays(isOn);
      },
    };
  }
}
