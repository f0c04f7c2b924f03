import { describe, expect, it } from 'vitest';
import { tools } from '../../gateway/test/support/installed-tool.ts';
import { planInstall } from './debian-packages.ts';

const able = { isRoot: true, hasApt: true, noApt: undefined };

describe('installing Debian packages', () => {
  it('happens only as root, with apt, and when not forbidden', () => {
    const missing = [tools.psql, tools.pgbench];
    expect(planInstall(missing, able)).toEqual({
      action: 'install',
      packages: ['postgresql-client', 'postgresql'],
    });
    expect(planInstall(missing, { ...able, isRoot: false })).toMatchObject({ action: 'tell' });
    expect(planInstall(missing, { ...able, hasApt: false })).toMatchObject({ action: 'tell' });
    expect(planInstall(missing, { ...able, noApt: '1' })).toMatchObject({ action: 'tell' });
  });

  it('is not needed when every tool is there', () => {
    expect(planInstall([], able)).toEqual({ action: 'nothing' });
  });
});
