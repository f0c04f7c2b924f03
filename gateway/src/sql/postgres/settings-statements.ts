import type { SqlKind } from '../kinds.ts';
import { formatName } from '../qualified-name.ts';
import { type AstNode, type Fields, flagAt, nodeAt, nodesAt, numberAt, structAt, textAt } from './ast.ts';
import type { SettingChange, TransactionVerb } from './statement-info.ts';
import { plainResult, type StatementHandlers, type StatementResult } from './statement-walk.ts';
import type { Walk } from './walk.ts';

/** Parameters whose value is a list of identifiers, quoted where needed (GUC_LIST_QUOTE). */
const IDENTIFIER_LISTS: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** The settings that a SET, RESET or the SET clause of another statement changes. */
export function settingChanges(fields: Fields): SettingChange[] {
  const name = textAt(fields, 'name').toLowerCase();
  const scope = flagAt(fields, 'is_local') ? 'local' : 'session';
  switch (textAt(fields, 'kind')) {
    case 'VAR_SET_VALUE': {
      const value = literalList(name, nodesAt(fields, 'args'));
      return [{ name, ...(value === undefined ? {} : { value }), scope }];
    }
    case 'VAR_SET_MULTI':
      return multiple(name, fields);
    case 'VAR_RESET_ALL':
      return [{ name: '*', scope: 'session' }];
    default:
      return [{ name, scope }];
  }
}

/** SET TRANSACTION and SET SESSION CHARACTERISTICS. */
function multiple(name: string, fields: Fields): SettingChange[] {
  const args = nodesAt(fields, 'args');
  if (name === 'transaction snapshot') return [{ name: 'transaction_snapshot', scope: 'local' }];
  const changes = transactionModes(args);
  if (name === 'transaction') return changes;
  // Sets the default_ parameter; the bare one is named too, so that a rule on either speaks.
  return changes.flatMap((change) => [
    { ...change, name: `default_${change.name}`, scope: 'session' as const },
    { ...change, scope: 'session' as const },
  ]);
}

function transactionModes(options: readonly AstNode[]): SettingChange[] {
  return options.map((option) => {
    const value = nodeAt(option.fields, 'arg');
    const text = value === undefined ? undefined : literal(value);
    const shown = value?.type === 'A_Const' && structAt(value.fields, 'ival') ? onOff(text) : text;
    const name = textAt(option.fields, 'defname');
    return { name, ...(shown === undefined ? {} : { value: shown }), scope: 'local' as const };
  });
}

function onOff(text: string | undefined): string {
  return text === '0' ? 'off' : 'on';
}

function literalList(name: string, args: readonly AstNode[]): string | undefined {
  const values = args.map(literal);
  if (values.some((value) => value === undefined)) return undefined;
  const quote = IDENTIFIER_LISTS.has(name);
  return values.map((value) => (quote ? formatName([value ?? '']) : value)).join(', ');
}

function literal(node: AstNode): string | undefined {
  const { fields } = node;
  if (node.type === 'TypeCast') {
    const arg = nodeAt(fields, 'arg');
    return arg === undefined ? undefined : literal(arg);
  }
  if (node.type !== 'A_Const') return undefined;
  const text = structAt(fields, 'sval');
  if (text !== undefined) return textAt(text, 'sval');
  const integer = structAt(fields, 'ival');
  if (integer !== undefined) return String(numberAt(integer, 'ival'));
  const float = structAt(fields, 'fval');
  if (float !== undefined) return textAt(float, 'fval');
  const bool = structAt(fields, 'boolval');
  return bool === undefined ? undefined : String(flagAt(bool, 'boolval'));
}

function names(changes: readonly SettingChange[]): string[] {
  return changes.map((change) => change.name);
}

