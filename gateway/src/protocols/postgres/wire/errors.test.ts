import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../model/gateway-error.ts';
import { toTypeName, WireError } from './errors.ts';

describe('WireError', () => {
  it('names the place, and tells a client only about what that client sent', () => {
    const own = new WireError('ERR_WIRE_LENGTH', 'too short', { source: 'downstream', offset: 7 });
    expect(own).toBeInstanceOf(GatewayError);
    expect(own).toMatchObject({
      name: 'WireError',
      code: 'ERR_WIRE_LENGTH',
      offset: 7,
      message: 'too short (at byte 7)',
      publicMessage: 'too short (at byte 7)',
    });
    const foreign = new WireError('ERR_WIRE_LENGTH', 'too short', { source: 'upstream', offset: 7 });
    expect(foreign.publicMessage).toBeUndefined();
  });
});

describe('toTypeName', () => {
  it.each([
    [0x51, 'Q (0x51)'],
    [0x7e, '~ (0x7e)'],
    [0x20, '0x20'],
    [0x7f, '0x7f'],
    [0, '0x00'],
    [0xff, '0xff'],
  ])('shows %i as %s', (type, name) => {
    expect(toTypeName(type)).toBe(name);
  });
});
