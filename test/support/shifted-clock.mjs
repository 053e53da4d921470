// Shifts the clock of a process, before the program loads anything: `CLOCK_SHIFT_MS=3600000 node --import …`.
const RealDate = globalThis.Date;
const shiftMs = Number(process.env.CLOCK_SHIFT_MS);

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shiftMs);
    else super(...given);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};
