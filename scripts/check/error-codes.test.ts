import { describe, expect, it } from 'vitest';
import { collectErrorCodes, errorCodeProblems, renderErrorPage } from './error-codes.ts';

const declaration = {
  path: 'gateway/src/audit/errors.ts',
  text: `
    export type AuditErrorCode =
      /** The folder is used by
       * another process. */
      | 'ERR_AUDIT_LOCKED'
      | 'ERR_AUDIT_TORN'
      | 'ERR_AUDIT_UNUSED';`,
};
const use = {
  path: 'gateway/src/audit/log.ts',
  text: `
    throw new AuditError('ERR_AUDIT_LOCKED', \`folder \${folder} is in use by \` + name, { source: 'config' });
    fail(at, 'ERR_AUDIT_TORN', 'the last | record is torn');
    if (error.code === 'ERR_AUDIT_UNUSED') retry();`,
};

describe('error codes', () => {
  const codes = collectErrorCodes([declaration, use]);

  it('are found with their comment and their messages', () => {
    expect(codes).toMatchObject([
      {
        code: 'ERR_AUDIT_LOCKED',
        meaning: 'The folder is used by another process.',
        messages: ['folder … is in use by …'],
      },
      { code: 'ERR_AUDIT_TORN', meaning: '', messages: ['the last | record is torn'] },
      { code: 'ERR_AUDIT_UNUSED', raisedIn: [] },
    ]);
  });

  it('are a problem when nothing raises them or two modules declare them', () => {
    const twice = { path: 'gateway/src/store/errors.ts', text: `export type Code = 'ERR_AUDIT_TORN';` };
    expect(errorCodeProblems(codes)).toEqual([
      'gateway/src/audit/errors.ts: ERR_AUDIT_UNUSED is never raised: remove it',
    ]);
    expect(errorCodeProblems(collectErrorCodes([declaration, use, twice]))).toContainEqual(
      expect.stringContaining('as well'),
    );
  });

  it('are a problem when neither a comment nor a message explains them', () => {
    const mute = {
      path: 'a/errors.ts',
      text: `export type Code = 'ERR_A_MUTE'; throw f('ERR_A_MUTE', message);`,
    };
    expect(errorCodeProblems(collectErrorCodes([mute]))).toEqual([
      'a/errors.ts: ERR_A_MUTE has no meaning: comment it',
    ]);
  });

  it('are rendered by module, with table marks escaped', () => {
    const page = renderErrorPage(codes);
    expect(page).toContain('## audit\n');
    expect(page).toContain('| `ERR_AUDIT_TORN` |  | the last \\| record is torn |');
  });
});