function setVariable(walk: Walk, node: AstNode): StatementResult {
  const changes = settingChanges(node.fields);
  walk.found.change(changes);
  const reset = textAt(node.fields, 'kind');
  const kind = reset === 'VAR_RESET_ALL' ? 'RESET ALL' : reset === 'VAR_RESET' ? 'RESET' : 'SET';
  walk.found.add(kind, { settings: names(changes) });
  return plainResult(kind);
}

function show(walk: Walk, node: AstNode): StatementResult {
  const name = textAt(node.fields, 'name').toLowerCase();
  walk.found.add('SHOW', { settings: [name === 'all' ? '*' : name] });
  return { kind: 'SHOW', returnsRows: true };
}

function discard(walk: Walk, node: AstNode): StatementResult {
  const all = textAt(node.fields, 'target') === 'DISCARD_ALL';
  if (all) walk.found.change([{ name: '*', scope: 'session' }]);
  walk.found.add('DISCARD', all ? { settings: ['*'] } : {});
  return { ...plainResult('DISCARD'), ...(all ? { deallocate: {} } : {}) };
}

function alterSystem(walk: Walk, node: AstNode): StatementResult {
  const changes = settingChanges(structAt(node.fields, 'setstmt') ?? {});
  walk.found.noteValues(changes);
  walk.found.add('ALTER SYSTEM', { settings: names(changes) });
  return plainResult('ALTER SYSTEM');
}

const TRANSACTIONS: Readonly<Record<string, readonly [SqlKind, TransactionVerb]>> = {
  TRANS_STMT_BEGIN: ['BEGIN', 'begin'],
  TRANS_STMT_START: ['BEGIN', 'begin'],
  TRANS_STMT_COMMIT: ['COMMIT', 'commit'],
  TRANS_STMT_ROLLBACK: ['ROLLBACK', 'rollback'],
  TRANS_STMT_SAVEPOINT: ['SAVEPOINT', 'savepoint'],
  TRANS_STMT_RELEASE: ['RELEASE', 'release'],
  TRANS_STMT_ROLLBACK_TO: ['ROLLBACK TO', 'rollback-to'],
  TRANS_STMT_PREPARE: ['PREPARE TRANSACTION', 'prepare'],
  TRANS_STMT_COMMIT_PREPARED: ['COMMIT PREPARED', 'commit-prepared'],
  TRANS_STMT_ROLLBACK_PREPARED: ['ROLLBACK PREPARED', 'rollback-prepared'],
};

function transaction(walk: Walk, node: AstNode): StatementResult {
  const [kind, verb] = TRANSACTIONS[textAt(node.fields, 'kind')] ?? [];
  if (kind === undefined || verb === undefined) {
    walk.found.opaque.add('unknown transaction statement');
    return plainResult('UNKNOWN');
  }
  const modes = transactionModes(nodesAt(node.fields, 'options'));
  walk.found.change(modes);
  walk.found.add(kind, modes.length === 0 ? {} : { settings: names(modes) });
  // BEGIN READ WRITE undoes a read-only default: that is a SET, whatever it is spelled as.
  const loosens = modes.filter((mode) => mode.name === 'transaction_read_only' && mode.value !== 'on');
  if (loosens.length > 0) walk.found.add('SET', { settings: names(loosens) });
  const savepoint = textAt(node.fields, 'savepoint_name');
  return {
    ...plainResult(kind),
    transaction: verb,
    ...(flagAt(node.fields, 'chain') ? { chain: true } : {}),
    ...(savepoint === '' ? {} : { savepoint }),
  };
}

function setConstraints(walk: Walk): StatementResult {
  walk.found.add('SET CONSTRAINTS');
  return plainResult('SET CONSTRAINTS');
}

/** SET and its kin, and transaction control. */
export const SETTINGS_STATEMENTS: StatementHandlers = {
  AlterSystemStmt: alterSystem,
  ConstraintsSetStmt: setConstraints,
  DiscardStmt: discard,
  TransactionStmt: transaction,
  VariableSetStmt: setVariable,
  VariableShowStmt: show,
};
