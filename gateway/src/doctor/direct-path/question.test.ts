import { describe, expect, it, vi } from 'vitest';
import { parseConfig } from '../../config/load-config.ts';
import { protocols } from '../../protocols/index.ts';
import { questionOf } from './question.ts';

const CONFIG = {
  dataDir: '/data',
  identity: { issuers: [{ issuer: 'https://idp.example', audience: ['gateway'] }] },
  policy: { folder: '/policy' },
  listeners: [{ protocol: 'http', listen: '127.0.0.1:8443' }],
  resources: [
    { name: 'web', protocol: 'http', destinations: ['*.example.com'], credential: { none: true } },
    { name: 'crm', protocol: 'http', url: 'http://127.0.0.1:8080', credential: { none: true } },
  ],
};

describe('what a probe has to look at', () => {
  it('are the resources that have a place of their own, and nothing is looked up for others', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    const plan = parseConfig(JSON.stringify(CONFIG), { file: 'test.yaml', protocols });
    expect(await questionOf(plan, [])).toEqual({
      targets: ['http://127.0.0.1:8080/'],
      controls: ['127.0.0.1:8443'],
    });
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });
});
