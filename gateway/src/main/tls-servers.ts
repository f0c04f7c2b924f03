/** Stands beside the names of protocols where each has its own TLS settings. */
export const API = 'http api';
