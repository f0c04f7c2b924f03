/** The environment cannot run the scripts; `remedy` says what to do about it. */
export class BootstrapError extends Error {
  /** @type {string} */
  remedy;

  /**
   * @param {string} message
   * @param {string} remedy
   */
  constructor(message, remedy) {
    super(message);
    this.name = 'BootstrapError';
    this.remedy = remedy;
  }
}
