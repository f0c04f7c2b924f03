/** Cells that a spreadsheet would take for a formula (OWASP, CSV injection); plain numbers are none. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/**
 * One line of CSV (RFC 4180), with its line end. A missing value is an empty cell, an empty text is `""`.
 * @param isSafe puts an apostrophe before what a spreadsheet would compute
 */
export function csvLine(cells: readonly (string | null)[], isSafe: boolean): string {
  return `${cells.map((cell) => csvCell(cell, isSafe)).join(',')}\r\n`;
}

function csvCell(cell: string | null, isSafe: boolean): string {
  if (cell === null) return '';
  const value = isSafe && FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
  return value === '' || /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
