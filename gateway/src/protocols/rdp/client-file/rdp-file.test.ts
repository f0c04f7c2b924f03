import { describe, expect, it } from 'vitest';
import { type RdpFile, rdpFileText } from './rdp-file.ts';

const FILE: RdpFile = {
  host: 'gw.example',
  port: 3389,
  user: 'admin+desk+cred_1',
  clipboard: false,
  drives: false,
};

function valuesOf(file: Partial<RdpFile>): ReadonlyMap<string, string> {
  const lines = (rdpFileText({ ...FILE, ...file }) ?? '').split('\r\n');
  expect(lines.pop()).toBe('');
  return new Map(
    lines.map((line) => {
      const [name = '', type = '', ...value] = line.split(':');
      expect(['i', 's']).toContain(type);
      return [name, value.join(':')];
    }),
  );
}

describe('files for clients of RDP', () => {
  it('connect to the gateway by NLA, with a certificate that has to be right', () => {
    const values = valuesOf({});
    expect(values.get('full address')).toBe('gw.example:3389');
    expect(values.get('username')).toBe('admin+desk+cred_1');
    expect(values.get('enablecredsspsupport')).toBe('1');
    expect(values.get('authentication level')).toBe('1');
    expect(values.get('prompt for credentials')).toBe('1');
    expect(valuesOf({ host: '2001:db8::1' }).get('full address')).toBe('[2001:db8::1]:3389');
  });

  it('P6: hold no password, and offer nothing of the client’s machine unless asked to', () => {
    const values = valuesOf({});
    expect([...values.keys()].filter((name) => name.includes('password'))).toEqual([]);
    for (const name of ['redirectclipboard', 'redirectprinters', 'redirectsmartcards', 'audiocapturemode'])
      expect(values.get(name)).toBe('0');
    for (const name of ['drivestoredirect', 'usbdevicestoredirect', 'camerastoredirect', 'devicestoredirect'])
      expect(values.get(name)).toBe('');
    const asked = valuesOf({ clipboard: true, drives: true });
    expect(asked.get('redirectclipboard')).toBe('1');
    expect(asked.get('drivestoredirect')).toBe('*');
  });

  it.each([
    { host: 'gw.example\r\nalternate shell:s:cmd.exe' },
    { host: '' },
    { user: 'admin\nredirectclipboard:i:1' },
    { user: 'two words' },
    { user: 'Zoë+desk+cred_1' },
  ])('are none where %j would write lines of its own, or what clients read differently', (file) => {
    expect(rdpFileText({ ...FILE, ...file })).toBeUndefined();
  });
});
