/**
 * The network agent of a host for the {@code kernel} mechanism driver: bridges, vxlan, nftables,
 * namespaces and dnsmasq, reconciled level by level against what the Network service wants.
 */
package welkin.agents.network;
