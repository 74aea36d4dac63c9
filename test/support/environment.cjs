const { types } = require('node:util');
const { TestEnvironment } = require('jest-environment-node');

const inherited = Function.prototype[Symbol.hasInstance];

/** Makes `instanceof Error` true for the errors of every realm. */
function acceptAllRealms(Base) {
  Object.defineProperty(Base, Symbol.hasInstance, {
    configurable: true,
    value(candidate) {
      return this === Base ? types.isNativeError(candidate) || inherited.call(this, candidate) : inherited.call(this, candidate);
    },
  });
}

// What tests provoke belongs in their assertions, not on the terminal. `TEST_LOG=info` shows what a file's own process logs.
process.env.LOG_LEVEL = process.env.TEST_LOG || 'silent';

/** The zone of this process; the `process.env` that tests see is a copy, and changes nothing. */
function setServerZone(zone) {
  const before = process.env.TZ;
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
  return before;
}

/**
 * Jest gives each file a realm of its own, in which an error of Node (a refused connection) is no `Error`, and an error
 * of ours is none to Node: its emitters wrap it. Nothing of the kind happens outside of Jest.
 */
module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    acceptAllRealms(Error);
    acceptAllRealms(this.global.Error);
    this.global.setServerZone = setServerZone;
  }
};
