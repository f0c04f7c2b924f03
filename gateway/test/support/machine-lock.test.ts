import { describe, expect, it } from 'vitest';
import { holdMachineLock } from './machine-lock.ts';
import { startProcess } from './processes.ts';

describe('a lock of the machine', () => {
  it('has one holder at a time, in whatever order they come', async () => {
    let holders = 0;
    let most = 0;
    const hold = async (): Promise<void> => {
      await using _held = await holdMachineLock('counted');
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((resolve) => setTimeout(resolve, 20));
      holders -= 1;
    };
    await Promise.all([hold(), hold(), hold()]);
    expect(most).toBe(1);
  });

  it('is refused while another process has it, and free once that is gone', async () => {
    const script = `
      import(${JSON.stringify(new URL('machine-lock.ts', import.meta.url).href)})
        .then(({ holdMachineLock }) => holdMachineLock('other-process'))
        .then(() => console.log('held'));
      setInterval(() => {}, 1000);`;
    {
      await using other = startProcess(process.execPath, ['-e', script]);
      await other.waitForOutput(/held/);
      await expect(holdMachineLock('other-process', 0)).rejects.toThrow('in use on this machine');
    }
    await using _held = await holdMachineLock('other-process');
  });
});
