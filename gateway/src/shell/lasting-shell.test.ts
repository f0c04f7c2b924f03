import { describe, expect, it } from 'vitest';
import { analyseShell } from './analyse-shell.ts';
import { functionsOf, mayExit } from './lasting-shell.ts';
import { writeGroup } from './write-group.ts';

const faults = (text: string, functions: readonly string[] = []): readonly string[] =>
  analyseShell(text, { lasting: { functions: new Set(functions) } }).facts.statements.flatMap(
    ({ opaque }) => opaque,
  );

describe('a shell that stays', () => {
  it('P2: refuses what changes the meaning of later lines, and takes it from a process of its own', () => {
    for (const text of [
      'alias a=b',
      'trap x EXIT',
      'exec sh',
      'eval x',
      'PATH=/x',
      'export PATH=/x',
      'IFS=, :',
      'for PATH in a; do :; done',
      'command trap x EXIT',
      'cd() { :; }',
      'sleep 1 &',
      "sh -c 'sleep 1 &'",
      'fg',
      'vi x',
      'top',
      'cat /proc/self/fd/0',
      'cat /proc/12/environ',
      'cat < /proc/1*/fd/3',
    ]) {
      expect([text, faults(text).length > 0]).toEqual([text, true]);
    }
    for (const text of [
      "sh -c 'trap x EXIT'",
      'env PATH=/x id',
      'x=1',
      'cd /srv',
      'f() { id; }',
      'top -b -n 1',
      'cat /proc/cpuinfo',
      'set -e',
      'exit 3',
    ]) {
      expect([text, faults(text)]).toEqual([text, []]);
    }
  });

  it('knows functions of earlier lines by their names', () => {
    const { commands } = analyseShell('f() { id; }; (g() { id; })', { lasting: { functions: new Set() } });
    expect(functionsOf(commands)).toEqual(['f', 'g']);
    const later = analyseShell('f x; env f', { lasting: { functions: new Set(['f']) } });
    expect(later.commands.map(({ name, opaque }) => [name, opaque])).toEqual([
      ['f', ['function:f']],
      ['f', []],
    ]);
    expect(mayExit(analyseShell('cd /x || exit 1', {}).commands)).toBe(true);
    expect(mayExit(analyseShell("sh -c 'exit 1'", {}).commands)).toBe(false);
  });

  it('gets a line as one group without standard input', () => {
    const group = (text: string): string | undefined => writeGroup(analyseShell(text).canonical ?? '');
    expect(group('x=1; echo a')).toBe("{ x='1'; 'echo' 'a'; } <'/dev/null'");
    expect(group('cat <<E\n}\nE')).toBe("{ 'cat' <<'END'; } <'/dev/null'\n}\nEND\n");
    expect(group('echo "} <x"')).toBe("{ 'echo' '} <x'; } <'/dev/null'");
  });
});
