/**
 * Hosts that exist only in memory, on the same contracts as the real ones: for tests,
 * demonstrations and clouds of thousands of hosts in one process. Everything there is hangs on one
 * {@link welkin.agents.simulated.SimulatedWorld}.
 */
package welkin.agents.simulated;
