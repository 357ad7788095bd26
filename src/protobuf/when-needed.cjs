// The same as at-once.ts, but loaded by the first call, so that servers whose rules are in code start without protobuf-es. Both
// files are ES modules: there is one protobuf-es in a process, that of `import`.
'use strict';

const protobuf = () => require('./runtime.js');
const descriptors = () => require('./descriptors.js');

module.exports = { protobuf, descriptors };
