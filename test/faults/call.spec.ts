import { runFaults } from './support/bench.js';
import { callFaults } from './table/call.faults.js';

runFaults('callers, clocks and load', callFaults);
