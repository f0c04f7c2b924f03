import { describe, expect, it } from 'vitest';
import { fileFactsFromCase } from './facts-from-case.ts';

describe('test cases of files', () => {
  it('name an operation and where it is done', () => {
    const facts = fileFactsFromCase('READ /srv/app/x');
    expect(facts).toMatchObject({
      family: 'files',
      statements: [{ summary: 'READ on /srv/app/x', unknown: ['size'] }],
    });
    expect(facts.statements[0]?.atoms).toMatchObject([
      { values: { operations: ['READ'], paths: ['/srv/app/x'], via: ['sftp'], opaque: [] } },
    ]);
  });

  it('of two names need what is there to be readable and writable', () => {
    const [statement] = fileFactsFromCase('RENAME /srv/a /srv/b').statements;
    expect(statement?.atoms[0]?.values).toMatchObject({
      operations: ['RENAME', 'READ', 'WRITE'],
      paths: ['/srv/a', '/srv/b'],
    });
    expect(statement?.attributes).toMatchObject({ operation: 'RENAME', path: '/srv/a', target: '/srv/b' });
  });

  it('may be recursive, of a known size, and pass unseen', () => {
    const body = {
      operation: 'READ',
      path: '/',
      via: 'rsync',
      size: 7,
      recursive: true,
      opaque: ['stream:rsync'],
    };
    const [statement] = fileFactsFromCase(body).statements;
    expect(statement?.atoms[0]?.values).toMatchObject({
      paths: ['/**'],
      via: ['rsync'],
      opaque: ['stream:rsync'],
    });
    expect(statement?.attributes).toMatchObject({ size: 7, recursive: true });
    expect(fileFactsFromCase('FETCH /srv/x.git').statements[0]?.attributes).toMatchObject({ via: 'git' });
    expect(fileFactsFromCase('START').statements[0]?.atoms[0]?.values).toMatchObject({
      operations: ['START'],
    });
  });

  it.each([
    '',
    'READ',
    'READ x',
    'READ /a/../b',
    'READ /a /b',
    'RENAME /a',
    'START /a',
    'EXECUTE /a',
    'READ /a b c',
    { operation: 'READ' },
    { operation: 'READ', path: '/a', via: 'ftp' },
    { operation: 'READ', path: '/a', size: 'big' },
    { operation: 'READ', path: '/a', opaque: 'x' },
    { operation: 'READ', path: '/a', colour: 'red' },
    7,
    ['READ /a'],
  ])('%j is none', (body) => {
    expect(() => fileFactsFromCase(body)).toThrow('`files` is an operation and a path');
  });
});
