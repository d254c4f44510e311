/**
 * Loaded before a program (`node --import`), so that its wall clock can be moved at run time: on SIGUSR2 it jumps by
 * CLOCK_JUMP_MS. The monotonic clock and timers are not affected, as when a machine's clock is set.
 */
const by = Number(process.env['CLOCK_JUMP_MS'] ?? '0');
const RealDate = Date;
const realNow = Date.now.bind(Date);
let offset = 0;

class JumpingDate extends RealDate {
  constructor(...values: [] | [string | number]) {
    if (values.length === 0) super(realNow() + offset);
    else super(values[0]);
  }

  static override now(): number {
    return realNow() + offset;
  }
}

globalThis.Date = JumpingDate as DateConstructor;
process.on('SIGUSR2', () => {
  offset += by;
});
