/** Facts of OCSF 1.8.0: ids of classes and of their activities. Source: schema.ocsf.io, events/*.json. */

/** Version of the schema, as events name it. */
export const OCSF_VERSION = '1.8.0';

/** A class: its category times a thousand, and its own number. */
export interface OcsfClass {
  readonly category: number;
  readonly uid: number;
  readonly name: string;
}

/** The classes that the audit is told in. */
export const CLASSES: Readonly<
  Record<
    | 'base'
    | 'finding'
    | 'authentication'
    | 'entity'
    | 'network'
    | 'http'
    | 'rdp'
    | 'ssh'
    | 'lifecycle'
    | 'api'
    | 'datastore',
    OcsfClass
  >
> = {
  base: { category: 0, uid: 0, name: 'Base Event' },
  finding: { category: 2, uid: 2004, name: 'Detection Finding' },
  authentication: { category: 3, uid: 3002, name: 'Authentication' },
  entity: { category: 3, uid: 3004, name: 'Entity Management' },
  network: { category: 4, uid: 4001, name: 'Network Activity' },
  http: { category: 4, uid: 4002, name: 'HTTP Activity' },
  rdp: { category: 4, uid: 4005, name: 'RDP Activity' },
  ssh: { category: 4, uid: 4007, name: 'SSH Activity' },
  lifecycle: { category: 6, uid: 6002, name: 'Application Lifecycle' },
  api: { category: 6, uid: 6003, name: 'API Activity' },
  datastore: { category: 6, uid: 6005, name: 'Datastore Activity' },
};

/** An activity that every class has: none of its own fits. */
export const OTHER = 99;

/** Activities of Entity Management. */
export const ENTITY = { create: 1, read: 2, update: 3, delete: 4, activate: 10, deactivate: 11 } as const;
/** Activities of Authentication. */
export const LOGON = { logon: 1, logoff: 2 } as const;
/** Activities of Network Activity and SSH Activity; of RDP Activity `traffic` alone. */
export const TRAFFIC = { open: 1, close: 2, fail: 4, refuse: 5, traffic: 6 } as const;
/** Activities of Application Lifecycle. */
export const LIFECYCLE = { start: 3, stop: 4 } as const;
/** Activities of findings. */
export const FINDING = { create: 1, update: 2, close: 3 } as const;

/** Activities of API Activity, by the method of HTTP. */
export const API_ACTIVITY: Readonly<Record<string, number>> = {
  POST: 1,
  GET: 2,
  HEAD: 2,
  PUT: 3,
  PATCH: 3,
  DELETE: 4,
};

/** Activities of HTTP Activity, by the method. */
export const HTTP_ACTIVITY: Readonly<Record<string, number>> = {
  CONNECT: 1,
  DELETE: 2,
  GET: 3,
  HEAD: 4,
  OPTIONS: 5,
  POST: 6,
  PUT: 7,
  TRACE: 8,
  PATCH: 9,
  QUERY: 30,
};

/** Activities of Datastore Activity, by the kind of an SQL statement; others are a Query. */
export const DATASTORE_ACTIVITY: Readonly<Record<string, number>> = {
  SELECT: 1,
  UPDATE: 2,
  MERGE: 2,
  INSERT: 5,
  COPY: 5,
  DELETE: 7,
  TRUNCATE: 7,
};
/** Query of Datastore Activity. */
export const DATASTORE_QUERY = 4;
