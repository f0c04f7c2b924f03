/** Numbers of SFTP version 3 (draft-ietf-secsh-filexfer-02). */

/** Types of messages (section 3). */
export const TYPE = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  FSETSTAT: 10,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RMDIR: 15,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
  EXTENDED_REPLY: 201,
} as const;

/** Codes of STATUS (section 7). */
export const STATUS = {
  OK: 0,
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  FAILURE: 4,
  BAD_MESSAGE: 5,
  OP_UNSUPPORTED: 8,
} as const;

/** Flags of OPEN (section 6.3). */
export const OPEN = { READ: 1, WRITE: 2, APPEND: 4, CREAT: 8, TRUNC: 16, EXCL: 32 } as const;

/** Flags of attributes (section 5). */
export const ATTRIBUTE = {
  SIZE: 1,
  OWNER: 2,
  PERMISSIONS: 4,
  TIMES: 8,
  EXTENDED: 0x80000000,
} as const;

/** The version that is spoken. */
export const VERSION = 3;

/** Longest message behind its length, as OpenSSH has it. */
export const MOST_PACKET_BYTES: number = 256 * 1024;

/** Longest path. PATH_MAX of Linux. */
export const MOST_PATH_BYTES = 4096;

/** Longest handle (section 6.3). */
export const MOST_HANDLE_BYTES = 256;

/** Most bytes that one READ or WRITE moves: a packet less what stands around them. */
export const MOST_DATA_BYTES: number = MOST_PACKET_BYTES - 1024;

/** Where the id of a message stands, its length included. */
export const ID_AT = 5;

/** Where the first field stands behind length, type and id. */
export const BODY_AT = 9;
