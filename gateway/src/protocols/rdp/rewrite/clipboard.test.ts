import { describe, expect, it } from 'vitest';
import {
  CLIPBOARD,
  CLIPBOARD_RESPONSE,
  readFormatIds,
  writeClipboardCapabilities,
  writeFormats,
} from '../wire/channel/clipboard.ts';
import { type ClipboardDirections, ClipboardFilter, type ClipboardSide } from './clipboard.ts';

const BOTH: ClipboardDirections = { copy: true, paste: true };
const request = (format: number) => {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(format);
  return { type: CLIPBOARD.DATA_REQUEST, flags: 0, data };
};
const offer = (...ids: number[]) => ({
  type: CLIPBOARD.FORMAT_LIST,
  flags: 0,
  data: writeFormats(ids, true),
});
const answer = (text: string) => ({
  type: CLIPBOARD.DATA_RESPONSE,
  flags: CLIPBOARD_RESPONSE.OK,
  data: Buffer.from(`${text}\0`, 'utf16le'),
});

/** A filter of two sides that have told their capabilities. */
function filter(directions: ClipboardDirections): ClipboardFilter {
  const made = new ClipboardFilter(directions);
  for (const side of ['upstream', 'downstream'] as const) {
    const data = writeClipboardCapabilities(0x3e);
    const { forward } = made.take({ type: CLIPBOARD.CAPABILITIES, flags: 0, data }, side);
    // Long names, and no files and no locks.
    expect(forward?.data).toEqual(writeClipboardCapabilities(2));
  }
  return made;
}

const other = (side: ClipboardSide): ClipboardSide => (side === 'upstream' ? 'downstream' : 'upstream');
const sides = ['upstream', 'downstream'] as const;

describe('the clipboard', () => {
  it.each(sides)('text of %s passes where its direction is open, and is told', (owner) => {
    const open = filter(owner === 'upstream' ? { copy: true, paste: false } : { copy: false, paste: true });
    const list = open.take(offer(13, 1, 7), owner);
    expect(readFormatIds(list.forward?.data ?? Buffer.alloc(0), true, owner)).toEqual([13, 1, 7]);
    expect(open.take(request(13), other(owner)).forward).toEqual(request(13));
    expect(open.take(answer('secret plan'), owner)).toEqual({
      forward: answer('secret plan'),
      text: 'secret plan',
    });
  });

  it.each(sides)(
    'text of %s does not pass where its direction is closed: nothing is offered, no data goes',
    (owner) => {
      const closed = filter(
        owner === 'upstream' ? { copy: false, paste: true } : { copy: true, paste: false },
      );
      const list = closed.take(offer(13), owner);
      expect(list).toMatchObject({ isRefused: true, forward: { data: Buffer.alloc(0) } });
      const asked = closed.take(request(13), other(owner));
      expect(asked.forward).toBeUndefined();
      expect(asked.reply).toMatchObject({ type: CLIPBOARD.DATA_RESPONSE, flags: CLIPBOARD_RESPONSE.FAIL });
      expect(closed.take(answer('pushed all the same'), owner)).toEqual({ isRefused: true });
    },
  );

  it('files, pictures and formats of programs are not offered, and not handed out', () => {
    const open = filter(BOTH);
    const list = open.take(offer(13, 2, 8, 15, 0xc0bc), 'upstream');
    expect(readFormatIds(list.forward?.data ?? Buffer.alloc(0), true, 'upstream')).toEqual([13]);
    expect(list.isRefused).toBe(true);
    for (const format of [2, 8, 15, 0xc0bc]) {
      expect(open.take(request(format), 'downstream').reply?.flags).toBe(CLIPBOARD_RESPONSE.FAIL);
    }
    for (const type of [CLIPBOARD.FILE_REQUEST, CLIPBOARD.FILE_RESPONSE]) {
      expect(open.take({ type, flags: 1, data: Buffer.alloc(28) }, 'upstream')).toEqual({ isRefused: true });
    }
    for (const type of [CLIPBOARD.TEMPORARY_FOLDER, CLIPBOARD.LOCK, CLIPBOARD.UNLOCK, 99]) {
      expect(open.take({ type, flags: 0, data: Buffer.alloc(4) }, 'downstream')).toEqual({});
    }
  });

  it.each(sides)('P3: nothing of %s passes beside the text that is told', (owner) => {
    const open = filter(BOTH);
    const hidden = Buffer.from('hidden', 'utf16le');
    // A locale is four bytes, of which nobody says that they are one.
    const list = open.take(offer(13, 1, 16), owner);
    expect(readFormatIds(list.forward?.data ?? hidden, true, owner)).toEqual([13, 1]);
    const behind = { ...answer('told'), flags: 0xff01, data: Buffer.concat([answer('told').data, hidden]) };
    open.take(request(13), other(owner));
    expect(open.take(behind, owner)).toEqual({ forward: answer('told'), text: 'told' });
    const narrow = Buffer.from('gr\u00fc\u00dfe\0hidden');
    open.take(request(1), other(owner));
    const passed = open.take({ ...behind, data: narrow }, owner);
    expect(passed).toMatchObject({ text: 'gr\u00fc\u00dfe', forward: { data: narrow.subarray(0, 8) } });
    // Without a terminator it gets one.
    open.take(request(1), other(owner));
    expect(open.take({ ...behind, data: Buffer.from([0xff, 0x41]) }, owner)).toMatchObject({
      text: '\u00ffA',
      forward: { data: Buffer.from([0xff, 0x41, 0]) },
    });
    open.take(request(13), other(owner));
    const failed = open.take({ ...behind, flags: CLIPBOARD_RESPONSE.FAIL }, owner);
    expect(failed.forward?.data).toEqual(Buffer.alloc(0));
    for (const type of [CLIPBOARD.MONITOR_READY, CLIPBOARD.FORMAT_LIST_RESPONSE]) {
      const { forward } = open.take({ type, flags: 0xff01, data: hidden }, owner);
      expect(forward).toEqual({ type, flags: 1, data: Buffer.alloc(0) });
    }
  });

  it('data that nobody asked for, and a second answer, do not pass', () => {
    const open = filter(BOTH);
    open.take(offer(13), 'upstream');
    expect(open.take(answer('unasked'), 'upstream')).toEqual({ isRefused: true });
    open.take(request(13), 'downstream');
    expect(open.take(answer('asked'), 'upstream').text).toBe('asked');
    expect(open.take(answer('again'), 'upstream')).toEqual({ isRefused: true });
  });

  it('P8: a direction that is closed while data is on its way gives a failure in its place', () => {
    const open = filter(BOTH);
    open.take(offer(13), 'upstream');
    open.take(request(13), 'downstream');
    open.directions = { copy: false, paste: true };
    const late = open.take(answer('late'), 'upstream');
    expect(late).toMatchObject({ isRefused: true, forward: { flags: CLIPBOARD_RESPONSE.FAIL } });
    expect(late.text).toBeUndefined();
  });

  it('lists have short names where one side has no long ones', () => {
    const made = new ClipboardFilter(BOTH);
    const list = { type: CLIPBOARD.FORMAT_LIST, flags: 0, data: writeFormats([13, 8], false) };
    const { forward } = made.take(list, 'upstream');
    expect(forward?.data).toEqual(writeFormats([13], false));
    const ready = { type: CLIPBOARD.MONITOR_READY, flags: 0, data: Buffer.alloc(0) };
    expect(made.take(ready, 'upstream')).toEqual({ forward: ready });
  });
});
