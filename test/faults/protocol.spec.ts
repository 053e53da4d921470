import { runFaults } from './support/bench.js';
import { protocolFaults } from './table/protocol.faults.js';

runFaults('up to the head of the answer', protocolFaults);
