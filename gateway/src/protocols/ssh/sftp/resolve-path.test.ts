import { describe, expect, it } from 'vitest';
import { type Look, type Looking, lexicalPath, resolvePath, UnresolvedError } from './resolve-path.ts';

/** A tree: `link -> target`, a folder with a slash behind it, a file without. */
function tree(...entries: readonly string[]): Looking {
  const found = new Map<string, Look & { readonly target?: string }>();
  for (const entry of entries) {
    const [path = '', target] = entry.split(' -> ');
    if (target !== undefined) found.set(path, { kind: 'link', target });
    else if (path.endsWith('/')) found.set(path.slice(0, -1), { kind: 'folder' });
    else found.set(path, { kind: 'file', size: 3 });
  }
  return {
    look: (path) => Promise.resolve(found.get(path) ?? { kind: 'missing' }),
    readLink: (path) => Promise.resolve(found.get(path)?.target ?? ''),
  };
}

const looking = tree(
  '/srv/',
  '/srv/app/',
  '/srv/app/x',
  '/srv/app/out -> /etc',
  '/srv/app/up -> ../..',
  '/srv/app/file -> ../../etc/shadow',
  '/srv/app/self -> self',
  '/srv/app/chain -> out/ssh',
  '/srv/app/dangling -> /nowhere/y',
  '/etc/',
  '/etc/shadow',
  '/etc/ssh/',
  '/home/',
  '/home/a/',
  '/home/a/n',
);

const resolve = (text: string, follow = true): Promise<readonly string[]> =>
  resolvePath(text, { home: '/home/a', follow, looking }).then(({ path, kind }) => [path, kind]);

describe('where a path leads', () => {
  it.each([
    ['/srv/app/x', '/srv/app/x', 'file'],
    ['/', '/', 'folder'],
    ['', '/home/a', 'folder'],
    ['.', '/home/a', 'folder'],
    ['n', '/home/a/n', 'file'],
    ['./../a//n', '/home/a/n', 'file'],
    ['/srv//app/./x', '/srv/app/x', 'file'],
    ['/srv/app/../app/x', '/srv/app/x', 'file'],
    ['/../../etc/shadow', '/etc/shadow', 'file'],
    ['/srv/app/out/shadow', '/etc/shadow', 'file'],
    ['/srv/app/out', '/etc', 'folder'],
    ['/srv/app/file', '/etc/shadow', 'file'],
    ['/srv/app/up/etc/shadow', '/etc/shadow', 'file'],
    ['/srv/app/chain', '/etc/ssh', 'folder'],
    // `..` behind a link leads to the parent of where the link leads.
    ['/srv/app/chain/../shadow', '/etc/shadow', 'file'],
    ['/srv/app/dangling', '/nowhere/y', 'missing'],
    ['/srv/app/new/deep', '/srv/app/new/deep', 'missing'],
    ['/srv/app/x/y', '/srv/app/x/y', 'missing'],
  ])('%s is %s', async (text, path, kind) => {
    expect(await resolve(text)).toEqual([path, kind]);
  });

  it('a link at the end stays where it is not followed, but for a slash or dots behind it', async () => {
    expect(await resolve('/srv/app/out', false)).toEqual(['/srv/app/out', 'link']);
    for (const text of ['/srv/app/out/', '/srv/app/out/.', '/srv/app/out//']) {
      expect(await resolve(text, false)).toEqual(['/etc', 'folder']);
    }
    expect(await resolve('/srv/app/out/..', false)).toEqual(['/', 'folder']);
  });

  it('what is told of a path is its letters', async () => {
    const place = await resolvePath('/srv/app/../app/out/shadow', { home: '/', follow: true, looking });
    expect(place).toEqual({ path: '/etc/shadow', kind: 'file', size: 3, asked: '/srv/app/out/shadow' });
    expect(lexicalPath('/a/./b//../c/')).toBe('/a/c');
  });

  it('through what is not there it goes by its letters, and through links all the same', async () => {
    expect(await resolve('/nowhere/../etc/shadow')).toEqual(['/etc/shadow', 'file']);
    expect(await resolve('/srv/app/x/../x')).toEqual(['/srv/app/x', 'file']);
    expect(await resolve('/nowhere/../srv/app/out/shadow')).toEqual(['/etc/shadow', 'file']);
    expect(await resolve('/srv/nowhere/..')).toEqual(['/srv', 'folder']);
  });

  it('P3: a link to itself is refused', async () => {
    await expect(resolve('/srv/app/self')).rejects.toThrow(UnresolvedError);
  });

  it('P10: long paths and circles of links end', async () => {
    const circle = tree('/a/', '/a/l -> /a/m/x', '/a/m -> /a/l');
    await expect(resolvePath('/a/l', { home: '/', follow: true, looking: circle })).rejects.toThrow(
      UnresolvedError,
    );
    const folders: Looking = {
      look: () => Promise.resolve({ kind: 'folder' }),
      readLink: () => Promise.resolve(''),
    };
    const long = { home: '/', follow: true, looking: folders };
    await expect(resolvePath('/a'.repeat(2000), long)).rejects.toThrow(UnresolvedError);
  });
});
