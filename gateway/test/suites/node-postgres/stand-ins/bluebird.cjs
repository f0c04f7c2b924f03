/** What the suite uses of `bluebird`: a Promise that is not the built-in one. */
'use strict';

module.exports = class Bluebird extends Promise {};
