import { runFaults } from './support/bench.js';
import { bodyFaults } from './table/body.faults.js';

runFaults('the body of a success', bodyFaults);
