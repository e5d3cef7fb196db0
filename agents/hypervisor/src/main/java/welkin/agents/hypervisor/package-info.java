/**
 * Guests under QEMU, steered over QMP. One {@link welkin.agents.hypervisor.ComputeHost} a host; the
 * guests outlive it.
 */
package welkin.agents.hypervisor;
