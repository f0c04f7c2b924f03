import { StatementWindow } from './statement-window.ts';

/** How long a table counts after the last statement of its run, though the tokens that were seen have ended. */
const TABLES_IDLE_MS = 3_600_000;

/** What one rule has counted of one run on one resource. */
export class Ledger {
  readonly window: StatementWindow = new StatementWindow();
  readonly tables: Set<string> = new Set();
  #tablesUntilMs = 0;

  /** Notes a permitted statement: its run's tables count while a token of it lives, and an hour at least. */
  touch(nowMs: number, tokenLivesMs: number): void {
    this.#tablesUntilMs = Math.max(this.#tablesUntilMs, nowMs + tokenLivesMs, nowMs + TABLES_IDLE_MS);
  }

  /** Forgets the tables when their time is over. @returns how many */
  forgetTables(nowMs: number): number {
    const { size } = this.tables;
    if (size === 0 || nowMs < this.#tablesUntilMs) return 0;
    this.tables.clear();
    return size;
  }

  /** Whether forgetting it now loosens no limit. */
  isOver(nowMs: number): boolean {
    return this.window.count(nowMs) === 0 && (this.tables.size === 0 || nowMs >= this.#tablesUntilMs);
  }
}
